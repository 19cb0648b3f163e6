"""A recommendation written into the text of `policy.yaml`: what was meant changes, and nothing else.

Every edit is made on the text, so comments and layout stay, and is checked three ways: the documents before and after
may differ in what was meant alone (a value that an anchor shares with other places is left alone for that reason), the
result is a policy, and it has no error that it did not have before.
"""

import json
from typing import Any

import yaml

from readback.contracts import Recommendation
from readback.decisions import class_edits, substitute_edits
from readback.decisions.layout import NotWritable
from readback.decisions.page import Action, Facts, Page, Part, policies_of, values_of
from readback.decisions.writing import made
from readback.errors import PolicyError
from readback.policy.finding import Level
from readback.policy.validation import validate
from readback.policy.version import Policy, key_path

ACTIONS: dict[str, Action] = substitute_edits.ACTIONS | class_edits.ACTIONS
"""Every edit that a recommendation may ask for, by the `action` of its evidence."""


_SHARED = "a value there is shared with other places by an anchor, and would change there, too"


def edited(text: str, recommendation: Recommendation) -> str:
    """The text with one recommendation written into it.

    Raises:
        NotWritable: it cannot be; the message says why.
        PolicyError: the text is not a valid policy.
    """
    facts = _facts(recommendation)
    page = _page(text, recommendation)
    action = ACTIONS.get(facts.get("action", ""))
    if action is None:
        raise NotWritable("it asks for nothing that the document could state")
    try:
        return changed(page, action(page, facts))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, StopIteration, yaml.YAMLError):
        raise NotWritable("the file is not written as its evidence has it: run `readback run` again") from None


def changed(page: Page, parts: list[Part]) -> str:
    """The text of a page with some parts changed.

    Raises:
        NotWritable: the result would be no policy, or would differ in more than was meant, or break a rule.
    """
    after = made(page.text, [edit for part in parts for edit in part.edits])
    wanted = values_of(page.text)
    for part in parts:
        part.meant(wanted[page.document])
    try:
        if values_of(after) != wanted:
            raise NotWritable(_SHARED)
        new = _errors(after) - _errors(page.text)
    except PolicyError as error:
        told = f"the result would not be a policy: {error.message}"
        raise NotWritable(_SHARED if "undefined alias" in error.message else told) from None
    if new:
        raise NotWritable(f"the result would break {' and '.join(sorted({f'{code}: {told}' for code, told in new}))}")
    return after


def _page(text: str, recommendation: Recommendation) -> Page:
    """The document that the evidence was judged under, and of it the class that is spoken of."""
    policies = policies_of(text)
    wanted = (recommendation.policy_id, recommendation.policy_version)
    for n, policy in enumerate(policies):
        if (policy.metadata.policy_id, policy.metadata.version) == wanted:
            _require_class(policy, recommendation)
            return Page(text, n, policy)
    if recommendation.policy_id is None:
        raise NotWritable("no class matches it, so there is no place to change")
    raise NotWritable(f"the file does not hold {wanted[0]} v{wanted[1]}, which it was judged under")


def _require_class(policy: Policy, recommendation: Recommendation) -> None:
    if recommendation.policy_path is None:
        raise NotWritable("no class matches it, so there is no place to change: give it a class first")
    path = key_path(recommendation.policy_path)
    if path[:1] != ("workflow_classes",) or recommendation.workflow_class is None or len(path) == 1:
        return
    if int(path[1]) >= len(policy.classes) or policy.classes[int(path[1])].id != recommendation.workflow_class:
        raise NotWritable(f"class {recommendation.workflow_class} stands elsewhere by now: run `readback run` again")


def _facts(recommendation: Recommendation) -> Facts:
    told: dict[str, Any] = json.loads(recommendation.evidence)
    place = {"place": recommendation.policy_path, "recommendation_id": recommendation.recommendation_id}
    return told | place


def _errors(text: str) -> set[tuple[str, str]]:
    found = validate(policies_of(text))
    return {(finding.code, finding.message) for finding in found if finding.level is Level.ERROR}
