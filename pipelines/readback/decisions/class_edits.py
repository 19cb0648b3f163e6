"""Edits of a class beside its substitutes: a limit, a trigger, a trial, marking, a review, a class of its own.

A limit that only a trial may change is never set: the trial is drafted beside it, approved by nobody, and nothing is
drawn before somebody approves it.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import Any

from readback.contracts.vocabulary import Boundary, Risk, Stage
from readback.decisions import splitting
from readback.decisions.layout import NotWritable, key_of
from readback.decisions.page import Action, Facts, Page, Part, loaded, put
from readback.decisions.substitute_edits import added, declared, quoted
from readback.decisions.writing import Line, assigned, noted
from readback.policy.document import Match, Trial
from readback.policy.fields import MarkingChannel
from readback.policy.gateways.chain import slug
from readback.policy.version import key_path
from readback.policy.version_checks import is_tie

_TRIAL_ONLY = "only as a trial: needs approval, nothing is drawn before"
_PLAIN = re.compile(r"[a-z][a-z0-9_-]+|\d+(ms|s|m|h|d)")
_WIDTH = 112
_LOGGED = (MarkingChannel.METADATA, MarkingChannel.HEADER)
"""Channels that a gateway's log can show."""


def _set(page: Page, facts: Facts) -> list[Part]:
    path, word = key_path(facts["path"]), facts["value"]
    return [Part(assigned(page.text, page.document, path, word), put(path, loaded(word)))]


def _append_trigger(page: Page, facts: Facts) -> list[Part]:
    path = (*key_path(facts["place"])[:2], "triggers")
    entry = [Line("id", facts["type"]), Line("type", facts["type"])]
    return [added(page, path, entry, is_short=True)]


def _split(page: Page, facts: Facts) -> list[Part]:
    index = int(key_path(facts["path"])[1])
    edits = splitting.split(page.text, page.node(("workflow_classes",)), index, facts["workflow"])

    def meant(value: Any) -> None:
        value["workflow_classes"] = splitting.meant(value["workflow_classes"], index, facts["workflow"])

    return [Part(edits, meant)]


def _trial(page: Page, facts: Facts) -> list[Part]:
    """A draft of the trial; the threshold or the order that it asks about stays as it is."""
    path = (*key_path(facts["place"])[:2], "trials")
    told = facts["trial"]
    if any(trial.id == told["id"] for trial in page.workflow_class(facts["place"]).trials):
        raise NotWritable(f"the class has a trial {told['id']} already")
    entry = [Line(key, _word(page, key, told[key])) for key in Trial.model_fields if key in told]
    entry += [Line("approved_by", "null", _TRIAL_ONLY), Line("approved_at", "null")]
    return [added(page, path, entry)]


def _word(page: Page, key: str, value: Any) -> str:
    """A value of the draft as YAML; a trigger is told by its place, since the evidence knows no ids."""
    if key == "trigger":
        path = key_path(value)
        return quoted(page.workflow_class(value).triggers[int(path[3])].id)
    if isinstance(value, list):
        return f"[{', '.join(quoted(each) for each in value)}]"
    return str(value) if not isinstance(value, str) or _PLAIN.fullmatch(value) else quoted(value)


def _mark(page: Page, facts: Facts) -> list[Part]:
    """The class asks for the mark itself, on a channel that the log can show."""
    path = (*key_path(facts["place"])[:2], "marking")
    each = page.workflow_class(facts["place"])
    asked = page.policy.document.marking(each)
    if each.marking is not None and asked.required and set(asked.channels) & set(_LOGGED):
        raise NotWritable(
            f"{facts['place']} asks for the mark already, on {' and '.join(asked.channels)}: the gateway or the "
            "application has to set it"
        )
    missing = [] if set(asked.channels) & set(_LOGGED) else [MarkingChannel.METADATA]
    channels = f"[{', '.join(channel.value for channel in (*asked.channels, *missing))}]"
    if each.marking is not None:
        told = {"required": "true", "channels": channels}
        return [
            Part(assigned(page.text, page.document, (*path, key), word), put((*path, key), loaded(word)))
            for key, word in told.items()
        ]
    label = f"label: {quoted(asked.label)}, " if asked.label else ""
    word = f"{{required: true, {label}channels: {channels}}}"
    return [Part(assigned(page.text, page.document, path, word), put(path, loaded(word)))]


def _mend(page: Page, facts: Facts) -> list[Part]:
    """What the owner has to do stands at the class, and the review of the policy comes in time for it."""
    if facts["recommendation_id"] in page.text:
        raise NotWritable(f"the duty is noted there already, as {facts['recommendation_id']}")
    above = key_of(page.node(key_path(facts["place"])[:2]), "preferred")
    told = f"{facts['duty']} Review by {facts['due']}. [{facts['recommendation_id']}]"
    note = Part(noted(page.text, (above or [None])[0], textwrap.wrap(_printable(told), _WIDTH)), lambda _: None)
    review = page.policy.metadata.review
    is_sooner = (
        review is not None and review.next_due is not None and review.next_due <= date.fromisoformat(facts["due"])
    )
    if is_sooner:
        return [note]
    path = ("metadata", "review", "next_due")
    return [note, Part(assigned(page.text, page.document, path, facts["due"]), put(path, facts["due"]))]


def _printable(text: str) -> str:
    """Names come from logs: none may end the comment that it stands in."""
    return "".join(char if char.isprintable() else " " for char in text)


def _name(page: Page, facts: Facts) -> list[Part]:
    """A class of its own, the most careful of each, until its owner says what the workflow is.

    An existing class is not widened: that would give the workflow approvals that nobody gave for it.
    """
    workflow, model = facts["workflow"], facts.get("preferred_model")
    if model is None:
        raise NotWritable(f"the logs do not tell which model {workflow} prefers, and a class has to name one")
    ids, base = {each.id for each in page.policy.classes}, slug(workflow)[:80]
    name = next(each for each in [base, *(f"{base}-{n}" for n in range(2, len(ids) + 3))] if each not in ids)
    entry = [
        Line("id", quoted(name)),
        Line("stage", Stage.EXECUTION.value, "the most careful of each, until its owner says what it is"),
        Line("risk", Risk.CRITICAL.value),
        Line("match", _narrowest(page, facts)),
        Line("preferred", f"[{quoted(_known(page, model))}]"),
        Line("boundary", Boundary.PAUSE.value),
        Line("substitutes", "[]", "approve each for this work"),
    ]
    return [*declared(page, model), added(page, ("workflow_classes",), entry)]


def _known(page: Page, model: str) -> str:
    return page.policy.document.model_id(model)


def _narrowest(page: Page, facts: Facts) -> str:
    """The fewest keys that match the workflow and no other class as closely; each is what the logs tell of it."""
    tags = {name: facts[name] for name in ("team", "environment") if facts.get(name)}
    more: list[tuple[str, Any]] = [("routes", tuple(facts["routes"]))] if facts.get("routes") else []
    more += [("services", tuple(facts["services"]))] if facts.get("services") else []
    more += [("tags", {name: value}) for name, value in tags.items()]
    for keys in (chosen for size in range(len(more) + 1) for chosen in combinations(more, size)):
        match = _match(facts["workflow"], keys)
        if not any(is_tie(match, each.match) for each in page.policy.classes):
            return _spelled(match)
    raise NotWritable(f"whatever the logs tell of {facts['workflow']}, another class would match as closely (P016)")


def _match(workflow: str, keys: Sequence[tuple[str, Any]]) -> Match:
    tags = {"workflow": workflow}
    for name, value in keys:
        tags |= value if name == "tags" else {}
    return Match(tags=tags, **{name: value for name, value in keys if name != "tags"})


def _spelled(match: Match) -> str:
    return "{" + ", ".join(_keys(match)) + "}"


def _keys(match: Match) -> Iterator[str]:
    yield "tags: {" + ", ".join(f"{name}: {quoted(value)}" for name, value in match.tags.items()) + "}"
    for name, values in (("routes", match.routes), ("services", match.services)):
        if values:
            yield f"{name}: [{', '.join(quoted(value) for value in values)}]"


ACTIONS: dict[str, Action] = {
    "append_trigger": _append_trigger,
    "mark": _mark,
    "mend": _mend,
    "name": _name,
    "set": _set,
    "split": _split,
    "trial": _trial,
}
"""Edits of classes, by the `action` of the evidence."""
