"""Harm outside the workflow, as each system writes it, with the traps of its format."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from outcome_samples import broken, current, record, told


def test_pagerduty_last_event_says_whether_the_harm_lasts(tmp_path: Path) -> None:
    incidents = current(tmp_path, "pagerduty")
    assert incidents["Q1"]["impact_end"] is None
    assert incidents["Q2"]["impact_end"] == datetime(2026, 10, 5, 12, 20, tzinfo=UTC)


def test_pagerduty_reopened_incident_is_no_rework() -> None:
    assert {row["kind"] for row in told("pagerduty")} == {"downstream_error"}


@pytest.mark.parametrize(
    ("key", "severity", "word"), [("Q1", "critical", "P1"), ("Q2", "low", "low"), ("Q3", "high", "Sev-1")]
)
def test_pagerduty_severity_falls_back_to_the_urgency(key: str, severity: str, word: str) -> None:
    row = record("pagerduty", key)
    assert (row["severity"], row["severity_raw"]) == (severity, word)


def test_pagerduty_merged_incident_is_retracted(tmp_path: Path) -> None:
    assert current(tmp_path, "pagerduty")["Q4"]["retracted"] is True


def test_stripe_dispute_that_was_won_is_retracted(tmp_path: Path) -> None:
    losses = current(tmp_path, "stripe")
    assert (losses["du_1"]["retracted"], losses["du_2"]["retracted"]) == (True, False)


@pytest.mark.parametrize(
    ("key", "amount", "currency"), [("re_1", 310.0, "USD"), ("re_2", 500.0, "JPY"), ("re_3", 12.34, "KWD")]
)
def test_stripe_minor_units_depend_on_the_currency(key: str, amount: float, currency: str) -> None:
    row = record("stripe", key)
    assert (row["cost_amount"], row["cost_currency"], row["cost_basis"]) == (amount, currency, "measured")


def test_stripe_inquiry_has_no_cost() -> None:
    row = record("stripe", "du_3")
    assert (row["error_type"], row["cost_amount"], row["cost_currency"]) == ("complaint", None, None)


def test_stripe_refund_that_failed_is_retracted(tmp_path: Path) -> None:
    assert current(tmp_path, "stripe")["re_4"]["retracted"] is True


def test_stripe_refund_is_tied_through_its_payment() -> None:
    row = record("stripe", "re_1")
    assert (row["request_id"], row["artifact_id"]) == ("6f1c6f0e-0002", "pi_1")


def test_stripe_test_mode_and_expired_authorizations_are_ignored() -> None:
    assert {"re_5", "re_6", "ch_1"}.isdisjoint(row["source_record_id"] for row in told("stripe"))


def test_stripe_amount_with_decimals_is_refused() -> None:
    assert "data.object.amount is no whole number of at least 0" in broken("stripe")


def test_return_to_an_older_commit_is_a_rollback_of_what_it_replaces() -> None:
    row = record("github_deployments", "acme/claims-rules/rollback/103")
    assert (row["artifact_id"], row["request_id"]) == ("102", "6f1c6f0e-0002")
    assert row["impact_end"] == datetime(2026, 10, 5, 10, 5, tzinfo=UTC)


def test_deploying_the_newer_commit_again_is_no_rollback() -> None:
    rollbacks = {row["source_record_id"] for row in told("github_deployments") if row["error_type"] == "rollback"}
    assert rollbacks == {"acme/claims-rules/rollback/103", "acme/claims-rules/rollback/106"}


def test_failed_deployment_counts_in_production_only() -> None:
    failed = [row["artifact_id"] for row in told("github_deployments") if row["error_type"] == "pipeline_failure"]
    assert failed == ["105", "108"]


def test_deployment_payload_may_be_an_object_or_a_text() -> None:
    assert (
        record("github_deployments", "acme/claims-rules/pipeline_failure/7")["trace_id"]
        == "4bf92f3577b34da6a3ce929d0e0e0005"
    )


def test_sentry_reads_single_events_and_no_issues() -> None:
    assert [row["line"] for row in told("sentry")] == [1, 2, 3, 4, 8]


@pytest.mark.parametrize(("line", "severity"), [(1, "high"), (2, "critical"), (3, "moderate"), (8, None)])
def test_sentry_level_is_the_severity(line: int, severity: str | None) -> None:
    assert [row["severity"] for row in told("sentry") if row["line"] == line] == [severity]


def test_sentry_is_tied_by_trace_or_tag() -> None:
    ties = {row["line"]: (row["trace_id"], row["request_id"]) for row in told("sentry")}
    assert ties[1] == ("4bf92f3577b34da6a3ce929d0e0e0001", None)
    assert ties[3] == (None, "6f1c6f0e-0002")


@pytest.mark.parametrize(
    ("node", "error_type", "severity", "affected"),
    [
        ("inv-1/model.claims.payments", "pipeline_failure", "high", None),
        ("inv-1/test.claims.not_null_id.1a", "data_quality", "high", 17),
        ("inv-1/test.claims.unique_id.2b", "data_quality", "low", 3),
        ("inv-4/source.claims.raw.letters", "data_quality", "high", None),
        ("inv-4/model.claims.daily", "pipeline_failure", "high", None),
    ],
)
def test_dbt_status_depends_on_the_kind_of_node(
    node: str, error_type: str, severity: str, affected: int | None
) -> None:
    row = record("dbt_run_results", node)
    assert (row["error_type"], row["severity"], row["affected_count"]) == (error_type, severity, affected)


def test_dbt_node_without_timing_has_the_time_of_the_batch() -> None:
    row = record("dbt_run_results", "inv-3/model.claims.letters")
    assert (row["time_quality"], row["occurred_at"]) == ("batch", datetime(2026, 10, 6, 4, 1, tzinfo=UTC))


def test_dbt_is_tied_by_env_or_vars() -> None:
    assert record("dbt_run_results", "inv-1/model.claims.payments")["request_id"] == "6f1c6f0e-0002"
    assert record("dbt_run_results", "inv-3/model.claims.letters")["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e0003"


def test_airflow_only_failed_runs_are_errors() -> None:
    assert [row["line"] for row in told("airflow_runs")] == [2, 3, 6, 7]


def test_airflow_second_failure_of_a_cleared_run_replaces_the_first(tmp_path: Path) -> None:
    run = current(tmp_path, "airflow_runs")["claims_letters/scheduled__2026-10-02"]
    assert (run["occurred_at"], run["request_id"]) == (datetime(2026, 10, 6, 5, tzinfo=UTC), "6f1c6f0e-0002")


def test_dagster_only_failed_runs_are_errors_with_epoch_times() -> None:
    failed = {row["source_record_id"]: row for row in told("dagster_runs") if row["kind"] == "downstream_error"}
    assert set(failed) == {"run-2", "run-4", "run-7", "rec-1"}
    assert failed["run-2"]["occurred_at"] == datetime(2026, 10, 5, 8, 2, 30, 250000, tzinfo=UTC)
    assert (failed["run-2"]["request_id"], failed["rec-1"]["request_id"]) == ("6f1c6f0e-0002", None)
    assert failed["rec-1"]["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e0003"


def test_dagster_failure_without_an_end_has_no_exact_time() -> None:
    assert record("dagster_runs", "run-7")["time_quality"] == "unknown"
    assert "the run has no time" in broken("dagster_runs")


SHA = "acme/claims-rules/revert/00000000000000000000000000000000000000"


def test_revert_is_tied_by_the_commit_that_it_reverts() -> None:
    row = record("github_commits", f"{SHA}a3")
    assert (row["error_type"], row["artifact_id"][-2:], row["request_id"]) == ("revert", "a1", "6f1c6f0e-0002")


def test_revert_that_is_reverted_is_taken_back(tmp_path: Path) -> None:
    reverts = current(tmp_path, "github_commits")
    assert {key[-2:]: row["retracted"] for key, row in reverts.items()} == {
        "a3": False, "a4": True, "a6": False, "a7": False
    }  # fmt: skip


def test_revert_names_a_pull_request_or_a_commit_in_short() -> None:
    by_pull, short = record("github_commits", f"{SHA}a6"), record("github_commits", f"{SHA}a7")
    assert (by_pull["artifact_type"], by_pull["artifact_id"]) == ("pull_request", "acme/claims-rules#12")
    assert (short["artifact_id"], short["trace_id"]) == ("0123abc", "4bf92f3577b34da6a3ce929d0e0e0005")


def test_commit_about_reverting_reverts_nothing() -> None:
    assert 8 not in {row["line"] for row in told("github_commits")}


def test_revert_that_was_pushed_is_the_same_outcome_as_in_the_list_of_commits() -> None:
    pushed, listed = (
        {row["outcome_id"]: row["request_id"] for row in told(source)} for source in ("github_pushes", "github_commits")
    )
    assert len(pushed) == 4
    assert pushed.items() <= listed.items()


def test_push_to_another_branch_reverts_nothing() -> None:
    assert {4, 6}.isdisjoint({row["line"] for row in told("github_pushes")})
