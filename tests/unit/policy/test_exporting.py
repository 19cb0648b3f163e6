"""What may be handed to a gateway: nothing that must stop, nothing that nobody approved, and each loss is told."""

from datetime import UTC, datetime

import pytest

from readback.policy import gateways
from readback.policy.drift import Kind, differences
from readback.policy.exporting import Plan, export, file_text, in_force, plan
from readback.policy.gateways.chain import Chain, GatewayModel, Option, Reading
from readback.policy.triggers import TriggerType

from .conftest import Build

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
DESK = '      - {target: desk, target_kind: manual, activation: on_approval, triggers: ["*"]}\n'
THIRD = "  - {id: prov-c/large-3, provider: prov-c, status: approved}\nlanes:\n"
MORE = DESK + "      - {target: prov-c/large-3, target_kind: model, activation: automatic, triggers: [outage]}\n"
AUTOMATIC = (
    "substitutes: [{target: queue, target_kind: hold, activation: automatic",
    "substitutes: [{target: prov-b/large-2, target_kind: model, activation: automatic",
)


APART = ("match: {tags: {workflow: payment}}", "match: {tags: {workflow: payment}, routes: [payments]}")


def planned(build: Build, *changes: tuple[str, str], as_of: datetime = AS_OF) -> Plan:
    return plan(build(APART, *changes)[0], as_of)


def targets(made: Plan) -> dict[str, list[str]]:
    return {chain.route: [option.target for option in chain.options] for chain in made.chains}


def told(made: Plan) -> str:
    return "; ".join(f"{loss.subject} {loss.what}" for loss in made.losses)


def test_an_approved_substitute_is_exported_with_its_losses(build: Build) -> None:
    made = planned(build)
    assert targets(made) == {"claims-main": ["prov-b/large-2"]}
    for words in ("guardrail:pii", "not marked", "tag workflow", "until 2026-10-01", "28800 s", "manual lane"):
        assert words in told(made)


@pytest.mark.parametrize("boundary", ["pause", "escalate"])
@pytest.mark.parametrize("name", gateways.GATEWAYS)
def test_what_must_pause_is_never_an_automatic_fallback(build: Build, boundary: str, name: str) -> None:
    """Not even where somebody listed an automatic substitute for it."""
    (policy,) = build(
        AUTOMATIC, ("boundary: pause", f"boundary: {boundary}"), ("boundary: degrade", "boundary: human_review"),
        ("match: {tags: {workflow: payment}}", "match: {routes: [payments]}"),
    )  # fmt: skip
    written = export(policy, gateways.named(name), AS_OF)
    text = "".join(file_text(file, content) for file, content in written.files.items())
    assert "payments" not in text
    assert any("is not exported: its boundary" in loss.what for loss in written.losses)


def test_a_class_that_shares_its_route_with_one_that_must_pause_is_kept_back(build: Build) -> None:
    """A payment has no route of its own, so its calls reach the gateway under the names of its model."""
    made = plan(build()[0], AS_OF)
    assert targets(made) == {}
    assert "class 'payment' shares its route" in told(made)


def test_nothing_after_a_lane_that_takes_over_by_itself_is_exported(build: Build) -> None:
    asks, acts = MORE, MORE.replace("on_approval", "automatic")
    assert targets(planned(build, (DESK, asks), ("lanes:\n", THIRD))) == {
        "claims-main": ["prov-b/large-2", "prov-c/large-3"]
    }
    made = planned(build, (DESK, acts), ("lanes:\n", THIRD))
    assert targets(made) == {"claims-main": ["prov-b/large-2"]}
    assert "prov-c/large-3 comes after a lane" in told(made)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("model, activation: automatic, approved_by", "model, activation: on_approval, approved_by"), "asks nobody"),
        (("model, activation: automatic, approved_by", "model, activation: forbidden, approved_by"), "is forbidden"),
        (("expires: 2026-10-01", "expires: 2026-05-01"), "no longer approved"),
        (("failure_domain: b-eu, status: approved", "failure_domain: b-eu, status: disabled"), "is disabled"),
    ],
)
def test_what_is_not_approved_is_not_exported(build: Build, change: tuple[str, str], words: str) -> None:
    made = planned(build, change)
    assert targets(made) == {}
    assert words in told(made)


def test_the_version_in_force_is_exported(build: Build) -> None:
    policies = build()
    assert in_force(policies, AS_OF) == list(policies)
    assert in_force(policies, datetime(2026, 9, 1, tzinfo=UTC)) == []


def live(*options: Option, route: str = "claims-main", preferred: str = "large-1", attempts: int = 2) -> Reading:
    names = {"large-1", "large-2", preferred, *(option.target for option in options)}
    models = tuple(GatewayModel(f"gw/{name}", "gw", (name,)) for name in sorted(names))
    renamed = tuple(Option(f"gw/{option.target}", option.types) for option in options)
    return Reading(models, (Chain(route, (f"gw/{preferred}",), renamed, attempts=attempts),))


ALLOWED = Option("large-2", (TriggerType.PROVIDER_THROTTLED, TriggerType.PROVIDER_ERROR))
PORTKEY = gateways.named("portkey")


def kinds(build: Build, reading: Reading) -> list[Kind]:
    return [each.kind for each in differences(build(APART)[0], PORTKEY, reading, AS_OF)]


def test_a_gateway_that_does_what_the_policy_says_shows_no_drift(build: Build) -> None:
    assert kinds(build, live(ALLOWED)) == []


@pytest.mark.parametrize("name", gateways.GATEWAYS)
def test_an_export_of_the_policy_itself_shows_no_drift(build: Build, name: str) -> None:
    gateway, (policy,) = gateways.named(name), build(APART)
    for file, content in export(policy, gateway, AS_OF).files.items():
        assert differences(policy, gateway, gateway.read(content, file), AS_OF) == []


@pytest.mark.parametrize(
    ("reading", "found"),
    [
        (live(ALLOWED, Option("tiny-9")), [Kind.UNAPPROVED_SUBSTITUTE]),
        (live(), [Kind.MISSING_SUBSTITUTE]),
        (live(ALLOWED, preferred="large-9"), [Kind.OTHER_PREFERRED]),
        (live(Option("large-2", (*ALLOWED.types, TriggerType.CONTENT_FILTERED))), [Kind.WIDER_TRIGGER]),
        (live(ALLOWED, attempts=5), [Kind.OTHER_RETRIES]),
        (live(ALLOWED, route="payments", preferred="large-9"), [Kind.UNAPPROVED_SUBSTITUTE, Kind.MISSING_ROUTE]),
    ],
)
def test_drift_is_named(build: Build, reading: Reading, found: list[Kind]) -> None:
    assert kinds(build, reading) == found


APPROVED = 'activation: automatic, approved_by: "role:model-risk", approved_at: 2026-03-20, evidence: "eval:2"'
LISTED = (
    ("match: {tags: {workflow: payment}}", "match: {routes: [payments]}"),
    ("substitutes: [{target: queue",
     f"substitutes: [{{target: prov-b/large-2, target_kind: model, {APPROVED}, triggers: [outage]}}, {{target: queue"),
    ("    stop_conditions: []\n", "    triggers: [{id: outage, type: provider_error}]\n    stop_conditions: []\n"),
)  # fmt: skip
ON_OUTAGE = Option("large-2", (TriggerType.PROVIDER_ERROR,))


def drift(build: Build, reading: Reading, *changes: tuple[str, str]) -> list[Kind]:
    """Of the payments, whose class must pause and yet lists an approved substitute; the letters are left out."""
    found = differences(build(*LISTED, *changes)[0], PORTKEY, reading, AS_OF)
    return [each.kind for each in found if each.route == "payments"]


@pytest.mark.parametrize("boundary", ["pause", "escalate"])
def test_a_listed_substitute_of_a_class_that_must_pause_may_stand_in_the_gateway_and_may_be_absent(
    build: Build, boundary: str
) -> None:
    change = ("boundary: pause", f"boundary: {boundary}")
    assert drift(build, live(ON_OUTAGE, route="payments"), change) == []
    assert drift(build, live(route="payments"), change) == []
    assert "payments" not in {chain.route for chain in plan(build(*LISTED, change)[0], AS_OF).chains}


@pytest.mark.parametrize(
    ("option", "changes", "found"),
    [
        (Option("tiny-9", ON_OUTAGE.types), (), Kind.UNAPPROVED_SUBSTITUTE),
        (Option("large-2", (*ON_OUTAGE.types, TriggerType.CONTENT_FILTERED)), (), Kind.WIDER_TRIGGER),
        (ON_OUTAGE, [(APPROVED, "activation: on_approval")], Kind.UNAPPROVED_SUBSTITUTE),
    ],
    ids=["not listed", "for more reasons", "only when a person asks"],
)  # fmt: skip
def test_what_a_class_that_must_pause_does_not_list_is_drift(
    build: Build, option: Option, changes: list[tuple[str, str]], found: Kind
) -> None:
    assert drift(build, live(option, route="payments"), *changes) == [found]


def test_a_substitute_that_one_class_of_a_route_does_not_list_is_drift(build: Build) -> None:
    """The letters may fall back and the payments, under the same name, may not."""
    (policy,) = build()
    assert [each.kind for each in differences(policy, PORTKEY, live(ALLOWED), AS_OF)] == [Kind.UNAPPROVED_SUBSTITUTE]


def test_another_order_is_drift(build: Build) -> None:
    second = DESK + DESK.replace("desk", "prov-c/large-3").replace("manual", "model").replace(
        "on_approval", "automatic").replace('["*"]', "[throttled, outage]")  # fmt: skip
    (policy,) = build(APART, (DESK, second), ("lanes:\n", THIRD))
    third = Option("large-3", ALLOWED.types)
    found = differences(policy, PORTKEY, live(third, ALLOWED), AS_OF)
    assert [each.kind for each in found] == [Kind.OTHER_ORDER]
