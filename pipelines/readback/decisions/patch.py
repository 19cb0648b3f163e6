"""Recommendations as a reviewable patch of `policy.yaml`. It takes away or asks; it never grants an approval."""

import difflib
import re
from collections.abc import Iterable
from typing import NamedTuple

from readback.contracts import Recommendation
from readback.decisions.edits import edited
from readback.decisions.layout import NotWritable
from readback.decisions.page import FILE, policies_of

NOTE = "Proposed by readback. A version in force is immutable: put the result in as the next version, reviewed."
"""First line of every diff; with `--out` the result is that next version, as a draft."""


class Written(NamedTuple):
    """The text with all that can be written, and of the others why not, by id; each is in one of the two."""

    text: str
    reasons: dict[str, str]


def written(recommendations: Iterable[Recommendation], policy_text: str) -> Written:
    """The recommendations written into the text, in their order, each on what those before it left.

    Raises:
        PolicyError: the text is not a valid policy.
    """
    policies_of(policy_text)
    text, reasons = policy_text, {}
    for each in recommendations:
        try:
            text = edited(text, each)
        except NotWritable as error:
            reasons[each.recommendation_id] = error.message
    return Written(text, reasons)


def policy_patch(recommendations: Iterable[Recommendation], policy_text: str) -> str:
    """A unified diff for those that the document can express; empty where none can.

    An edit that would break the document, or touch anything but what it is about, is left out: see `written`.

    Raises:
        PolicyError: the text is not a valid policy.
    """
    return diff(policy_text, written(recommendations, policy_text).text)


def diff(before: str, after: str) -> str:
    """The unified diff of two texts of the policy, with what to do with it; empty where they are one."""
    if before == after:
        return ""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"a/{FILE}", f"b/{FILE}")
    told = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return f"# {NOTE}\n{told}"


def _lines(text: str) -> list[str]:
    """Lines with their breaks; only a line feed ends one, as in a patch."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)
