"""What a report says in words: one rule per sentence, figures in, a sentence or nothing out.

No rule says more than the interval allows: an interval that holds zero is "no change that the data can tell", one that
holds the target is "cannot tell", a withheld figure says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from readback.contracts import MetricValue
from readback.faces import figures
from readback.faces.figures import Change, Tone
from readback.faces.inert import plain
from readback.metrics.effects import FEWEST_TO_CALL_WORSE
from readback.stats.proportion import clopper_pearson

_FREQUENCY, _RECOVERY = "fallback_frequency", "recovery_time_median_s"
_VERDICTS: dict[Tone, str] = {"better": "met", "worse": "missed", "unclear": "cannot tell"}


@dataclass(frozen=True)
class Ask:
    """What leadership is asked for: the request in one line, and what it rests on."""

    title: str
    why: str


def headline(
    current: Mapping[str, MetricValue], change: Change | None, period: str, before: str, is_to_date: bool
) -> str:
    """The period in one or two sentences with numbers."""
    when = f"In {period}{' to date' if is_to_date else ''}"
    figure = current.get(_FREQUENCY)
    if figure is None or figures.withheld(figure) or figure.value is None:
        reason = (figures.withheld(figure) if figure else None) or "no data"
        return f"{when}, how often work left its preferred model cannot be told: {reason}."
    told = f"{when}, {figures.headline(figure)} of requests left their preferred model{_moved(change, before)}"
    recovery = current.get(_RECOVERY)
    if recovery is None or figures.withheld(recovery) or recovery.value is None:
        return told + "."
    return f"{told}. Half of the episodes were over within {figures.headline(recovery)}."


def _moved(change: Change | None, before: str) -> str:
    if change is None:
        return ""
    if change.low is None or change.high is None or change.low <= 0 <= change.high:
        return f", no change on {before} that the data can tell"
    points = figures.difference(abs(change.difference)).removeprefix("+").removesuffix(" pp")
    return f", {points} points {'more' if change.difference > 0 else 'fewer'} than in {before}"


def verdict(tone: Tone | None) -> str:
    """Whether a target is met, in words."""
    return figures.DASH if tone is None else _VERDICTS[tone]


def against_targets(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """How many of the targets are met, missed, or cannot be told apart from the figure; None without a target."""
    judged = [row["verdict"] for row in rows if row["target"] != figures.DASH]
    if not judged:
        return None
    counts = [(judged.count(word), word) for word in ("met", "missed")]
    rest = len(judged) - sum(number for number, _ in counts)
    told = [f"{number} {word}" for number, word in counts if number]
    told += [f"{rest} that the data cannot settle"] if rest else []
    return f"Of {len(judged)} {plural('target', len(judged))}: {', '.join(told)}."


def episodes(total: int, unrecovered: int, longest: Mapping[str, Any] | None) -> str | None:
    """How many episodes there were, and the longest."""
    if not total:
        return None
    told = f"{total:,} {plural('episode', total)} off the preferred model"
    told += f", {unrecovered:,} not recovered yet" if unrecovered else ", all recovered"
    if longest is None:
        return told + "."
    still = "" if longest["is_recovered"] else " at least"
    return (
        f"{told}; the longest,{still} {figures.duration(longest['duration_s'])}, was "
        f"{plain(longest['workflow'] or 'work without a workflow', 60)} ({longest['cause'].replace('_', ' ')})."
    )


def violations(totals: Mapping[str, int], silent: int, silent_of: Sequence[str]) -> list[str]:
    """Fallbacks out of policy and silent downgrades; the indeterminate are named, never counted as allowed."""
    total = sum(totals.values())
    told = []
    outside, unknown = totals.get("out_of_policy", 0), totals.get("indeterminate", 0)
    if outside:
        share = figures.percent(outside / total)
        rest = f"; {unknown:,} more cannot be judged" if unknown else ""
        told.append(f"{outside:,} of {total:,} fallbacks ({share}%) were out of policy{rest}.")
    if silent:
        where = f", {'most ' if silent > 1 else ''}in {plain(silent_of[0], 60)}" if silent_of else ""
        outputs = f"{silent:,} {plural('output', silent)} of a substitute"
        told.append(f"{outputs} went out without any sign to the user{where}.")
    return told


def harm(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Outcomes that were worse on a substitute, only where the whole interval says so, on ten effective episodes."""
    return [
        f"{figures.label(row['metric'])} was higher on substitutes than on comparable preferred runs: {row['adjusted']}"
        + (f"; {row['warning']}." if row["warning"] else ".")
        for row in rows
        if row["status"] == "ok" and (row["low"] or 0) > 0 and (row["effective_episodes"] or 0) >= FEWEST_TO_CALL_WORSE
    ]


def audit(what: str, found: int, of: int, unit: str) -> str:
    """A count of violations with its exact 95% interval, for a statement that an auditor may quote.

    >>> audit("silent downgrades", 0, 412, "fallbacks")
    '0 of 412 fallbacks were silent downgrades; the true share is at most 0.89% (95% Clopper–Pearson).'
    """
    if of == 0:
        return f"No {unit} to judge: nothing can be said about {what}."
    if found == 0:
        highest = figures.percent(float(clopper_pearson(0, of).high))
        return f"0 of {of:,} {unit} were {what}; the true share is at most {highest}% (95% Clopper–Pearson)."
    share, interval = figures.percent(found / of), exact_interval(found, of)
    return f"{found:,} of {of:,} {unit} were {what} ({share}%, 95% Clopper–Pearson {interval})."


def exact_interval(found: int, of: int) -> str:
    """The exact 95% interval of a share; a dash where there is nothing to judge."""
    if of == 0:
        return figures.DASH
    exact = clopper_pearson(found, of)
    return f"{figures.percent(float(exact.low), float(exact.high))}–{figures.percent(float(exact.high))}%"


def plural(word: str, number: int) -> str:
    """The word for so many."""
    return word if number == 1 else word + "s"
