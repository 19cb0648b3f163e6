"""Every sample against every connector: each file is its own format's, and no other connector takes a record of it."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from small_logs import answer, lines, open_ledger
from source_samples import sample_files

from readback import shipped
from readback.feed import sample, shape
from readback.sources import Ambiguity, Guess, Source, candidates, nearest, recognize, sources

FILES = [(name, file) for name in sources() for file in sample_files(name)]
EVERY = pytest.mark.parametrize(("owner", "file"), FILES, ids=[f"{name}/{file.name}" for name, file in FILES])


@cache
def records(file: Path) -> list[dict[str, Any]]:
    """The first records, which recognition looks at."""
    return sample(file, shape(file))


@cache
def takers(file: Path) -> dict[str, int]:
    """How many of the first records each connector would take; the row of a file in the confusion matrix."""
    counts = {source.name: sum(source.takes(record) for record in records(file)) for source in sources().values()}
    return {name: count for name, count in counts.items() if count}


def first_of(owner: str, file: Path) -> dict[str, Any]:
    """The first record that its own connector takes."""
    return next(record for record in records(file) if not sources()[owner].missing(record))


def test_every_folder_of_samples_belongs_to_a_connector() -> None:
    folders = {folder.name for folder in shipped.samples().iterdir() if folder.is_dir()}
    assert folders == set(sources())


@EVERY
def test_file_is_recognized_as_its_own_format(owner: str, file: Path) -> None:
    found = recognize(records(file))
    assert found is not None
    assert found.name == owner


@EVERY
def test_no_other_connector_takes_a_record(owner: str, file: Path) -> None:
    assert set(takers(file)) == {owner}


@EVERY
def test_at_least_half_of_the_records_are_taken(owner: str, file: Path) -> None:
    """What is not: records to ignore, and records that lack what recognizes them."""
    assert takers(file)[owner] * 2 >= len(records(file))


@EVERY
def test_a_stranger_in_the_file_changes_nothing(owner: str, file: Path) -> None:
    own = first_of(owner, file)
    for other, path in FILES:
        if other != owner:
            found = recognize([own, own, first_of(other, path)])
            assert found is not None
            assert found.name == owner, other


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
def test_required_columns_are_among_the_columns(source: Source) -> None:
    assert set(source.header.required) <= set(source.columns)


def test_records_that_two_connectors_take_alike_are_refused_with_both() -> None:
    both = first_of("litellm", sample_files("litellm")[0]) | first_of("litellm_spend", sample_files("litellm_spend")[1])
    alike = [both, both, {"hello": "world"}]
    assert recognize(alike) is None
    assert [(one.source.name, len(one.taken)) for one in candidates(alike)] == [("litellm", 2), ("litellm_spend", 2)]
    found = nearest(alike)
    assert found == Ambiguity(("litellm", "litellm_spend"), 2, 3)
    assert "`--source litellm` or `--source litellm_spend`" in str(found)


def test_file_that_two_formats_fit_alike_is_refused_until_the_user_decides(tmp_path: Path) -> None:
    both = first_of("litellm", sample_files("litellm")[0]) | first_of("litellm_spend", sample_files("litellm_spend")[1])
    with open_ledger(tmp_path) as books:
        refused = books.load_bytes(lines([both]))
        assert (refused.state, refused.rows) == ("unknown_format", 0)
        assert "decide with `--source litellm`" in str(refused.reason)
        assert books.load_bytes(lines([both]), source="litellm").rows == 1


def test_line_of_another_format_is_found_by_either_name_of_its_key(tmp_path: Path) -> None:
    exported = first_of("langfuse_scores", sample_files("langfuse_scores")[0])
    assert "data_type" in exported
    with open_ledger(tmp_path) as books:
        file = books.load_bytes(lines([answer("a"), answer("b"), exported]))
        assert (file.source, file.other_sources, file.rows) == ("litellm", ["langfuse_scores"], 3)


def test_one_record_more_decides() -> None:
    own = first_of("litellm", sample_files("litellm")[0])
    both = own | first_of("litellm_spend", sample_files("litellm_spend")[1])
    found = recognize([both, own])
    assert found is not None
    assert found.name == "litellm"


def test_file_of_two_formats_is_mixed_and_not_ambiguous() -> None:
    mixed = [first_of(name, sample_files(name)[0]) for name in ("litellm", "otlp")]
    assert {one.source.name for one in candidates(mixed)} == {"litellm", "otlp"}
    assert recognize(mixed) is not None


def test_key_may_stand_under_either_name() -> None:
    score = {"dataType": "NUMERIC", "source": "API", "name": "tone", "value": 1, "timestamp": "2026-10-05"}
    exported = {"data_type" if key == "dataType" else key: value for key, value in score.items()}
    assert sources()["langfuse_scores"].missing(score) == sources()["langfuse_scores"].missing(exported) == []
    assert isinstance(nearest([{"source": "API", "name": "tone", "value": 1, "timestamp": "now"}]), Guess)
