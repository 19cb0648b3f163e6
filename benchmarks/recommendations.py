"""Precision and recall of recommendations on planted flaws, false ones on clean fleets, and how their intervals hold.

`PYTHONPATH=pipelines:tests python benchmarks/recommendations.py [--seeds N] [--first N] [--clean N]` prints one JSON
object. Nothing but rows in memory is read or written.
"""

import argparse
import json
import sys
import time
from collections import Counter
from datetime import timedelta

from planted_world import halves, recommended

from readback.simulate.planted import SCENARIOS, fleet

DAYS = 56
YEAR = {"workflows": 50, "days": 365, "per_day": 10}


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--clean", type=int, default=0, help="Clean fleets of 50 workflows over a year.")
    given = parser.parse_args()
    began = time.monotonic()
    told: Counter[str] = Counter()
    for seed in range(given.first, given.first + given.seeds):
        for name, scenario in SCENARIOS.items():
            planted = fleet(scenario, seed, days=DAYS)
            kinds = [each.kind for each in recommended(planted)]
            is_right = scenario.first is None or (bool(kinds) and kinds[0] in scenario.first)
            strange = [kind for kind in kinds if kind not in scenario.allowed]
            told[f"{name}: right first"] += is_right
            told[f"{name}: strange"] += len(strange)
            if strange or not is_right:
                print(seed, name, kinds, file=sys.stderr)
            if scenario.first is not None:
                held, all_ = halves(planted, timedelta(days=DAYS / 2))
                told["intervals"] += all_
                told["intervals held"] += held
    for seed in range(given.first, given.first + given.clean):
        kinds = [each.kind for each in recommended(fleet(SCENARIOS["clean"], 1000 + seed, **YEAR))]
        told["clean years"] += 1
        told["false in clean years"] += len(kinds)
        if kinds:
            print(seed, "clean year", kinds, file=sys.stderr)
    print(json.dumps({"seeds": given.seeds, "seconds": round(time.monotonic() - began), **told}, indent=2))


if __name__ == "__main__":
    main()
