"""What a person needs to bring recommendations before whoever approves: patch, changelog entry, approval record.

Nothing here grants anything: the changes go into a draft of the next version, every field that an approval needs stays
open, and a trial stays a trial.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.layout import NotWritable
from readback.decisions.next_version import Version, drafted
from readback.decisions.patch import Written, diff, written

TRIAL_ONLY = "Only as a trial: what it tries may not be taken over before the trial has answered."
"""What whoever accepts a recommendation of class T is told, and reads again in the approval record."""

_SUBJECT = "Change the fallback policy as the evidence suggests"
_MAILBOX = "From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001"


class Draft(NamedTuple):
    """The file with copies of the versions concerned, the same with the changes in them, and why others are not."""

    copied: str
    numbers: dict[Version, int]
    changed: Written


def submission(recommendations: Iterable[Recommendation], policy_text: str) -> dict[str, str]:
    """Files by name: `policy.patch` for `git am`, `changelog.md`, `approval.md`; none where nothing can be written.

    The patch is two commits: a copy of the version in force as a draft of the next one, and the changes in the copy.

    Raises:
        PolicyError: the text is not a valid policy.
    """
    every = list(recommendations)
    draft = next_version(every, policy_text)
    reasons = draft.changed.reasons
    told = [each for each in every if each.recommendation_id not in reasons]
    if not told:
        return {}
    left = [(each, reasons[each.recommendation_id]) for each in every if each.recommendation_id in reasons]
    return {
        "policy.patch": _mails(told, policy_text, draft),
        "changelog.md": _changelog(told),
        "approval.md": _approval(told, left),
    }


def next_version(recommendations: Sequence[Recommendation], policy_text: str) -> Draft:
    """The file with the recommendations written into a draft of the next version of each policy concerned.

    Raises:
        PolicyError: the text is not a valid policy.
    """
    possible = written(recommendations, policy_text)
    kept = [each for each in recommendations if each.recommendation_id not in possible.reasons]
    try:
        copied, numbers = drafted(policy_text, [_version(each) for each in kept])
    except NotWritable as error:
        return Draft(
            policy_text, {}, Written(policy_text, {r.recommendation_id: error.message for r in recommendations})
        )
    moved = [each.model_copy(update={"policy_version": numbers[_version(each)]}) for each in kept]
    changed = written(moved, copied)
    return Draft(copied, numbers, Written(changed.text, possible.reasons | changed.reasons))


def _version(each: Recommendation) -> Version:
    return each.policy_id or "", each.policy_version or 0


def _mails(told: Sequence[Recommendation], policy_text: str, draft: Draft) -> str:
    """Two mails; their date is that of the evidence, so the same evidence gives the same bytes."""
    as_of = max(each.as_of for each in told)
    copies = "\n".join(f"- {policy_id} v{new} from v{old}" for (policy_id, old), new in draft.numbers.items())
    body = "\n".join(f"- {_line(each.title)} ({each.recommendation_id})" for each in told)
    parts = (
        ("Copy the policy as a draft of its next version", copies, diff(policy_text, draft.copied)),
        (_SUBJECT, body, diff(draft.copied, draft.changed.text)),
    )
    return "".join(_mail(n, len(parts), part, as_of) for n, part in enumerate(parts, start=1))


def _mail(n: int, count: int, part: tuple[str, str, str], as_of: datetime) -> str:
    subject, body, told = part
    head = (
        f"{_MAILBOX}\nFrom: readback <readback@localhost>\nDate: {as_of:%a, %d %b %Y %H:%M:%S} +0000\n"
        f"Subject: [PATCH {n}/{count}] {subject}\n"
    )
    return f"{head}\n{body}\n---\n{told[told.index('--- ') :]}-- \nreadback\n\n"


def _changelog(told: Sequence[Recommendation]) -> str:
    lines = [f"- {_line(each.title)}. {_line(each.expected_effect)} [{each.recommendation_id}]" for each in told]
    return "\n".join(["### Changed", "", *lines, ""])


def _approval(told: Sequence[Recommendation], left: Sequence[tuple[Recommendation, str]]) -> str:
    parts = [
        "# Approval of a change of the fallback policy",
        "",
        "- Decision: approved / rejected",
        "- Role:",
        "- Date:",
    ]
    parts += ["- In force from:", "- New version:", ""]
    for each in told:
        parts += [f"## {_line(each.title)}", "", *_record(each), "- Decision and reason:", ""]
    if left:
        parts += ["## Not in the patch", ""]
        parts += [f"- {_line(each.title)} ({each.recommendation_id}): {_line(reason)}." for each, reason in left] + [""]
    return "\n".join(parts)


def _record(each: Recommendation) -> list[str]:
    return [
        f"- Recommendation: {each.recommendation_id}, class {each.evidence_class.value}, "
        f"{each.confidence.value} confidence",
        *([f"- {TRIAL_ONLY}"] if each.evidence_class is EvidenceClass.TRIAL else []),
        f"- Place: {_line(each.policy_path or 'none')}",
        f"- Expected: {_line(each.expected_effect)}",
        f"- Guards passed: {', '.join(each.guards_passed) or 'none'}",
        f"- Guards failed: {', '.join(each.guards_failed) or 'none'}",
        f"- Wrong if: {_line(each.falsifier)}",
    ]


def _line(text: str) -> str:
    """One line that starts neither a heading nor a tag, whatever a log put into it."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split()).replace("<", "&lt;")
