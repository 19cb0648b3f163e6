"""The catalogue of validations of a policy document; specification: reference §5.2.

P015, P018 and P021 look at what was observed, where that is known.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from readback.contracts.vocabulary import PolicyStatus
from readback.errors import PolicyError
from readback.policy import chain_checks, class_checks, observed_checks, version_checks
from readback.policy.finding import Check, Evidence, Finding, Level
from readback.policy.observing import Seen
from readback.policy.version import Policy

CATALOGUE: tuple[Check, ...] = (
    Check("P001", "Declare it, or correct the name.", chain_checks.unknown_targets),
    Check("P002", "Remove one of the substitutions, so that every chain ends.", chain_checks.substitution_cycles),
    Check("P003", "Name every target once, and the preferred model never.", chain_checks.repeated_targets),
    Check("P004", "Close the earlier version, or narrow a match.", version_checks.overlapping_versions),
    Check("P005", "Let the later version begin when the earlier one ends.", version_checks.time_gaps),
    Check("P006", "Have it approved, or make it on_approval.", class_checks.unapproved_automatic),
    Check("P007", "Renew the approval, or remove the substitute.", class_checks.expired_approvals),
    Check("P008", "Add a manual or hold lane, or set the boundary to pause.", class_checks.no_safe_place),
    Check("P009", "Define the trigger, or complete its `when`.", class_checks.broken_triggers),
    Check("P010", "Stop with pause, escalate, human_review or block.", class_checks.stop_conditions),
    Check("P011", "Name the owner, the approver and the review.", version_checks.ownership),
    Check("P012", "Correct the times or the version that is superseded.", version_checks.order_in_time),
    Check("P013", "Undo the edit and write it as a new version.", version_checks.edited_versions),
    Check("P014", "Add a substitute in another failure domain.", chain_checks.shared_domains),
    Check("P015", "Give the workflow a class, or retire the class.", observed_checks.unmatched_traffic),
    Check("P016", "Give one of the classes one more key.", version_checks.ambiguous_classes),
    Check("P017", "Shorten it, or correct the tolerance.", class_checks.beyond_tolerance),
    Check("P018", "Widen the lane, or shorten the wait.", observed_checks.narrow_lanes),
    Check("P019", "Take it out of the chain, or have it enabled.", chain_checks.disabled_targets),
    Check("P020", "Set `marking.required` to true.", class_checks.unmarked_substitutes),
    Check("P021", "Log the confidence, or remove the trigger.", observed_checks.deaf_triggers),
    Check("P022", "Fill in what the import could not know.", class_checks.incomplete_classes),
)


def validate(
    policies: Iterable[Policy],
    known_digests: Mapping[tuple[str, int], str] | None = None,
    as_of: datetime | None = None,
    seen: Seen | None = None,
) -> list[Finding]:
    """Everything that the catalogue finds, by code.

    `known_digests` are those of versions published before, by (policy_id, version): without them P013 is not
    judged. `as_of` tells overdue reviews and versions in force: without it the former are not judged.
    `seen` is what the logs show: without it P015 and P021 are not judged, and P018 only by the document.
    """
    evidence = Evidence(tuple(policies), known_digests or {}, as_of, seen)
    return [finding for check in CATALOGUE for finding in check.findings(evidence)]


def check(
    policies: Iterable[Policy],
    known_digests: Mapping[tuple[str, int], str] | None = None,
    as_of: datetime | None = None,
) -> None:
    """Nothing, if every version that is not a draft may be used; drafts judge no event and may be unfinished.

    Raises:
        PolicyError: the first error-level finding, with its code, place, what to do, and how many more.
    """
    found = validate(policies, known_digests, as_of)
    errors = [each for each in found if each.level is Level.ERROR and each.status is not PolicyStatus.DRAFT]
    if errors:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        message = f"{first.code}: {first.message}. {first.help}{more}"
        raise PolicyError(message, file=first.file, line=first.line, key=first.path)
