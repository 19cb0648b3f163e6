"""Validation: the good document passes every code, and one change makes each fail."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from readback.errors import PolicyError
from readback.policy.finding import Finding, Level
from readback.policy.observing import Seen
from readback.policy.validation import CATALOGUE, check, validate

from .conftest import GOOD, Build, changed, policies_of

AUTOMATIC_PAYMENT = (
    "substitutes: [{target: queue, target_kind: hold, activation: automatic",
    "substitutes: [{target: prov-b/large-2, target_kind: model, activation: automatic",
)
SECOND = changed(
    ("version: 1", "version: 2"),
    ("effective_from: 2026-04-01T00:00:00Z", "effective_from: 2026-09-01T00:00:00Z"),
    ("effective_to: 2026-09-01T00:00:00Z", "effective_to: null"),
    ("supersedes: null", "supersedes: 1"),
    ("expires: 2026-10-01", "expires: 2027-10-01"),
)
MUTUAL = (
    "substitutes: [{target: queue, target_kind: hold, activation: automatic",
    "substitutes: [{target: claims-main, target_kind: model, activation: on_approval",
)


def tried(question: str) -> tuple[str, str]:
    """A trial of the class of letters."""
    retries = "    retries: {max_attempts: 2, on: [throttled]}\n"
    return retries, f"{retries}    trials: [{{id: t, {question}, share: 0.1, duration: 14d, log_field: x}}]\n"


ERRORS: list[tuple[str, list[tuple[str, str]], str]] = [
    ("P001", [("preferred: [claims-main]", "preferred: [claims-mian]")], "workflow_classes[0].preferred[0]"),
    ("P001", [("target: desk,", "target: desc,")], "workflow_classes[0].substitutes[1].target"),
    ("P001", [("target: desk, target_kind: manual", "target: desk, target_kind: hold")], "lane"),
    ("P002", [MUTUAL, ("match: {tags: {workflow: payment}}", "match: {routes: [pay]}"),
              ("preferred: [prov-a/large-1]", "preferred: [prov-b/large-2]")], "prov-b/large-2 -> prov-a/large-1"),
    ("P003", [("target: prov-b/large-2,", "target: prov-a/large-1,")], "'prov-a/large-1' is preferred already"),
    ("P003", [("target: desk, target_kind: manual, activation: on_approval",
               "target: prov-b/large-2, target_kind: model, activation: on_approval")], "twice"),
    ("P006", [AUTOMATIC_PAYMENT], "approved_by, approved_at, evidence"),
    ("P006", [("risk: moderate", "risk: high"), (', evidence: "eval:1"', "")], "without evidence"),
    ("P007", [("expires: 2026-10-01", "expires: 2026-04-01")], "workflow_classes[0].substitutes[0].expires"),
    ("P008", [AUTOMATIC_PAYMENT, ("boundary: pause", "boundary: degrade")], "workflow_classes[1].boundary"),
    ("P009", [("triggers: [throttled, outage]", "triggers: [throttled, outrage]")], "'outrage' is not defined"),
    ("P009", [("on: [throttled]", "on: [slow]")], "workflow_classes[0].retries.on"),
    ("P009", [(", window: 5m, min_requests: 20", "")], "needs `window` and `min_requests`"),
    ("P009", [("type: provider_error, when: {status_codes: [\"5XX\"]}", "type: latency_breach, when: {gt: 4s}")],
     "needs `metric`"),
    ("P009", [("below: 0.6", "below: 1.6")], "outside 0 to 1"),
    ("P009", [("below: 0.6", "amount: \"2.50\"")], "does not know `amount`"),
    ("P009", [tried("trigger: slow, to: 15s")], "workflow_classes[0].trials[0].trigger"),
    ("P009", [tried("trigger: outage, to: 15s")], "has no such threshold"),
    ("P001", [tried("targets: [prov-b/large-2, prov-c/large-3]")], "draws 'prov-c/large-3', which is no substitute"),
    ("P010", [("on_missing: pause", "on_missing: degrade")], "workflow_classes[0].stop_conditions[0].on_missing"),
    ("P010", [("capabilities: [tools]", "capabilities: [json]")], "lacks the capability `tools`"),
    ("P011", [('  owner: {team: claims-platform, contact: "group:claims-oncall"}\n', "")], "no owner"),
    ("P011", [('  approved_by: "role:model-risk"\n', "")], "approved_by"),
    ("P011", [("cadence: 90d, ", "")], "review cadence"),
    ("P012", [("effective_to: 2026-09-01", "effective_to: 2026-04-01")], "metadata.effective_to"),
    ("P012", [("supersedes: null", "supersedes: 1")], "cannot supersede"),
    ("P016", [("match: {tags: {workflow: payment}}", "match: {tags: {team: pay}, services: [api]}")],
     "'letter' and 'payment'"),
    ("P019", [("failure_domain: b-eu, status: approved", "failure_domain: b-eu, status: disabled")], "disabled"),
    ("P020", [("marking: {required: true", "marking: {required: false")], "defaults.marking"),
    ("P022", [("    risk: moderate\n", "")], "leaves out risk"),
]  # fmt: skip

WARNINGS: list[tuple[str, list[tuple[str, str]], str]] = [
    ("P002", [MUTUAL, ("preferred: [prov-a/large-1]", "preferred: [prov-b/large-2]")], "stand in"),
    ("P007", [("expires: 2026-10-01", "expires: 2026-08-01")], "before the version does"),
    ("P007", [("expires: 2026-10-01", "expires: 2026-06-01"), ("effective_to: 2026-09-01T00:00:00Z", "effective_to:")],
     "next review"),
    ("P012", [("version: 1", "version: 4"), ("supersedes: null", "supersedes: 3")], "not in the file"),
    ("P014", [("failure_domain: b-eu", "failure_domain: a-us")], "failure domain"),
    ("P017", [("rto: 30m", "rto: 25h")], "continuity.rto"),
    ("P017", [("max_duration: 8h", "max_duration: 2d")], "max_duration"),
    ("P022", [("    stop_conditions: []\n", "")], "leaves out stop_conditions"),
]  # fmt: skip


def told(findings: list[Finding], code: str, level: Level) -> str:
    return "; ".join(f"{each.path}: {each.message}" for each in findings if (each.code, each.level) == (code, level))


def test_the_good_document_passes_every_code(build: Build) -> None:
    assert validate(build(), as_of=datetime(2026, 6, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize(("code", "changes", "words"), ERRORS)
def test_an_error_fails_its_code(code: str, changes: list[tuple[str, str]], words: str, build: Build) -> None:
    assert words in told(validate(build(*changes)), code, Level.ERROR)


@pytest.mark.parametrize(("code", "changes", "words"), WARNINGS)
def test_a_warning_warns(code: str, changes: list[tuple[str, str]], words: str, build: Build) -> None:
    assert words in told(validate(build(*changes)), code, Level.WARN)


def test_every_code_of_the_catalogue_is_tested() -> None:
    elsewhere = {"P004", "P005", "P013", "P015", "P018", "P021"}
    assert {code for code, _, _ in ERRORS + WARNINGS} | elsewhere == {each.code for each in CATALOGUE}


def test_the_catalogue_is_whole_and_each_code_helps_in_one_sentence() -> None:
    assert [each.code for each in CATALOGUE] == [f"P{number:03d}" for number in range(1, 23)]
    assert all(each.help.endswith(".") and each.help.count(". ") == 0 for each in CATALOGUE)


SEEN = Seen(
    until=datetime(2026, 6, 1, tzinfo=UTC),
    since=datetime(2026, 1, 1, tzinfo=UTC),
    last_seen={"letter": datetime(2026, 5, 31, tzinfo=UTC), "payment": datetime(2026, 5, 31, tzinfo=UTC)},
    has_confidence=True,
)


def test_traffic_that_fits_the_policy_passes(build: Build) -> None:
    assert validate(build(), seen=SEEN) == []


def test_a_workflow_without_a_class_warns(build: Build) -> None:
    found = validate(build(), seen=replace(SEEN, undeclared={"notes": 1200}))
    assert "workflow 'notes' has no class: 1,200 requests" in told(found, "P015", Level.WARN)


def test_a_class_that_no_log_has_known_for_90_days_warns(build: Build) -> None:
    began = datetime(2026, 4, 1, tzinfo=UTC)
    seen = replace(SEEN, until=began + timedelta(days=90), last_seen={"payment": began + timedelta(days=1)})
    found = told(validate(build(), seen=seen), "P015", Level.WARN)
    assert "workflow_classes[0]: class 'letter' was not seen in any log" in found
    assert "payment" not in found


def test_a_lane_that_a_busy_hour_would_overrun_warns(build: Build) -> None:
    narrow = build(("- {id: desk, kind: manual}", "- {id: desk, kind: manual, capacity_per_hour: 40}"))
    assert validate(narrow, seen=replace(SEEN, hourly_p95={"letter": 40.0})) == []
    found = validate(narrow, seen=replace(SEEN, hourly_p95={"letter": 40.5}))
    assert "takes 40 an hour; in a busy hour 40.5" in told(found, "P018", Level.WARN)


def test_a_hold_that_outlasts_the_objective_warns_without_any_log(build: Build) -> None:
    hasty = build(("    stop_conditions: []\n    continuity: {}", "    stop_conditions: []\n    continuity: {rto: 1h}"))
    assert "longer than the rto" in told(validate(hasty), "P018", Level.WARN)


def test_a_trigger_that_no_log_can_fire_warns(build: Build) -> None:
    found = validate(build(), seen=replace(SEEN, has_confidence=False))
    assert "workflow_classes[0].triggers[2]: trigger 'confidence' can never fire" in told(found, "P021", Level.WARN)


def test_an_imported_draft_lists_what_no_gateway_knows(build: Build) -> None:
    source = "  review: {cadence: 90d, last_reviewed: 2026-03-28, next_due: 2026-06-26}\n"
    imported = build(
        ("status: active", "status: draft"),
        (source, source + "  source: {kind: litellm, ref: config.yaml}\n"),
        ('approved_by: "role:model-risk",\n', ""),
        ("    outcomes: {rework_window: 14d}\n", ""),
    )
    found = told(validate(imported), "P022", Level.WARN)
    assert "imported from litellm and leaves out the approval of prov-b/large-2, desk" in found


def test_versions_that_follow_one_another_pass() -> None:
    assert validate(policies_of(GOOD, SECOND)) == []


def test_overlapping_versions_fail() -> None:
    early = SECOND.replace("effective_from: 2026-09-01", "effective_from: 2026-08-31")
    assert "claims@2 begins before claims@1 ends" in told(validate(policies_of(GOOD, early)), "P004", Level.ERROR)


def test_a_version_written_twice_fails() -> None:
    assert "written twice" in told(validate(policies_of(GOOD, GOOD)), "P004", Level.ERROR)


def test_two_policies_may_not_claim_the_same_requests() -> None:
    rival = changed(("policy_id: claims", "policy_id: letters"))
    assert "of claims@1 claim the same" in told(validate(policies_of(GOOD, rival)), "P004", Level.ERROR)


def test_a_draft_overlaps_with_nobody() -> None:
    draft = SECOND.replace("status: active", "status: draft").replace("2026-09-01", "2026-05-01")
    assert told(validate(policies_of(GOOD, draft)), "P004", Level.ERROR) == ""


def test_a_gap_between_versions_warns() -> None:
    late = SECOND.replace("effective_from: 2026-09-01", "effective_from: 2026-09-02")
    assert "nothing holds between" in told(validate(policies_of(GOOD, late)), "P005", Level.WARN)


def test_an_edit_of_a_published_version_fails(build: Build) -> None:
    published = {("claims", 1): build()[0].digest}
    assert validate(build(), published) == []
    edited = build(("max_duration: 8h", "max_duration: 9h"))
    assert "was edited" in told(validate(edited, published), "P013", Level.ERROR)


def test_a_version_may_be_edited_before_it_is_in_force(build: Build) -> None:
    edited = build(("max_duration: 8h", "max_duration: 9h"))
    published = {("claims", 1): build()[0].digest}
    assert validate(edited, published, as_of=datetime(2026, 3, 1, tzinfo=UTC)) == []


def test_an_overdue_review_warns(build: Build) -> None:
    findings = validate(build(), as_of=datetime(2026, 6, 27, tzinfo=UTC))
    assert "was due on 2026-06-26" in told(findings, "P011", Level.WARN)


def test_check_names_code_line_and_how_many_more(build: Build) -> None:
    policies = build(("preferred: [claims-main]", "preferred: [nope]"), ("on_missing: pause", "on_missing: degrade"))
    with pytest.raises(PolicyError, match=r"^policy\.yaml:28: .*P001: .*and 1 more"):
        check(policies)


def test_check_lets_warnings_pass(build: Build) -> None:
    check(build(("rto: 30m", "rto: 25h")))


def test_check_lets_an_unfinished_draft_pass(build: Build) -> None:
    draft = build(("status: active", "status: draft"), ("preferred: [claims-main]", "preferred: [nope]"))
    assert validate(draft)
    check(draft)
