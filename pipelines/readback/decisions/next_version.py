"""The next version of a policy as a draft: a copy of the document at the end of the file, approved by nobody.

A version in force is immutable, so a change goes into a copy. A draft judges nothing until people put it in force.
"""

import copy
from collections.abc import Iterable

from readback.contracts.vocabulary import PolicyStatus
from readback.decisions.layout import NotWritable, key_of, line_end, newline, node_at
from readback.decisions.page import policies_of, put, values_of
from readback.decisions.writing import assigned, made, noted
from readback.policy.version import Policy

Version = tuple[str, int]
"""`policy_id` and `version`."""


def drafted(text: str, wanted: Iterable[Version]) -> tuple[str, dict[Version, int]]:
    """The text with a draft of the next version of each that is wanted, and its number by what it was copied from.

    Raises:
        PolicyError: the text is not a valid policy.
        NotWritable: a document shares its lines with another.
    """
    numbers: dict[Version, int] = {}
    for version in sorted(set(wanted)):
        policies = policies_of(text)
        place = {(each.metadata.policy_id, each.metadata.version): n for n, each in enumerate(policies)}
        if version in place:
            numbers[version] = 1 + max(number for policy_id, number in place if policy_id == version[0])
            text = _with_draft(text, policies, place[version], numbers[version])
    return text, numbers


def _with_draft(text: str, policies: tuple[Policy, ...], place: int, number: int) -> str:
    metadata = policies[place].metadata
    ending = "" if text.endswith("\n") else newline(text)
    copied = f"{text}{ending}---{newline(text)}{_lines_of(text, place)}"
    changes: dict[str, str | int | None] = {
        "version": number, "status": PolicyStatus.DRAFT.value, "supersedes": metadata.version, "approved_by": None,
        "approved_at": None,
    }  # fmt: skip
    if metadata.effective_to is not None:
        changes["effective_to"] = None
    new, edits = len(policies), []
    for key, value in changes.items():
        edits += assigned(copied, new, ("metadata", key), "null" if value is None else str(value))
    told = [
        "A draft of readback, which judges nothing. Once it is approved: set status, approved_by, approved_at and",
        f"effective_from here, and end version {metadata.version} with effective_to at the same time.",
    ]
    above, _ = key_of(node_at(copied, new, ()), "metadata") or (None, None)
    after = made(copied, [*edits, *noted(copied, above, told)])
    _require_copy(text, after, place, changes)
    return after


def _require_copy(before: str, after: str, place: int, changes: dict[str, str | int | None]) -> None:
    """The file holds what it held, and the draft differs from its original in those keys of metadata alone."""
    documents = values_of(before)
    draft = copy.deepcopy(documents[place])
    for key, value in changes.items():
        put(("metadata", key), value)(draft)
    if values_of(after) != [*documents, draft]:
        raise NotWritable(
            "the document cannot be copied as it is written; put the changes into the next version by hand"
        )


def _lines_of(text: str, place: int) -> str:
    """The lines of one document with the comments before it, without the mark that begins it or a hint to an editor."""
    root = node_at(text, place, ())
    lines: list[str] = []
    begun, position = False, 0
    while position < len(text):
        end = line_end(text, position)
        line = text[position:end]
        if line.startswith(("---", "...")):
            if begun:
                break
            lines = []
        elif "yaml-language-server" not in line:
            lines.append(line)
        begun = begun or position <= root.start_mark.index < end
        position = end
    return "".join(lines)
