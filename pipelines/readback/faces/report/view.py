"""One view of a period that every format renders: sentences, rows of text and charts, and nothing left to decide."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from readback.contracts.vocabulary import Grain
from readback.faces import figures, narrative, questions
from readback.faces.inert import plain
from readback.faces.report import beside, comebacks, conformance, decisions, happenings, health, metrics
from readback.faces.report.subject import Subject

METHOD = (
    "Every figure carries its 95% interval and its n. Rates use the Wilson interval on the effective sample size: "
    "requests of one workflow within one hour count as a cluster.",
    "A change is called better or worse only where the 95% interval of the difference leaves out zero; a target is met "
    "or missed only where the whole interval lies on one side of it.",
    "Recovery is a Kaplan–Meier estimate: episodes without a seen recovery are censored, never dropped. A mean time to "
    "repair is not shown on purpose: it makes noise look like progress.",
    "Maturing is said of a figure that an outcome which arrives late may still change; the appendix lists what did.",
    "Audit counts use the exact Clopper–Pearson interval, which never covers less than 95%. It takes fallbacks as "
    "independent; the statement by episode does without that.",
    "Effects of substitutes compare like with like within strata (Mantel–Haenszel); they are observed, not randomised.",
    "Sums are compared only between periods that the logs cover whole. Absent is shown as absent, never as zero.",
)


def view_of(subject: Subject) -> dict[str, Any]:
    """Everything that a report shows. Equal snapshots and settings give equal views."""
    told = _frame(subject) | {"definitions": _definitions(subject), "method": METHOD}
    if subject.is_without_data:
        return told | health.health(subject)
    told |= metrics.metrics(subject) | happenings.episodes(subject) | happenings.effects(subject)
    told |= comebacks.comebacks(subject) | beside.beside(subject)
    told |= conformance.conformance(subject) | decisions.decisions(subject) | health.health(subject)
    told["classes"] = metrics.classes(subject)
    told["absent"] += [line for one in told["classes"] for line in one["absent"]]
    told["asks"] = [asdict(ask) for ask in decisions.asks(told["recommendations"], told["five"])]
    told["went_wrong"] = _went_wrong(subject, told)
    return told


def _frame(subject: Subject) -> dict[str, Any]:
    look, period = subject.look, subject.period
    return {
        "brand": plain(look.name, 80),
        "primary": look.primary,
        "ink": look.ink,
        "accent": look.accent,
        "kind": "Quarterly continuity report" if period.grain is Grain.QUARTER else "Monthly continuity report",
        "period": period.label + (" to date" if subject.is_to_date else ""),
        "name": period.name,
        "before": subject.before.label,
        "before_short": subject.before.short_label,
        "grain": period.grain.value,
        "zone": period.zone,
        "as_of": f"{subject.as_of:%-d %B %Y %H:%M} UTC",
        "snapshot": subject.snapshot.removeprefix("snapshot-"),
        "is_without_data": subject.is_without_data,
        "notes": _notes(subject),
    }


def _notes(subject: Subject) -> list[str]:
    """What a reader must know before the first number."""
    told, period, first = [], subject.period, subject.first_data
    if subject.is_without_data:
        return [f"No log reaches into {period.label}: the first record is of {_day(first)}. Absent is not zero."]
    if subject.is_to_date:
        told.append(f"{period.label} is unfinished: the logs end on {_day(subject.as_of)}, so every figure is to date.")
    if period.start < first:
        told.append(f"The logs begin on {_day(first)}: {period.label} is told from then on.")
    elif subject.before.end <= first:
        told.append(f"No log reaches into {subject.before.label}: there is nothing to compare with.")
    elif subject.before.start < first:
        told.append(f"{subject.before.label} is known from {_day(first)} on, so that only rates are compared with it.")
    changed = health.restated(subject)
    if any(one["period"] == period.label for one in changed):
        told.append(f"Figures of {period.label} were restated since first published; the appendix adds up how.")
    return told


def _day(at: datetime) -> str:
    return f"{at:%-d %B %Y}"


def _went_wrong(subject: Subject, told: dict[str, Any]) -> list[str]:
    worst = questions.most_silent(subject.con, subject.period.span)
    found = [narrative.episodes(told["episode_count"], told["unrecovered_count"], told["longest"])]
    found += narrative.violations(told["verdict_totals"], len(told["silent"]), worst)
    found += narrative.harm(told["overall"])
    told.pop("longest")
    return [each for each in found if each]


def _definitions(subject: Subject) -> list[dict[str, str]]:
    known = subject.definitions
    return [
        {"label": figures.label(name), "question": d.question, "unit": d.unit, "better": d.better}
        for name, d in ((name, known[name]) for name in metrics.WANTED if name in known)
    ]
