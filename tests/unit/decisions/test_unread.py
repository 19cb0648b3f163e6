"""Where a candidate differs in what no replay reads."""

from pathlib import Path

from readback.decisions.unread import unread
from readback.policy.loading import read_policies
from readback.policy.version import Policy
from readback.simulate.planted import SCENARIOS, policy

TEXT = policy(SCENARIOS["clean"], 2)


def version(*edits: tuple[str, str]) -> Policy:
    text = TEXT
    for before, after in edits:
        assert before in text
        text = text.replace(before, after, 1)
    (found,) = read_policies(text.encode(), Path("policy.yaml"))
    return found


def test_statuses_and_the_way_back_are_told_as_unread() -> None:
    candidate = version(
        ("{id: outage, type: provider_outage}", "{id: outage, type: provider_outage, when: {status_codes: ['503']}}"),
        ("cooldown: {duration: 60s}", "cooldown: {duration: 60s}\n    recovery: {mode: manual}"),
    )
    assert unread(version(), candidate) == (
        "workflow_classes[0].recovery.mode",
        "workflow_classes[0].triggers[0].when.status_codes",
    )


def test_what_a_replay_reads_and_what_is_as_it_was_is_not_among_them() -> None:
    assert unread(version(), version(("cooldown: {duration: 60s}", "cooldown: {duration: 90s}"))) == ()
    manual = ("cooldown: {duration: 60s}", "recovery: {mode: manual}")
    assert unread(version(manual), version(manual)) == ()
