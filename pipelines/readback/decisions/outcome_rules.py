"""Substitutes whose outputs fare worse than the preferred model's, by the adjusted comparison of the lanes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from readback.contracts.vocabulary import Dimension
from readback.decisions.condition import Condition, named
from readback.decisions.effects import OUTCOMES, Effect, brief, doubt, told
from readback.decisions.evidence import pasted


def outcome_regression(effects: Sequence[Effect], as_of: datetime) -> Iterator[Condition]:
    """The adjusted interval of fallback minus preferred lies wholly above zero.

    One condition per substitute with all outcomes that are worse on it; a workflow that the substitute mostly served
    is told inside it, and has a condition of its own only for outcomes that the substitute does not show.
    Its fingerprint holds the gravest outcome: a graver one is news.
    Source: statistics.md §3, §3.4.
    """
    harms = sorted((each for each in effects if each.is_harm and each.has_stood_in), key=_gravity)
    shown = {(each.member, each.metric) for each in harms if each.dimension == Dimension.MODEL}
    alone = [each for each in harms if (each.main_substitute, each.metric) not in shown]
    for (_, member), group in groupby(sorted(alone, key=_whom), key=_whom):
        own = sorted(group, key=_gravity)
        metrics = {each.metric for each in own}
        inside = [each for each in effects if each.main_substitute == member and each.is_known]
        yield _worse(own, sorted((each for each in inside if each.metric in metrics), key=_gravity))


def _worse(own: Sequence[Effect], inside: Sequence[Effect]) -> Condition:
    """Outcomes that are worse on one substitute or workflow, the gravest first, and the workflows inside it."""
    worst = own[0]
    is_workflow = worst.dimension == Dimension.WORKFLOW
    place = f"fallbacks of {named(worst.member)}" if is_workflow else f"substitute {worst.member}"
    said = [f"{told(worst)}. {doubt(worst)}", *(f"{brief(other)}." for other in own[1:])]
    alike = ", ".join(f"{each.member} ({OUTCOMES[each.metric]})" for each in inside if each.is_harm)
    unlike = ", ".join(f"{each.member} ({OUTCOMES[each.metric]})" for each in inside if not each.is_harm)
    said += [f"Its workflows say so too: {alike}."] if alike else []
    said += [f"No harm shown: {unlike}."] if unlike else []
    return Condition(
        scope=(worst.dimension, worst.member, worst.metric),
        workflow=worst.member if is_workflow and worst.member != "(none)" else None,
        metric=worst.metric,
        title=f"More {' and '.join(OUTCOMES[each.metric] for each in own)} on {place}",
        detail=" ".join(said),
        facts=worst.facts | {"other": [each.facts for each in own[1:]], "workflows": [each.facts for each in inside]},
        evidence_sql=pasted("outcome_effects", worst.parameters),
        started_at=worst.first_at,
        last_at=None,
    )


def _gravity(effect: Effect) -> tuple[int, str]:
    return list(OUTCOMES).index(effect.metric), effect.member


def _whom(effect: Effect) -> tuple[str, str]:
    return effect.dimension, effect.member
