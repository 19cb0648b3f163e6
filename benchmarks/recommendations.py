"""Precision and recall of recommendations on planted flaws, false ones on clean fleets, and how their intervals hold.

Measure, one line of JSON a fleet, so that a run may be stopped and gone on with:

    PYTHONPATH=pipelines:tests python benchmarks/recommendations.py --first 301 --seeds 100 >> planted.jsonl
    PYTHONPATH=pipelines:tests python benchmarks/recommendations.py --first 301 --seeds 0 --clean 20 >> planted.jsonl

Tell, as the tables of `docs/recommendations.md`:

    PYTHONPATH=pipelines:tests python benchmarks/recommendations.py --table planted.jsonl

Only rows in memory are read; nothing else is written.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from planted_world import advised, recommended

from readback.contracts import Recommendation
from readback.decisions.backtest import Score
from readback.simulate.planted import SCENARIOS, fleet
from readback.stats import wilson

DAYS = 56
YEAR = {"workflows": 50, "days": 365, "per_day": 10}
FEWEST_FOR_TRUTH = 20
"""The long-run value of a change is the mean of this many later windows at least."""

Line = dict[str, Any]


def main() -> None:
    """Measure, or tell what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--clean", type=int, default=0, help="Clean fleets of 50 workflows over a year.")
    parser.add_argument("--table", type=Path, nargs="+", help="Tell what these files hold.")
    given = parser.parse_args()
    if given.table:
        print(told([json.loads(line) for file in given.table for line in file.read_text().splitlines()]))
        return
    for seed in range(given.first, given.first + given.seeds):
        for name in SCENARIOS:
            print(json.dumps(planted(name, seed)), flush=True)
    for seed in range(given.first, given.first + given.clean):
        print(json.dumps(clean_year(seed)), flush=True)


def planted(name: str, seed: int) -> Line:
    """What is recommended on one fleet with one flaw, and how that of its first half fared in the second."""
    began = time.process_time()
    found, backtest = advised(fleet(SCENARIOS[name], seed, days=DAYS))
    scores = [_score(score) for score in backtest.scores]
    return {"name": name, "seed": seed, "found": _named(found), "scores": scores, "cpu_s": _since(began)}


def clean_year(seed: int) -> Line:
    """What is recommended, falsely, on a clean fleet of a year."""
    began = time.process_time()
    found = recommended(fleet(SCENARIOS["clean"], 1000 + seed, **YEAR))
    return {"name": "clean year", "seed": seed, "found": _named(found), "scores": [], "cpu_s": _since(began)}


def told(lines: Iterable[Line]) -> str:
    """Markdown: a table by scenario, the false ones by name, and the backtest."""
    by_name: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_name[line["name"]].append(line)
    return "\n".join([*_by_scenario(by_name), "", *_backtest(by_name)])


def _named(found: Iterable[Recommendation]) -> list[tuple[str, str | None, str, str]]:
    return [(each.kind, each.workflow_class, each.title, each.confidence.value) for each in found]


def _score(score: Score) -> Line:
    return {
        "kind": score.kind, "workflow_class": score.workflow_class, "title": score.title, "said": score.said,
        "shown": score.shown, "is_held": score.is_held,
    }  # fmt: skip


def _since(began: float) -> float:
    return round(time.process_time() - began, 2)


def _by_scenario(by_name: dict[str, list[Line]]) -> Iterator[str]:
    yield "| planted | fleets | right one first | recommendations | of them false | false ones |"
    yield "|---|---|---|---|---|---|"
    right = fleets = false = every = 0
    for name in [*SCENARIOS, "clean year"]:
        rows, scenario = by_name.get(name, []), SCENARIOS[name.split()[0]]
        if not rows:
            continue
        found = [each for row in rows for each in row["found"]]
        strange = [each for each in found if not scenario.is_right(each[0], each[1])]
        firsts = sum(scenario.is_first(each[:3] for each in row["found"]) for row in rows)
        names = ", ".join(f"{count} x {kind}" for kind, count in sorted(Counter(each[0] for each in strange).items()))
        first = f"{firsts} of {len(rows)}" if scenario.first else "none is due"
        yield f"| {name} | {len(rows)} | {first} | {len(found)} | {len(strange)} | {names} |"
        every, false = every + len(found), false + len(strange)
        if scenario.first:
            right, fleets = right + firsts, fleets + len(rows)
    yield ""
    yield f"Recall: {_told(right, fleets)}. Precision: {_told(every - false, every)}."


def _backtest(by_name: dict[str, list[Line]]) -> Iterator[str]:
    scored = [(name, each) for name, rows in by_name.items() for row in rows for each in row["scores"]]
    groups: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    for name, each in scored:
        groups[name, each["kind"], each["workflow_class"] or "", each["title"]].append(each)
    yield "| kind | intervals | held in the second half | hold the truth | not scored |"
    yield "|---|---|---|---|---|"
    total: Counter[str] = Counter()
    for kind in sorted({each["kind"] for _, each in scored}):
        told = _counted(group for key, group in groups.items() if key[1] == kind)
        total += told
        yield _row(kind, told)
    yield _row("all", total)


def _counted(groups: Iterable[list[Line]]) -> Counter[str]:
    told: Counter[str] = Counter()
    for group in groups:
        told["unscored"] += sum(each["is_held"] is None for each in group)
        told["scored"] += sum(each["is_held"] is not None for each in group)
        told["held"] += sum(each["is_held"] is True for each in group)
        seen = [each["shown"][0] for each in group if each["shown"][0] is not None]
        if len(seen) >= FEWEST_FOR_TRUTH:
            known = [each["said"] for each in group if None not in each["said"]]
            told["known"] += len(known)
            told["true"] += sum(low <= sum(seen) / len(seen) <= high for _, low, high in known)
    return told


def _row(kind: str, told: Counter[str]) -> str:
    held, true = _told(told["held"], told["scored"]), _told(told["true"], told["known"])
    return f"| {kind} | {told['scored'] + told['unscored']} | {held} | {true} | {told['unscored']} |"


def _told(part: int, whole: int) -> str:
    if not whole:
        return "–"
    value, low, high = (100 * float(limit) for limit in wilson(part, whole))
    return f"{part} of {whole} ({value:.1f}%, 95% CI {low:.1f}% to {high:.1f}%)"


if __name__ == "__main__":
    main()
