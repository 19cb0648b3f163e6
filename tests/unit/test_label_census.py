"""Labels that could name a workflow are found by name; no value of one is ever kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_logs import NOON, Ledger, Record, answer, lines, open_ledger

from readback.label_census import SAMPLED_FILES
from readback.settings import Settings

NAMED_BY_TAG = Settings.model_validate({"workflow": {"from": ["tag:workflow"]}})


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path, NAMED_BY_TAG) as found:
        yield found


def nameless(call: str, **changed: object) -> Record:
    told: Record = {"request_tags": [f"app:claims-{call}", "User-Agent: python-httpx", "free text"]}
    return answer(call, NOON, **told | changed)


def labels(books: Ledger) -> dict[str, tuple[int, int, int]]:
    found = books.rows("select label, record_count, value_count, nameless_count from label_candidates")
    return {label: (records, values, of) for label, records, values, of in found}


def test_labels_of_records_without_a_workflow_are_counted(books: Ledger) -> None:
    books.load_bytes(lines([nameless("a"), nameless("b", model_group="small"), nameless("b2"), answer("named")]))
    found = labels(books)
    assert found["tag:app"] == (3, 3, 3)
    assert found["route"] == (3, 2, 3)
    assert found["key_alias"] == (3, 1, 3)
    assert "tag:workflow" not in found


def test_no_value_is_kept(books: Ledger) -> None:
    books.load_bytes(lines([nameless("a", request_tags=["secret-value-1", "app:secret-value-2", "sk-abc def: x"])]))
    assert "secret-value" not in str(books.rows("from label_candidates"))
    assert set(labels(books)) == {"tag:app", "route", "key_alias", "team"}


def test_where_every_record_has_a_workflow_nothing_is_listed(books: Ledger) -> None:
    books.load_bytes(lines([answer("a"), answer("b")]))
    assert labels(books) == {}


def test_a_hostile_key_is_no_label(books: Ledger) -> None:
    hostile = {
        "x'); drop table files; --": "1",
        "<script>": "2",
        "project": "p",
        'quo"te': "3",
        "user_api_key_alias": "app",
    }
    books.load_bytes(lines([nameless("a", metadata=hostile)]))
    assert {label for label in labels(books) if "drop" in label or "script" in label or '"' in label} == set()


def test_only_some_files_of_a_format_are_looked_at(books: Ledger) -> None:
    for number in range(SAMPLED_FILES + 2):
        books.load_bytes(lines([nameless(f"a{number}")]), f"{number}.jsonl")
    assert books.rows("select count(distinct file_id) from label_candidates") == [(SAMPLED_FILES,)]
