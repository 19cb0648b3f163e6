"""Records of every sample with values of the wrong type, size and sign: no file fails, and every line is told of."""

import json
import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from source_samples import landed, sample_files

from readback.feed import sample, shape
from readback.sources import Source, sources

VALUES: tuple[Any, ...] = (
    None, "", 0, -1, 1.5, 1e300, True, [], {}, [1, "a"], {"a": {"b": 1}}, 2**63 - 1, "2026-13-45", "1e400", "NaN",
    "x", "'; drop table attempts; --", "\u0000", "99999999999999999999", "infinity",
)  # fmt: skip
BARE = ("5", '"text"', "[]", "null", "true")
COUNT = 200


def spoilt(value: Any, chance: random.Random) -> Any:
    """The same value with one place in it replaced or removed."""
    if isinstance(value, dict) and value:
        key = chance.choice(sorted(value))
        rest = {name: inner for name, inner in value.items() if name != key}
        return rest if chance.random() < 0.1 else rest | {key: spoilt_within(value[key], chance)}
    if isinstance(value, list) and value:
        place = chance.randrange(len(value))
        return [*value[:place], spoilt_within(value[place], chance), *value[place + 1 :]]
    return chance.choice(VALUES)


def spoilt_within(value: Any, chance: random.Random) -> Any:
    """Mostly a place deeper inside, where there is one."""
    is_deep = isinstance(value, dict | list) and chance.random() < 0.7
    return spoilt(value, chance) if is_deep else chance.choice(VALUES)


def hostile_lines(source: Source) -> Iterator[str]:
    chance = random.Random(source.name)
    records = [record for file in sample_files(source.name) for record in sample(file, shape(file))]
    spoil = partial(spoilt, chance=chance)
    for _ in range(COUNT):
        record = spoil(chance.choice(records))
        yield json.dumps(spoil(record) if chance.random() < 0.5 else record)


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
def test_no_value_breaks_a_file(source: Source, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    lines = list(hostile_lines(source))
    log.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result, rows = landed(source, log)
    assert result.lines == result.records == len(lines)
    assert min(result.row_lines, result.ignored_lines) >= 0
    assert result.rows == len(rows) > 0


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
def test_bare_values_cost_their_own_lines_only(source: Source, tmp_path: Path) -> None:
    record = json.dumps(next(record for file in sample_files(source.name) for record in sample(file, shape(file))))
    log = tmp_path / "log.jsonl"
    log.write_text(f"{record}\n", encoding="utf-8")
    alone = landed(source, log)[0]
    log.write_text("\n".join([record, *BARE]) + "\n", encoding="utf-8")
    beside = landed(source, log)[0]
    assert (beside.rows, len(beside.broken)) == (alone.rows, len(alone.broken) + len(BARE))
