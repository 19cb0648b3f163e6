"""Settings in which a candidate differs and that no replay reads: what they would have changed is not told. Pure.

The log shows a failure by its cause, not by what a trigger says of its statuses; and how a gateway waits, probes and
comes back, no request shows.
"""

from collections.abc import Iterator

from readback.policy.document import WorkflowClass
from readback.policy.version import KeyPath, Policy, spelled

_OF_CLASSES = {
    "retries": ("backoff_initial", "backoff_max", "on"),
    "recovery": ("mode", "stable_for", "canary_share"),
}
_OF_TRIGGERS = ("status_codes", "errors", "signal")


def unread(base: Policy, candidate: Policy) -> tuple[str, ...]:
    """Where they stand in the candidate, in classes that both have."""
    before = {each.id: each for each in base.classes}
    found = (
        (("workflow_classes", n), path)
        for n, each in enumerate(candidate.classes)
        if each.id in before
        for path in _changed(before[each.id], each)
    )
    return tuple(spelled((*place, *path)) for place, path in found)


def _changed(before: WorkflowClass, after: WorkflowClass) -> Iterator[KeyPath]:
    for part, names in _OF_CLASSES.items():
        yield from ((part, name) for name in _differing(getattr(before, part), getattr(after, part), names))
    known = {trigger.id: trigger.when for trigger in before.triggers}
    for n, trigger in enumerate(after.triggers):
        yield from (
            ("triggers", n, "when", name) for name in _differing(known.get(trigger.id), trigger.when, _OF_TRIGGERS)
        )


def _differing(before: object, after: object, names: tuple[str, ...]) -> Iterator[str]:
    """Names of the settings of a part that differ; an absent part has none, and an empty list is as good as none."""
    yield from (name for name in names if (getattr(before, name, None) or None) != (getattr(after, name, None) or None))
