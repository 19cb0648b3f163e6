"""What a person needs to bring recommendations before whoever approves: patch, changelog entry, approval record.

Nothing here grants anything: every field that an approval needs stays open.
"""

from collections.abc import Iterable, Sequence

from readback.contracts import Recommendation
from readback.decisions.patch import policy_patch

_SUBJECT = "Change the fallback policy as the evidence suggests"


def submission(recommendations: Iterable[Recommendation], policy_text: str) -> dict[str, str]:
    """Files by name: `policy.patch` for `git am`, `changelog.md`, `approval.md`; none where nothing can be written."""
    every = list(recommendations)
    diff = policy_patch(every, policy_text)
    if not diff:
        return {}
    told = [each for each in every if policy_patch([each], policy_text)]
    return {
        "policy.patch": _mail(told, diff),
        "changelog.md": _changelog(told),
        "approval.md": _approval(told),
    }


def _mail(told: Sequence[Recommendation], diff: str) -> str:
    """The diff as a mail; its date is that of the evidence, so the same evidence gives the same bytes."""
    as_of = max(each.as_of for each in told)
    head = (
        f"From: readback <readback@localhost>\nDate: {as_of:%a, %d %b %Y %H:%M:%S} +0000\nSubject: [PATCH] {_SUBJECT}\n"
    )
    body = "\n".join(f"- {_line(each.title)} ({each.recommendation_id})" for each in told)
    return f"{head}\n{body}\n---\n{diff[diff.index('--- ') :]}-- \nreadback\n"


def _changelog(told: Sequence[Recommendation]) -> str:
    lines = [f"- {_line(each.title)}. {_line(each.expected_effect)} [{each.recommendation_id}]" for each in told]
    return "\n".join(["### Changed", "", *lines, ""])


def _approval(told: Sequence[Recommendation]) -> str:
    parts = [
        "# Approval of a change of the fallback policy",
        "",
        "- Decision: approved / rejected",
        "- Role:",
        "- Date:",
    ]
    parts += ["- In force from:", "- New version:", ""]
    for each in told:
        parts += [
            f"## {_line(each.title)}",
            "",
            f"- Recommendation: {each.recommendation_id}, class {each.evidence_class.value}, "
            f"{each.confidence.value} confidence",
            f"- Place: {_line(each.policy_path or 'none')}",
            f"- Expected: {_line(each.expected_effect)}",
            f"- Guards passed: {', '.join(each.guards_passed) or 'none'}",
            f"- Guards failed: {', '.join(each.guards_failed) or 'none'}",
            f"- Wrong if: {_line(each.falsifier)}",
            "- Decision and reason:",
            "",
        ]
    return "\n".join(parts)


def _line(text: str) -> str:
    """One line that starts neither a heading nor a tag, whatever a log put into it."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split()).replace("<", "&lt;")
