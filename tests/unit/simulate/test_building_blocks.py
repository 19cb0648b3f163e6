"""Ids, templated lines and growing files."""

import gzip
import json
import uuid
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import zstandard

from readback.simulate.daily_files import DailyFiles
from readback.simulate.ids import hex_ids, uuids
from readback.simulate.lines import choice, fill, seconds_text, usd_text, utc_text


def test_uuids_are_random_version_4_and_distinct() -> None:
    texts = uuids(np.random.default_rng(1), 1000).to_list()
    parsed = [uuid.UUID(text) for text in texts]
    assert [str(each) for each in parsed] == texts
    assert {each.version for each in parsed} == {4}
    assert {each.variant for each in parsed} == {uuid.RFC_4122}
    assert len(set(texts)) == 1000


def test_hex_ids_have_their_width() -> None:
    texts = hex_ids(np.random.default_rng(1), 50, 24).to_list()
    assert all(len(text) == 24 and int(text, 16) >= 0 for text in texts)


def test_no_rows_give_no_ids() -> None:
    assert hex_ids(np.random.default_rng(1), 0, 24).to_list() == []


def test_holes_take_values_and_text() -> None:
    frame = pl.DataFrame({"n": [1, 2], "name": ["a", "b"]})
    record = {"count": "@n", "label": "x-${name}", "deep": [{"same": "${name}"}], "empty": {}}
    lines = frame.select(fill(record)).to_series().to_list()
    assert [json.loads(line) for line in lines] == [
        {"count": 1, "label": "x-a", "deep": [{"same": "a"}], "empty": {}},
        {"count": 2, "label": "x-b", "deep": [{"same": "b"}], "empty": {}},
    ]


@pytest.mark.parametrize(
    ("text", "value", "printed"),
    [
        (seconds_text, 1_795_481_366_082_851, "1795481366.082851"),
        (seconds_text, 5, "0.000005"),
        (usd_text, 92_500, "0.000092500"),
        (utc_text, 1_795_481_366_082_851, "2026-11-24T00:49:26Z"),
    ],
)
def test_numbers_print_exactly(text: object, value: int, printed: str) -> None:
    assert callable(text)
    assert pl.DataFrame({"v": [value]}).select(text(pl.col("v"))).item() == printed


def test_choice_takes_the_last_text_for_minus_one() -> None:
    frame = pl.DataFrame({"code": [0, 1, -1]}, schema={"code": pl.Int8})
    assert frame.select(choice("code", ["a", "b", "none"])).to_series().to_list() == ["a", "b", "none"]


@pytest.mark.parametrize("name", ["a/x.jsonl", "x.jsonl.gz", "x.jsonl.zst"])
def test_files_grow_and_lines_keep_their_quotes(tmp_path: Path, name: str) -> None:
    files = DailyFiles(tmp_path)
    files.append(name, pl.Series(['{"a":"1,2"}']))
    files.append(name, pl.Series(['{"b":"\\"q\\""}', "{}"]))
    files.append("never.jsonl", pl.Series([], dtype=pl.String))
    files.close_all()
    raw = (tmp_path / name).read_bytes()
    if name.endswith(".gz"):
        raw = gzip.decompress(raw)
    if name.endswith(".zst"):
        raw = zstandard.ZstdDecompressor().stream_reader(raw).read()
    assert raw.decode() == '{"a":"1,2"}\n{"b":"\\"q\\""}\n{}\n'
    assert files.lines[name] == 3
    assert not (tmp_path / "never.jsonl").exists()
