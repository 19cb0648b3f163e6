"""The order of work: plan, draw slice by slice, write each slice in every format, tell the truth."""

from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from readback.simulate import bedrock, litellm, otlp, project, statuspage
from readback.simulate.daily_files import DailyFiles
from readback.simulate.episodes import EPOCH, EpisodeWatch, moment
from readback.simulate.fate import CACHE_HIT, FAILED, RETRY
from readback.simulate.fleet import CAUSE_INDEX, WORKFLOWS
from readback.simulate.lines import choice
from readback.simulate.outages import DAY, SECOND, Calendar, plan
from readback.simulate.outcomes import Outcomes
from readback.simulate.tally import Counts, Tally, attempts_in
from readback.simulate.traffic import Slice, Traffic, slices
from readback.simulate.truth import FileTruth, Truth

WRITERS = {"litellm": litellm.lines, "otlp": otlp.lines, "bedrock": bedrock.lines}
SUFFIXES = {"litellm": (".jsonl", ".jsonl.gz", ".jsonl.zst"), "otlp": (".jsonl",), "bedrock": (".json.gz",)}


def write_fleet(out: Path, requests: int, days: float, seed: int, end: datetime) -> Truth:
    """Do what `simulate` promises."""
    if end.tzinfo is None:
        raise ValueError("end must have a time zone")
    finish = int((end - EPOCH).total_seconds()) * SECOND
    start = finish - int(days * 86400) * SECOND
    calendar = plan(start, finish, requests, np.random.default_rng([seed, 0]))
    out.mkdir(parents=True, exist_ok=True)
    _clear_previous(out)
    return _Fleet(out, calendar, seed).write(requests, days)


def _clear_previous(out: Path) -> None:
    """Remove the files of an earlier simulation here: a shorter one must not inherit its days."""
    told = out / "truth.json"
    if not told.is_file():
        return
    for name in Truth.model_validate_json(told.read_bytes()).files:
        if (out / name).resolve().is_relative_to(out.resolve()):
            (out / name).unlink(missing_ok=True)


class _Fleet:
    """One simulation while it is written."""

    def __init__(self, out: Path, calendar: Calendar, seed: int) -> None:
        self.out, self.calendar, self.seed = out, calendar, seed
        self.logs, self.aftermath = DailyFiles(out), DailyFiles(out)
        self.tally, self.episodes = Tally(), EpisodeWatch(calendar)
        self.outcomes = Outcomes(calendar, seed, self.aftermath)
        self.attempts: dict[str, int] = {}
        self.traffic = Traffic(calendar, seed)
        self.day = -1

    def write(self, requests: int, days: float) -> Truth:
        for part in slices(self.calendar, requests, np.random.default_rng([self.seed, 1])):
            self._slice(part)
        self.logs.close_all()
        self.aftermath.close_all()
        pages = statuspage.write(self.out, self.calendar)
        project.write(self.out, self.calendar, self.outcomes.coverage())
        truth = self._truth(days, pages)
        truth.write(self.out / "truth.json")
        return truth

    def _slice(self, part: Slice) -> None:
        drawn = self.traffic.requests(part)
        if part.start // DAY != self.day:
            self.logs.close_all()
            self.day = part.start // DAY
        for number, source in enumerate(WRITERS):
            rng = np.random.default_rng([self.seed, 4, number, part.number])
            self._log(source, drawn.filter(choice("workflow", [w.source for w in WORKFLOWS]) == source), rng)
        self.tally.add(drawn)
        self.episodes.add(part, drawn)
        self.outcomes.add(drawn, part.number)

    def _log(self, source: str, own: pl.DataFrame, rng: np.random.Generator) -> None:
        if not own.height:
            return
        suffixes = SUFFIXES[source]
        name = f"logs/{source}/{moment(self.day * DAY):%Y-%m-%d}{suffixes[self.day % len(suffixes)]}"
        self.attempts[name] = self.attempts.get(name, 0) + attempts_in(own)
        self.logs.append(name, WRITERS[source](own, rng))

    def _truth(self, days: float, pages: dict[str, int]) -> Truth:
        counts = self.tally.finish()
        runs = self.traffic.runs.tolist()
        workflows = {w.name: counts.workflow(i, runs[i]) for i, w in enumerate(WORKFLOWS)}
        kind = pl.col("kind")
        return Truth(
            seed=self.seed,
            days=days,
            start=moment(self.calendar.start),
            end=moment(self.calendar.end),
            requests=counts.total(),
            attempts=sum(counts.attempts.values()),
            failed=counts.total(kind == FAILED),
            held=0,
            cache_hits=counts.total(kind == CACHE_HIT),
            retried=counts.total(kind == RETRY),
            low_confidence_reruns=_low_confidence(counts),
            fallbacks=counts.fallbacks(),
            workflows=workflows,
            violations=counts.violations({n: w.missed_fallbacks for n, w in workflows.items()}),
            silent_downgrades=counts.silent_downgrades(),
            provider_declared=counts.provider_declared(),
            episodes=self.episodes.finish(),
            isolated_fallbacks=counts.isolated(),
            incidents=statuspage.truths(self.calendar),
            outcomes=self.outcomes.truth(),
            outcome_rows=dict(sorted(self.outcomes.rows.items())),
            files=self._files(pages),
        )

    def _files(self, pages: dict[str, int]) -> dict[str, FileTruth]:
        lines = {**self.logs.lines, **self.aftermath.lines, **pages}
        return {name: FileTruth(lines=count, attempts=self.attempts.get(name)) for name, count in sorted(lines.items())}


def _low_confidence(counts: Counts) -> int:
    return counts.fallbacks(pl.col("cause") == CAUSE_INDEX["low_confidence"]).total
