"""The adjusted outcome comparisons as decisions read them, and how they are told. Nothing is estimated here."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from readback.contracts.vocabulary import Confidence, Dimension, MetricStatus
from readback.decisions.shrinking import LEAST_CHANCE, shrunken, spread_of
from readback.metrics.effects import FEWEST_TO_CALL_WORSE
from readback.stats import benjamini_hochberg, e_value

OUTCOMES = {"downstream_error_rate": "downstream errors", "rework_rate": "rework", "override_rate": "overrides"}
"""Outcome metrics that can show a substitute to be worse, the gravest first, and what each is called in a sentence."""

_MEDIUM_E_VALUE = 1.5
_LEAST_FALLBACK_RUNS = 30
_LEAST_EPISODES = 8
_LEAST_EVENTS = 5
_LEAST_OVERLAP = 0.5


@dataclass(frozen=True)
class Effect:
    """A row of `outcome_effects`: fallback minus preferred, in fractions.

    `main_substitute`: the model that answered most of a workflow's substituted requests; None for a model.
    """

    metric: str
    dimension: str
    member: str
    estimate: float | None
    low: float | None
    high: float | None
    crude_estimate: float | None
    strata: int
    episodes: int
    n_fallback: int
    n_preferred: int
    events_fallback: int
    events_preferred: int
    overlap: float | None
    e_value: float | None
    status: str
    warning: str | None
    first_at: datetime | None
    last_at: datetime | None
    main_substitute: str | None
    effective_episodes: float | None

    @property
    def is_known(self) -> bool:
        """May be read as a difference."""
        return self.status == MetricStatus.OK and None not in (self.estimate, self.low, self.high)

    @property
    def is_harm(self) -> bool:
        """The whole interval says worse on the substitute, on ten effective episodes; touching zero does not."""
        is_enough = (self.effective_episodes or 0.0) >= FEWEST_TO_CALL_WORSE
        return self.metric in OUTCOMES and self.is_known and self.low is not None and self.low > 0 and is_enough

    @property
    def error(self) -> float | None:
        """Standard error, from the interval by the normal law; None where there is none."""
        if self.estimate is None or self.low is None or self.high is None or self.high <= self.low:
            return None
        return (self.high - self.low) / (2 * 1.96)

    @property
    def p_value(self) -> float:
        """Two-sided; 1 where there is no interval."""
        return 1.0 if self.error is None else math.erfc(abs(self.estimate or 0.0) / self.error / math.sqrt(2))

    @property
    def has_stood_in(self) -> bool:
        """It speaks of fallbacks that are held; not of a preferred model that answered last in a run that fell back."""
        return self.dimension != Dimension.MODEL or self.first_at is not None

    @property
    def e_value_limit(self) -> float | None:
        """E-value of the limit nearer to zero, at the preferred lane's rate; None without an event there."""
        if not self.is_known or not self.events_preferred or not self.n_preferred:
            return None
        rate = self.events_preferred / self.n_preferred
        ratio, low, high = (1 + (limit or 0.0) / rate for limit in (self.estimate, self.low, self.high))
        return e_value(ratio, low, high)[1]

    @property
    def guards(self) -> dict[str, bool]:
        """Each check that a difference must pass to be worth more than low confidence, by name (§3.5, §5.8)."""
        return {
            "no warning": self.warning is None,
            f"{_LEAST_FALLBACK_RUNS} fallback runs": self.n_fallback >= _LEAST_FALLBACK_RUNS,
            f"{_LEAST_EPISODES} episodes": self.episodes >= _LEAST_EPISODES,
            f"{_LEAST_EVENTS} events": (self.events_fallback or 0) + (self.events_preferred or 0) >= _LEAST_EVENTS,
            "half of the runs comparable": (self.overlap or 0.0) >= _LEAST_OVERLAP,
            f"E-value of the limit {_MEDIUM_E_VALUE}": (self.e_value_limit or 0.0) >= _MEDIUM_E_VALUE,
        }

    @property
    def confidence(self) -> Confidence:
        """Medium where the whole interval says harm and every guard is passed."""
        return Confidence.MEDIUM if self.is_harm and all(self.guards.values()) else Confidence.LOW

    @property
    def facts(self) -> dict[str, Any]:
        """What the evidence keeps."""
        return asdict(self)

    @property
    def parameters(self) -> dict[str, str]:
        """What `outcome_effects_rows` is shown for."""
        outcome = self.metric.removesuffix("_rate")
        return {"metric": self.metric, "outcome": outcome, "dimension": self.dimension, "member": self.member}


class Effects:
    """Every comparison, by whom it speaks of; `of_classes` by class and substitute."""

    def __init__(self, found: Iterable[Effect], of_classes: Mapping[tuple[str, str], Sequence[Effect]] = {}) -> None:
        self._found = {(effect.dimension, effect.member, effect.metric): effect for effect in found}
        self._of_classes = {scope: {effect.metric: effect for effect in some} for scope, some in of_classes.items()}
        self._nearer = [effect for some in self._of_classes.values() for effect in some.values()]

        self.listed = frozenset(_worth_a_list([*self._found.values(), *self._nearer]))
        """Harms of which at most one in twenty is expected to be none; one comparison in forty says harm by chance."""

    def of(self, dimension: Dimension, member: str | None) -> Iterator[Effect]:
        """Comparisons of one workflow or substitute that may be read, the gravest outcome first."""
        for metric in OUTCOMES:
            effect = self._found.get((dimension.value, member or "(none)", metric))
            if effect is not None and effect.is_known:
                yield effect

    def is_likely(self, harm: Effect) -> bool:
        """Once it is drawn towards none, the harm is still surely worth a change of policy."""
        if harm.error is None:
            return False
        alike = [each for each in self._nearer if each.metric == harm.metric and each.is_known and each.error]
        spread = spread_of([each.estimate or 0.0 for each in alike], [each.error or 1.0 for each in alike])
        return shrunken(harm.estimate or 0.0, harm.error, spread).chance >= LEAST_CHANCE

    def same(self, dimension: str, member: str, metric: str) -> Effect | None:
        """The comparison that is named so, if it may be read."""
        every = (*self._found.values(), *self._nearer)
        named = (e for e in every if (e.dimension, e.member, e.metric) == (dimension, member, metric) and e.is_known)
        return next(named, None)

    def of_class(self, workflow_class: str, target: str) -> Iterator[Effect]:
        """Comparisons of one substitute with the preferred model in one class, the gravest outcome first."""
        known = self._of_classes.get((workflow_class, target), {})
        yield from (known[metric] for metric in OUTCOMES if metric in known and known[metric].is_known)


def _worth_a_list(found: Iterable[Effect]) -> Iterator[Effect]:
    known = [effect for effect in found if effect.metric in OUTCOMES and effect.is_known]
    chosen = benjamini_hochberg([effect.p_value for effect in known]) if known else ()
    yield from (effect for effect, is_chosen in zip(known, chosen, strict=True) if is_chosen and effect.is_harm)


def percent(fraction: float) -> str:
    """A share, with one decimal where that tells more than the whole number.

    >>> percent(0.0213), percent(0.00042), percent(0.5)
    ('2.1%', '0.042%', '50%')
    """
    return f"{100 * fraction:.2g}%" if abs(fraction) < 0.1 else f"{100 * fraction:.3g}%"


def points(fraction: float) -> str:
    """A difference of shares in percentage points, always with its sign.

    >>> points(0.0213), points(-0.0004)
    ('+2.1 pp', '-0.04 pp')
    """
    return f"{100 * fraction:+.2g} pp" if abs(fraction) < 0.1 else f"{100 * fraction:+.3g} pp"


def told(effect: Effect) -> str:
    """The difference with its interval, and what it rests on."""
    return (
        f"{change(effect.estimate, effect.low, effect.high, OUTCOMES[effect.metric])}, "
        f"{effect.n_fallback:,} fallback runs in {effect.episodes:,} episodes against {effect.n_preferred:,} preferred"
    )


def brief(effect: Effect) -> str:
    """The difference with its interval and the unadjusted one, where another outcome is told in full."""
    crude = f"; unadjusted {points(effect.crude_estimate)}" if effect.crude_estimate is not None else ""
    warning = f"; {effect.warning}" if effect.warning else ""
    return change(effect.estimate, effect.low, effect.high, OUTCOMES[effect.metric]) + crude + warning


def change(estimate: float | None, low: float | None, high: float | None, what: str) -> str:
    """`+2.1 pp rework (95% CI +0.9 to +3.4)`.

    >>> change(0.021, 0.009, 0.034, "rework")
    '+2.1 pp rework (95% CI +0.9 to +3.4)'
    """
    if estimate is None or low is None or high is None:
        return f"{what}: not known"
    return f"{points(estimate)} {what} (95% CI {points(low)[:-3]} to {points(high)[:-3]})"


def doubt(effect: Effect) -> str:
    """The unadjusted difference beside, how strong an unmeasured cause would have to be, and any warning."""
    said = [f"Unadjusted: {points(effect.crude_estimate)}." if effect.crude_estimate is not None else ""]
    if effect.e_value is not None:
        limit = f"; {effect.e_value_limit:.2g} times to bring the interval to zero" if effect.e_value_limit else ""
        said.append(
            f"To explain it away, an unmeasured cause would need to make both fallback and "
            f"{OUTCOMES[effect.metric]} {effect.e_value:.2g} times likelier{limit}."
        )
    said.append(f"{effect.warning[:1].upper()}{effect.warning[1:]}." if effect.warning else "")
    return " ".join(part for part in said if part)
