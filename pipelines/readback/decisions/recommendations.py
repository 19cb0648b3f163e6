"""The catalogue of recommendations, in one place: evidence is gathered once and judged by pure rules."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from readback import store
from readback.contracts import Recommendation
from readback.decisions.acceptance import carried_on, follow_up, read_recommendations
from readback.decisions.chronic_rules import WorkflowUse, chronic_fallback
from readback.decisions.comparisons import comparisons
from readback.decisions.cooldown_rules import REACH_S, CooledCall, tune_cooldown
from readback.decisions.effects import Effects
from readback.decisions.evidence import gather, window
from readback.decisions.latency_rules import AnswerDay, tune_latency
from readback.decisions.naming_rules import UnnamedWork, name_and_mark
from readback.decisions.ordering import in_order
from readback.decisions.ranking_rules import SubstituteRuns, rank
from readback.decisions.retry_rules import RetryUse, tune_retries
from readback.decisions.risk_rules import ClassRisk, diversify, guard_risk, tune_ceiling
from readback.decisions.split_rules import DraftedWork, split_drafts
from readback.decisions.substitute_rules import ListedUse, SubstituteUse, approve_or_stop, demote
from readback.decisions.trigger_rules import UncoveredCause, add_substitute, define_trigger
from readback.metrics.effects import EVERY_DAY, Days
from readback.settings import Settings

Judge = Callable[[list[Any], Effects, datetime], Iterable[Recommendation]]


class Entry(NamedTuple):
    """One entry of the catalogue: a model of evidence, the object of its rows, and the pure rule that judges them."""

    model: str
    evidence: type
    judge: Judge


CATALOGUE = (
    Entry("substitutes_in_use", SubstituteUse, approve_or_stop),
    Entry("listed_substitutes", ListedUse, demote),
    Entry("substitute_outcomes", SubstituteRuns, lambda found, effects, as_of: rank(found, as_of)),
    Entry("chronic_fallbacks", WorkflowUse, chronic_fallback),
    Entry("uncovered_causes", UncoveredCause, lambda found, effects, as_of: define_trigger(found, as_of)),
    Entry("uncovered_causes", UncoveredCause, lambda found, effects, as_of: add_substitute(found, as_of)),
    Entry("answer_times", AnswerDay, lambda found, effects, as_of: tune_latency(found, as_of)),
    Entry("cooled_calls", CooledCall, lambda found, effects, as_of: tune_cooldown(found, as_of)),
    Entry("retries", RetryUse, lambda found, effects, as_of: tune_retries(found, as_of)),
    Entry("class_risks", ClassRisk, lambda found, effects, as_of: guard_risk(found, as_of)),
    Entry("drafted_work", DraftedWork, lambda found, effects, as_of: split_drafts(found, as_of)),
    Entry("class_risks", ClassRisk, lambda found, effects, as_of: diversify(found, as_of)),
    Entry("class_risks", ClassRisk, tune_ceiling),
    Entry("unnamed_work", UnnamedWork, lambda found, effects, as_of: name_and_mark(found, as_of)),
)
"""Everything that readback may recommend. Source: statistics.md §5."""


def refresh_recommendations(
    con: store.Connection, as_of: datetime, settings: Settings | None = None
) -> list[Recommendation]:
    """Judge every entry of the catalogue at the watermark, and carry on with what people decided before."""
    found = recommend(con, as_of, settings)
    every = [follow_up(con, each, as_of) for each in carried_on(read_recommendations(con), found, as_of)]
    store.replace_rows(con, Recommendation, every)
    return every


def recommend(
    con: store.Connection, as_of: datetime, settings: Settings | None = None, days: Days = EVERY_DAY
) -> list[Recommendation]:
    """What the evidence of the window that ends at a moment asks for, in the order in which to look at it.

    `days`: those of which outcomes are compared, where not all that are known shall be.
    """
    scope = scope_of(as_of, days)
    effects = comparisons(con, settings or Settings(), as_of, days)
    gathered: dict[str, list[Any]] = {}
    for entry in CATALOGUE:
        if entry.model not in gathered:
            gathered[entry.model] = gather(con, entry.model, entry.evidence, scope)
    return in_order(each for entry in CATALOGUE for each in entry.judge(gathered[entry.model], effects, as_of))


def scope_of(as_of: datetime, days: Days = EVERY_DAY) -> dict[str, Any]:
    """What the models of evidence are bound to."""
    return window(as_of) | {"reach_s": REACH_S} | days._asdict()
