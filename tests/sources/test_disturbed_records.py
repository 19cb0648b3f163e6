"""Every format under what transport does to logs: lines shuffled, told twice and cut off; members lost or NULL.

Nothing fails, every line is accounted for, and no row is gained.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from source_samples import landed, sample_files

from readback.feed import sample, shape
from readback.sources import Source, sources

EVERY = pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
KEPT = 8
MARKS = {
    "braintrust": {"experiment_id"},
    "dagster_runs": {"tags", "tags.0.key"},
    "dynatrace_genai": {"result.records.0.gen_ai.operation.name"},
    "gcp_model_policy": {"protoPayload.status", "protoPayload.status.code"},
    "label_studio": {"annotations.0.last_action"},
    "langfuse_scores": {"dataset_run_id"},
    "outcomes": {"cost_amount"},
}
"""What marks a record as an experiment, a retry of its own, a prediction, a refused change or a mistake. Without it the
record is an ordinary one, and gives the row of an ordinary one."""

Record = dict[str, Any]


def records(source: Source) -> list[Record]:
    """A few records of the samples."""
    return [record for file in sample_files(source.name) for record in sample(file, shape(file))][:KEPT]


def written(folder: Path, lines: list[str]) -> Path:
    file = folder / "log.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def contents(rows: list[Record]) -> set[str]:
    """What rows say, wherever they stand."""
    return {json.dumps({name: row[name] for name in row if name != "line"}, default=str) for row in rows}


def without_members(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The value with one of its members missing at the top, or NULL at any depth, and the path of that member."""
    members = value if isinstance(value, dict) else {}
    for key, member in members.items():
        if not path:
            yield key, {name: rest for name, rest in value.items() if name != key}
        yield path + key, value | {key: None}
        yield from ((place, value | {key: inner}) for place, inner in without_members(member, f"{path}{key}."))
    if isinstance(value, list) and value:
        yield from ((place, [inner, *value[1:]]) for place, inner in without_members(value[0], f"{path}0."))


@EVERY
def test_lines_shuffled_doubled_and_cut_off_give_the_same_rows(source: Source, tmp_path: Path) -> None:
    chance = random.Random(source.name)
    whole = [json.dumps(record) for record in records(source)]
    plain, rows = landed(source, written(tmp_path, whole))
    cut = [line[: chance.randrange(1, len(line))] for line in whole]
    disturbed = [*whole, *whole, *cut]
    chance.shuffle(disturbed)
    result, found = landed(source, written(tmp_path, disturbed))
    assert result.lines == result.records == len(disturbed)
    assert len(result.broken) == 2 * len(plain.broken) + len(cut)
    assert contents(found) == contents(rows)


@EVERY
def test_record_that_lost_a_member_gains_no_row(source: Source, tmp_path: Path) -> None:
    whole = records(source)
    before = Counter(row["line"] for row in landed(source, written(tmp_path, list(map(json.dumps, whole))))[1])
    poorer = [(number, *lost) for number, record in enumerate(whole, start=1) for lost in without_members(record)]
    result, rows = landed(source, written(tmp_path, [json.dumps(record) for *_, record in poorer]))
    assert result.lines == result.records == len(poorer)
    after = Counter(row["line"] for row in rows)
    gained = {poorer[line - 1][1] for line, count in after.items() if count > before[poorer[line - 1][0]]}
    assert gained == MARKS.get(source.name, set())
