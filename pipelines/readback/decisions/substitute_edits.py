"""Edits of the list of substitutes: add, take away, put behind a person, renew, reorder, promote.

An entry is found by its target, not by its place, since an edit before may have moved it. What is added is approved by
nobody: a model that the catalogue does not hold is added to it as restricted.
"""

import json
from collections.abc import Iterator
from typing import Any

from readback.contracts.vocabulary import TargetKind
from readback.decisions.layout import NotWritable, key_of, own_lines
from readback.decisions.page import Action, Facts, Page, Part, listed, loaded, put
from readback.decisions.writing import Line, appended, assigned, exchanged, noted, prefixed, removed
from readback.policy.document import CatalogueModel, WorkflowClass
from readback.policy.fields import ModelStatus
from readback.policy.gateways.chain import provider_of
from readback.policy.version import KeyPath, key_path

_NOBODY = "needs approval"


def quoted(name: str) -> str:
    r"""A name from a log as one YAML scalar; what a reader would not see as it is written is spelled by its code.

    >>> print(quoted("large-1"), quoted("x\u202ey"))
    "large-1" "x\U0000202ey"
    """
    word = json.dumps(name, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in word)


def entry_values(entry: list[Line]) -> dict[str, Any]:
    """A new entry as plain values."""
    return {line.key: loaded(line.word) for line in entry}


def added(page: Page, path: KeyPath, entry: list[Line], *, is_short: bool = False) -> Part:
    """A new last entry of a list."""
    edits = appended(page.text, page.document, path, entry, is_short=is_short)
    return Part(edits, listed(path, lambda found: found.append(entry_values(entry))))


def declared(page: Page, model: str) -> list[Part]:
    """The model added to the catalogue, restricted, where the document does not know it."""
    if page.policy.document.model_named(model) is not None:
        return []
    entry = [
        Line("id", quoted(model)),
        Line("provider", quoted(provider_of(model)), "not declared before: add its failure_domain, then its status"),
        Line("status", ModelStatus.RESTRICTED.value),
    ]
    return [added(page, ("models",), entry, is_short=True)]


def _list_of(facts: Facts) -> KeyPath:
    """The list of substitutes of the class that a recommendation is about."""
    return (*key_path(facts["place"])[:2], "substitutes")


def _position(page: Page, path: KeyPath, target: str) -> int:
    entries = page.workflow_class(f"workflow_classes[{path[1]}]").substitutes
    named = [page.policy.document.model_id(entry.target) for entry in entries]
    if target not in named:
        raise NotWritable(f"{target} is not listed at this place of the file")
    return named.index(target)


def _approve(page: Page, facts: Facts) -> list[Part]:
    """A draft at the end of the list: on approval only, without triggers, approved by nobody."""
    path, target = _list_of(facts), facts.get("target")
    if target is None:
        return _diversify(page, facts)
    if target in [page.policy.document.model_id(each.target) for each in _class(page, path).substitutes]:
        raise NotWritable(f"{target} is listed there already")
    return [*declared(page, target), added(page, path, _draft(target))]


def _draft(target: str) -> list[Line]:
    return [
        Line("target", quoted(target)),
        Line("target_kind", TargetKind.MODEL.value),
        Line("activation", "on_approval"),
        Line("approved_by", "null", _NOBODY),
        Line("approved_at", "null"),
        Line("evidence", "null"),
        Line("triggers", "[]", "choose from the triggers of this class"),
    ]


def _diversify(page: Page, facts: Facts) -> list[Part]:
    """A draft of a model that does not fail together with the preferred one, else a lane that the class lacks."""
    path = _list_of(facts)
    each = _class(page, path)
    apart = [model.id for model in _apart(page, each)]
    if apart:
        wanted = facts.get("spare_target")
        return [added(page, path, _draft(wanted if wanted in apart else apart[0]))]
    named = {entry.target for entry in each.substitutes}
    lanes = sorted(page.policy.document.lanes, key=lambda lane: lane.kind is not TargetKind.HOLD)
    lane = next((lane for lane in lanes if lane.id not in named), None)
    if lane is None:
        raise NotWritable(
            "no model that `models` declares as approved has another failure domain, and the class lists every lane: "
            "declare such a model, with its failure_domain, first"
        )
    activation = "automatic" if lane.kind is TargetKind.HOLD else "on_approval"
    entry = [
        Line("target", quoted(lane.id), "no model of another failure domain is declared"),
        Line("target_kind", lane.kind.value),
        Line("activation", activation),
        Line("triggers", '["*"]'),
    ]
    return [added(page, path, entry)]


def _apart(page: Page, each: WorkflowClass) -> Iterator[CatalogueModel]:
    """Approved models of a known failure domain that neither the preferred model nor a listed one is of."""
    document = page.policy.document
    named = {*each.preferred, *(entry.target for entry in each.substitutes)}
    known = [model for model in map(document.model_named, named) if model is not None]
    taken = {model.failure_domain for model in known}
    for model in document.models:
        is_apart = model.failure_domain is not None and model.failure_domain not in taken
        if is_apart and model.status is ModelStatus.APPROVED:
            yield model


def _class(page: Page, path: KeyPath) -> WorkflowClass:
    return page.policy.classes[int(path[1])]


def _remove(page: Page, facts: Facts) -> list[Part]:
    path = _list_of(facts)
    n = _position(page, path, facts["target"])
    return [Part(removed(page.text, page.document, path, n), listed(path, lambda found: _pop(found, n)))]


def _pop(found: list[Any], n: int) -> None:
    found.pop(n)


def _review(page: Page, facts: Facts) -> list[Part]:
    path = _list_of(facts)
    place = (*path, _position(page, path, facts["target"]), "activation")
    return [Part(assigned(page.text, page.document, place, "on_approval"), put(place, "on_approval"))]


def _renew(page: Page, facts: Facts) -> list[Part]:
    """The ended approval is emptied, so that whoever renews it must write a new one; the end stays as it was."""
    path = _list_of(facts)
    place = (*path, _position(page, path, facts["target"]))
    entry = page.node(place)
    if key_of(entry, "approved_by") is None or key_of(entry, "approved_at") is None:
        raise NotWritable("the entry names no approval that could be renewed: write one, or take the entry out")
    own_lines(page.text, entry)
    emptied = [
        Part(assigned(page.text, page.document, (*place, name), "null"), put((*place, name), None))
        for name in ("approved_by", "approved_at")
    ]
    return [Part(noted(page.text, entry, [_NOBODY]), lambda _: None), *emptied]


def _stop(page: Page, facts: Facts) -> list[Part]:
    raise NotWritable(
        f"the policy lists {facts['target']} nowhere for this class, so nothing is to be taken out of it: take the "
        "model out of the gateway's chain (`readback policy drift` names the route)"
    )


def _swap(page: Page, facts: Facts) -> list[Part]:
    path = _list_of(facts)
    first, later = (_position(page, path, facts[name]) for name in ("first_target", "later_target"))

    def change(found: list[Any]) -> None:
        found[first], found[later] = found[later], found[first]

    edits = exchanged(page.text, page.node((*path, first)), page.node((*path, later)))
    return [Part(edits, listed(path, change))]


def _promote(page: Page, facts: Facts) -> list[Part]:
    """The substitute becomes the first preferred model, and the one that was stays behind it."""
    path, target = _list_of(facts), facts["target"]
    n, preferred = _position(page, path, target), (*path[:2], "preferred")
    word = _class(page, path).substitutes[n].target
    return [
        Part(
            prefixed(page.text, page.node(preferred), quoted(word)),
            listed(preferred, lambda found: found.insert(0, word)),
        ),
        Part(removed(page.text, page.document, path, n), listed(path, lambda found: _pop(found, n))),
    ]


ACTIONS: dict[str, Action] = {
    "approve": _approve,
    "diversify": _diversify,
    "promote": _promote,
    "remove": _remove,
    "renew": _renew,
    "review": _review,
    "stop": _stop,
    "swap": _swap,
}
"""Edits of substitutes, by the `action` of the evidence."""
