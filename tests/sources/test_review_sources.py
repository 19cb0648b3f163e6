"""What reviewers decided, as each review tool writes it, with the traps of its format."""

from pathlib import Path

import pytest
from outcome_samples import broken, current, record, told

CLAIM = "6f1c6f0e-0002"


def trace(number: int) -> str:
    return f"4bf92f3577b34da6a3ce929d0e0e{number:04x}"


def test_latest_opinion_of_a_github_reviewer_counts(tmp_path: Path) -> None:
    opinions = current(tmp_path, "github_reviews").values()
    (pull_11,) = [row for row in opinions if row["artifact_id"] == "acme/claims-rules#11"]
    assert (pull_11["decision"], pull_11["request_id"], pull_11["actor_kind"]) == ("approved", CLAIM, "human")


def test_dismissed_github_review_is_retracted(tmp_path: Path) -> None:
    opinions = current(tmp_path, "github_reviews").values()
    (pull_12,) = [row for row in opinions if row["artifact_id"] == "acme/claims-rules#12"]
    assert (pull_12["retracted"], pull_12["decision"], pull_12["trace_id"]) == (True, None, trace(12))


def test_github_state_is_read_in_any_case_and_a_comment_decides_nothing() -> None:
    rows = told("github_reviews")
    assert {row["decision"] for row in rows if row["artifact_id"] == "acme/claims-rules#13"} == {"approved"}
    assert 3 not in {row["line"] for row in rows}


def test_github_bot_is_no_person() -> None:
    assert [row["actor_kind"] for row in told("github_reviews") if row["line"] == 8] == ["system"]


def test_langfuse_correction_of_a_queued_trace_is_an_approval_with_edits() -> None:
    row = record("langfuse_scores", "sc-3")
    assert (row["kind"], row["decision"], row["score"], row["label"]) == (
        "review_decision",
        "approved_with_edits",
        None,
        None,
    )


@pytest.mark.parametrize("key", ["sc-4", "sd-6"])
def test_langfuse_correction_without_a_queue_is_rework(key: str) -> None:
    row = record("langfuse_scores", key)
    assert (row["kind"], row["rework_type"], row["score"], row["label"]) == ("rework", "corrected", None, None)


def test_langfuse_category_without_a_config_has_no_score() -> None:
    row = record("langfuse_scores", "sc-6")
    assert (row["score"], row["label"]) == (None, "friendly")
    assert record("langfuse_scores", "sc-2")["score"] == 2.0


@pytest.mark.parametrize(
    ("key", "score", "label"), [("sc-5", 1.0, "true"), ("sd-2", 0.0, "false"), ("sd-5", 1.0, "true")]
)
def test_langfuse_boolean_reads_alike_in_both_versions(key: str, score: float, label: str) -> None:
    row = record("langfuse_scores", key)
    assert (row["score"], row["label"]) == (score, label)


def test_langfuse_score_without_its_subject_is_kept_and_tied_to_nothing() -> None:
    row = record("langfuse_scores", "sd-5")
    assert [row[key] for key in ("trace_id", "request_id", "session_id", "artifact_id")] == [None] * 4


def test_langfuse_subject_ties_by_its_kind() -> None:
    assert record("langfuse_scores", "sd-1")["trace_id"] == trace(0x15)
    assert record("langfuse_scores", "sd-2")["trace_id"] == trace(0x16)
    assert record("langfuse_scores", "sd-3")["session_id"] == "chat-18"


def test_langfuse_score_of_an_experiment_is_ignored() -> None:
    assert {"sc-9", "sd-4"}.isdisjoint(row["source_record_id"] for row in told("langfuse_scores"))


def test_langfuse_update_replaces_the_score(tmp_path: Path) -> None:
    assert current(tmp_path, "langfuse_scores")["sc-1"]["decision"] == "approved_with_edits"


def test_langfuse_blob_export_in_snake_case_reads_like_the_api() -> None:
    assert (record("langfuse_scores", "se-1")["decision"], record("langfuse_scores", "se-1")["trace_id"]) == (
        "approved",
        trace(0x41),
    )
    assert (record("langfuse_scores", "se-2")["kind"], record("langfuse_scores", "se-3")["decision"]) == (
        "rework",
        "approved_with_edits",
    )
    assert (record("langfuse_scores", "se-4")["score"], record("langfuse_scores", "se-5")["score"]) == (1.0, None)
    assert f"{record('langfuse_scores', 'se-1')['occurred_at']:%H:%M %Z}" == "11:00 UTC"


def test_langfuse_queue_item_is_a_review_that_was_asked_for_once(tmp_path: Path) -> None:
    items = current(tmp_path, "langfuse_queue_items")
    assert {row["kind"] for row in items.values()} == {"review_requested"}
    assert (items["item-1"]["trace_id"], items["item-1"]["label"]) == (trace(1), "completed")
    assert items["item-1"]["occurred_at"] < items["item-2"]["occurred_at"]


def test_langfuse_queue_item_is_tied_by_the_kind_of_its_object() -> None:
    assert record("langfuse_queue_items", "item-3")["request_id"] == "b7ad6b7169203331"
    assert record("langfuse_queue_items", "item-4")["session_id"] == "chat-17"
    nowhere = record("langfuse_queue_items", "item-5")
    assert [nowhere[key] for key in ("trace_id", "request_id", "session_id")] == [None] * 3


def test_braintrust_score_has_the_time_of_its_span_only() -> None:
    row = record("braintrust", "row-1/score/Factuality")
    assert (row["score"], row["time_quality"], row["actor_kind"]) == (0.75, "unknown", "unknown")
    assert (row["request_id"], row["trace_id"]) == ("b7ad6b7169200001", trace(1))


def test_braintrust_scorer_that_gave_none_is_no_score_of_zero() -> None:
    keys = {row["source_record_id"] for row in told("braintrust")}
    assert "row-2/score/Factuality" not in keys
    assert record("braintrust", "row-5/score/Quality")["score"] == 0.0


def test_braintrust_expected_is_rework_only_where_it_was_written_later() -> None:
    reworked = {row["source_record_id"]: row["actor_kind"] for row in told("braintrust") if row["kind"] == "rework"}
    assert reworked == {"row-6/expected": "human", "row-7/expected": "unknown"}
    assert f"{record('braintrust', 'row-6/expected')['occurred_at']:%H:%M}" == "11:05"


def test_braintrust_only_readbacks_own_words_are_decisions() -> None:
    decided = {row["source_record_id"]: row["decision"] for row in told("braintrust") if row["decision"]}
    assert decided == {"row-3/decision": "approved"}


def test_braintrust_experiment_is_ignored_and_a_later_transaction_holds(tmp_path: Path) -> None:
    rows = current(tmp_path, "braintrust")
    assert not any(key.startswith("row-8/") for key in rows)
    assert (rows["row-9/score/Helpful"]["score"], rows["row-9/score/Helpful"]["request_id"]) == (0.5, CLAIM)


@pytest.mark.parametrize(
    ("number", "decision", "actor"),
    [(1, "approved", "human"), (2, "rejected", "human"), (5, "approved", "rule"), (10, "approved", "unknown")],
)
def test_servicenow_approval_is_a_persons_only_where_one_is_named(number: int, decision: str, actor: str) -> None:
    row = record("servicenow_approvals", f"{number:032x}", "review_decision")
    assert (row["decision"], row["actor_kind"]) == (decision, actor)


def test_servicenow_approval_by_the_system_on_the_due_date_has_expired() -> None:
    row = record("servicenow_approvals", f"{4:032x}", "review_decision")
    assert (row["decision"], row["actor_kind"], row["actor_ref"]) == ("expired", "rule", None)


def test_servicenow_pending_approval_is_asked_for_and_a_cancelled_one_taken_back() -> None:
    rows = {(row["source_record_id"], row["kind"]): row for row in told("servicenow_approvals")}
    assert rows[f"{8:032x}", "review_requested"]["retracted"] is True
    assert rows[f"{3:032x}", "review_decision"]["decision"] == "rejected"
    assert {f"{n:032x}" for n in (6, 7)}.isdisjoint(key for key, _ in rows)


def test_servicenow_approval_is_read_beside_its_display_form() -> None:
    row = record("servicenow_approvals", f"{9:032x}", "review_decision")
    assert (row["request_id"], f"{row['occurred_at']:%H:%M}") == (CLAIM, "11:09")


def test_copilot_session_that_was_escalated_is_a_decision_and_a_rating_feedback() -> None:
    rows = {row["source_record_id"][34:]: row for row in told("copilot_studio_sessions", "sessions.json")}
    assert rows["05/review_decision"]["decision"] == "escalated"
    assert (rows["05/feedback"]["score"], rows["02/feedback"]["score"]) == (1.0, 5.0)


def test_copilot_session_says_nothing_by_its_own_judgement() -> None:
    told_of = {
        row["source_record_id"].partition("/")[0][-2:] for row in told("copilot_studio_sessions", "sessions.json")
    }
    assert {"03", "04", "10"}.isdisjoint(told_of)


def test_copilot_outcome_that_is_a_number_needs_its_word() -> None:
    assert "the outcome is a number without its formatted value" in broken("copilot_studio_sessions")


def test_copilot_session_is_tied_by_its_session() -> None:
    assert [row["session_id"] for row in told("copilot_studio_sessions", "botsessions.csv")] == ["conv-1", "conv-2"]


def test_langsmith_project_is_no_session() -> None:
    assert {row["session_id"] for row in told("langsmith_feedback")} == {None}


@pytest.mark.parametrize(("line", "actor"), [(1, "unknown"), (2, "human"), (8, "model"), (9, "unknown")])
def test_langsmith_actor_is_human_only_with_a_user(line: int, actor: str) -> None:
    assert [row["actor_kind"] for row in told("langsmith_feedback") if row["line"] == line] == [actor]


def test_langsmith_correction_is_rework_unless_a_model_wrote_it() -> None:
    kinds = {row["line"]: row["kind"] for row in told("langsmith_feedback")}
    assert (kinds[7], kinds[8]) == ("rework", "feedback")


def test_langsmith_only_readbacks_own_words_are_decisions() -> None:
    decisions = {row["line"]: (row["kind"], row["decision"]) for row in told("langsmith_feedback")}
    assert decisions[4] == ("review_decision", "approved")
    assert decisions[6] == ("feedback", None)


def test_langsmith_ids_are_compared_without_dashes() -> None:
    assert told("langsmith_feedback")[0]["trace_id"] == trace(1)


@pytest.mark.parametrize(
    ("key", "decision"),
    [("11", "approved"), ("12", "rejected"), ("14", "approved_with_edits"), ("15", "abstained"), ("13", None)],
)
def test_label_studio_action_decides(key: str, decision: str | None) -> None:
    assert record("label_studio", key)["decision"] == decision


def test_label_studio_deleted_review_is_retracted() -> None:
    row = record("label_studio", "16")
    assert (row["kind"], row["retracted"]) == ("review_decision", True)


def test_label_studio_lead_time_is_the_human_time() -> None:
    assert record("label_studio", "11")["effort_seconds"] == 42
    assert record("label_studio", "13")["effort_seconds"] is None


def test_label_studio_prediction_is_nobodys_judgement() -> None:
    assert {"17", "18"}.isdisjoint(row["source_record_id"] for row in told("label_studio"))


@pytest.mark.parametrize(("key", "actor"), [("U3Bhbk02", "human"), ("U3Bhbk03", "model"), ("U3Bhbk05", "rule")])
def test_phoenix_tells_people_from_programs(key: str, actor: str) -> None:
    assert record("phoenix_annotations", key)["actor_kind"] == actor


def test_phoenix_session_and_span_are_join_keys() -> None:
    assert record("phoenix_annotations", "U3Bhbk06")["session_id"] == "chat-17"
    assert record("phoenix_annotations", "U3Bhbk02")["request_id"] == "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("key", "decision"),
    [
        ("r-1", "approved"),
        ("r-2", "replaced"),
        ("r-5", None),
        ("r-6", "escalated"),
        ("r-7", "abstained"),
        ("r-10", None),
    ],
)
def test_argilla_decision_compares_with_the_only_suggestion(key: str, decision: str | None) -> None:
    assert record("argilla", key)["decision"] == decision


def test_argilla_draft_is_ignored() -> None:
    assert "r-8" not in {row["source_record_id"] for row in told("argilla")}


def test_argilla_export_is_a_batch_or_refused() -> None:
    assert {row["time_quality"] for row in told("argilla", "export.json")} == {"batch"}
    assert "an export has no times: put `exported_at` into the metadata" in broken("argilla")


@pytest.mark.parametrize(
    ("key", "decision"), [("1", "approved"), ("2", "rejected"), ("5", "escalated"), ("7", "approved_with_edits")]
)
def test_uipath_button_decides(key: str, decision: str) -> None:
    assert record("uipath", key, "review_decision")["decision"] == decision


def test_uipath_unknown_button_is_feedback() -> None:
    assert record("uipath", "6", "feedback")["label"] == "Send later"


def test_uipath_pending_task_is_a_request_without_a_decision() -> None:
    assert [row["kind"] for row in told("uipath") if row["source_record_id"] == "3"] == ["review_requested"]


def test_uipath_is_tied_by_instance_or_tag() -> None:
    assert record("uipath", "1")["trace_id"] == trace(1)
    assert record("uipath", "2")["request_id"] == CLAIM


def test_a2i_answer_is_a_decision_only_in_our_words() -> None:
    assert record("a2i", "rb1-6f1c6f0e-0002/1")["decision"] == "approved"
    assert [record("a2i", key)["kind"] for key in ("loop-3/1", "loop-6/1")] == ["feedback", "feedback"]


def test_a2i_every_answer_of_a_loop_counts() -> None:
    decisions = [row["decision"] for row in told("a2i") if row["artifact_id"] == "loop-2"]
    assert decisions == ["rejected", "approved"]


def test_a2i_condition_that_was_met_says_why_it_was_reviewed() -> None:
    low, sampled = record("a2i", "loop-3/1"), record("a2i", "loop-4/1")
    assert (low["reason_code"], low["review_mode"]) == ("low_confidence", "mandatory")
    assert (sampled["reason_code"], sampled["review_mode"]) == (None, "sampled")


def test_a2i_loop_name_is_the_join_key() -> None:
    assert record("a2i", "rb1-6f1c6f0e-0002/1")["request_id"] == CLAIM


def test_open_webui_rating_is_feedback_in_epoch_seconds() -> None:
    row = record("openwebui_feedback", "fb-1")
    assert (row["kind"], row["score"], row["occurred_at"].isoformat()) == ("feedback", 1.0, "2026-10-05T11:00:00+00:00")


def test_open_webui_update_overwrites_and_null_takes_back(tmp_path: Path) -> None:
    ratings = current(tmp_path, "openwebui_feedback")
    assert (ratings["fb-4"]["score"], ratings["fb-5"]["retracted"]) == (1.0, True)


def test_open_webui_free_text_is_no_reason() -> None:
    assert record("openwebui_feedback", "fb-2")["reason_code"] is None


def test_otel_failed_evaluator_gives_no_outcome() -> None:
    assert trace(4) not in {row["trace_id"] for row in told("otel_evaluation")}


def test_otel_actor_is_unknown_unless_stated() -> None:
    actors = {row["trace_id"]: row["actor_kind"] for row in told("otel_evaluation") if row["kind"] == "review_decision"}
    assert actors == {trace(2): "human", trace(3): "unknown"}


def test_otel_record_without_a_trace_is_tied_by_its_response() -> None:
    (row,) = [row for row in told("otel_evaluation") if row["line"] == 5]
    assert (row["trace_id"], row["provider_response_id"]) == (None, "chatcmpl-5")
    assert row["occurred_at"].isoformat() == "2026-10-05T11:00:01+00:00"


def test_otel_trace_in_base64_is_read() -> None:
    assert trace(6) in {row["trace_id"] for row in told("otel_evaluation")}


def test_cloudevent_is_tied_by_subject_or_traceparent() -> None:
    assert record("cloudevents", "ev-2")["request_id"] == CLAIM
    assert record("cloudevents", "ev-3")["run_id"] == "CLM-1001"
    assert record("cloudevents", "ev-4")["trace_id"] == trace(4)


def test_cloudevent_cost_of_zero_is_a_statement() -> None:
    row = record("cloudevents", "ev-4")
    assert (row["cost_amount"], row["cost_currency"]) == (0.0, "GBP")


def test_cloudevent_revision_retracts(tmp_path: Path) -> None:
    assert current(tmp_path, "cloudevents")["w-1"]["retracted"] is True


def test_cloudevent_of_an_unknown_kind_is_refused() -> None:
    assert any(reason.startswith("type is none of review_requested") for reason in broken("cloudevents"))
