"""Nothing that people wrote, and no name of a person, reaches the disk; a full or closed disk is one sentence."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_logs import LOADED_AT, NOON, Ledger, answer, failure, line, lines, open_ledger

from readback import ledger, store
from readback.errors import ProjectError
from readback.inputs import LocalFile
from readback.settings import Project, Settings

CANARY = "canaryPQRS"
DIGITS = "4111222233334444"
SECRET_KEY = f"sk-{CANARY}-abcdef"
MAIL = f"{CANARY}@example.com"


def litellm_records() -> list[dict[str, Any]]:
    """Records with something private wherever LiteLLM may write it."""
    private = {
        "messages": [{"role": "user", "content": f"I am {CANARY}, card {DIGITS}"}],
        "response": {"choices": [{"message": {"content": CANARY}}]},
        "end_user": CANARY,
        "requester_ip_address": CANARY,
        "metadata": {
            "user_api_key_alias": "app",
            "user_api_key_hash": CANARY,
            "user_api_key_user_id": CANARY,
            "user_api_key_user_email": MAIL,
            "requester_metadata": {"headers": {"authorization": f"Bearer {CANARY}"}, CANARY: 1},
            "requester_custom_headers": {"x-patient": CANARY},
        },
        CANARY: DIGITS,
    }
    message = f"Incorrect API key provided: {SECRET_KEY}. Authorization: Bearer {CANARY}. Write to {MAIL}."
    error = {"error_code": "401", "error_class": "AuthenticationError", "error_message": message, "traceback": CANARY}
    return [
        answer("a") | private,
        failure("b", NOON + 1) | private | {"error_str": message, "error_information": error},
    ]


def otlp_line() -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.prompt": f"I am {CANARY}",
        "gen_ai.input.messages": json.dumps([{"content": CANARY}]),
        "gen_ai.prompt.0.content": CANARY,
        "llm.input_messages.0.message.content": CANARY,
        "input.value": CANARY,
        "enduser.id": CANARY,
        "user.id": CANARY,
        "http.request.header.authorization": f"Bearer {CANARY}",
    }
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": str(int(NOON) * 10**9),
        "endTimeUnixNano": str(int(NOON + 1) * 10**9),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
        "events": [
            {"name": "gen_ai.user.message", "attributes": [{"key": "content", "value": {"stringValue": CANARY}}]}
        ],
        "status": {"code": 2, "message": f"key {SECRET_KEY} of {MAIL}"},
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "app"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}


def broken(record: dict[str, Any]) -> list[bytes]:
    """The same record broken in the ways that bad lines are."""
    whole = line(record)
    return [
        whole[: whole.index(CANARY.encode()) + 30],
        whole[whole.index(CANARY.encode()) - 5 :],
        whole + whole,
        whole.replace(b'"status"', b'"status', 1),
        whole.replace(CANARY.encode(), CANARY.encode() + b"\xff"),
        whole.replace(b'"startTime"', b'"start"').replace(b'"resourceSpans"', b'"spans"'),
        b'{"' + CANARY.encode() + b'": "' + DIGITS.encode() + b'", "id": ' + CANARY.encode(),
        CANARY.encode(),
    ]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", Settings())


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as found:
        yield found


@pytest.mark.parametrize("name", ["litellm", "otlp"])
def test_nothing_private_reaches_the_disk(tmp_path: Path, project: Project, name: str) -> None:
    records = litellm_records() if name == "litellm" else [otlp_line()]
    log, packed, listed = tmp_path / "log", tmp_path / "log.gz", tmp_path / "list.json"
    bad = [part for record in records for part in broken(record)]
    log.write_bytes(lines(records) + b"\n".join(bad))
    packed.write_bytes(gzip.compress(lines(records) + b"\n\n" + b"\n".join(bad))[:-20])
    listed.write_bytes(json.dumps([*records, {CANARY: DIGITS}]).encode())
    with store.warehouse(project) as con:
        ledger.create_tables(con)
        loaded = ledger.load(
            con, project, [LocalFile(str(file), name) for file in (log, packed, listed)], LOADED_AT
        ).new
        assert sum(entry.row_lines for entry in loaded) == len(records)
        assert sum(entry.quarantined_lines for entry in loaded) >= 2 * len(bad) - 2
    kept = {file.name: file.read_bytes() for file in project.state.rglob("*") if file.is_file()}
    assert any(name.endswith(".parquet") for name in kept)
    for name, content in kept.items():
        assert CANARY.encode() not in content, name
        assert DIGITS.encode() not in content, name
    told = read_everything(project)
    assert (CANARY in told, DIGITS in told) == (False, False)


def read_everything(project: Project) -> str:
    """Every value of every table and part, unpacked."""
    with store.warehouse(project) as con:
        tables = con.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        values = [con.execute(f"select * from {table}").fetchall() for (table,) in tables]
        parts = [con.execute(f"select * from read_parquet('{part}')").fetchall() for part in project.lake.glob("*")]
    return repr(values) + repr(parts)


def test_error_message_is_kept_without_its_secrets(books: Ledger) -> None:
    books.load_bytes(lines(litellm_records()))
    ((message,),) = books.rows("select error_message from attempts where error_message is not null")
    assert message == "Incorrect API key provided: <key>. Authorization: <secret> Write to <e-mail>."


def test_key_of_the_hashes_differs_between_projects(tmp_path: Path) -> None:
    hashes = set()
    for name in ("one", "two"):
        with open_ledger(tmp_path / name) as books:
            (tmp_path / name).mkdir()
            books.load_bytes(lines([answer("a", end_user="jane")]))
            hashes |= set(books.rows("select user_hash from attempts"))
    assert len(hashes) == 2


def test_stage_left_by_a_killed_run_is_swept(books: Ledger) -> None:
    books.project.lake.mkdir(parents=True)
    (books.project.lake / "half.stage").write_bytes(b"prompts")
    books.load_bytes(lines([answer("a")]))
    assert [file.suffix for file in books.project.lake.iterdir()] == [".parquet"]


def test_project_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "project").write_text("a file where the folder should be", encoding="utf-8")
    with (
        pytest.raises(ProjectError, match=r"\.readback: cannot be made: Not a directory"),
        store.warehouse(Project(tmp_path / "project", Settings())),
    ):
        pass


def test_full_disk_loses_nothing_and_the_next_run_goes_on(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException('IO Error: Could not write file "x": No space left on device')

    with monkeypatch.context() as disk:
        disk.setattr("readback.landing._copy", full)
        with pytest.raises(duckdb.IOException, match="No space left"):
            books.load_bytes(lines([answer("a")]))
    assert books.rows("select count(*) from files") == [(0,)]
    assert books.load_bytes(lines([answer("a")])).row_lines == 1


def test_failure_between_part_and_ledger_loses_nothing(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as death:
        death.setattr("readback.ledger._quarantine", killed)
        with pytest.raises(KeyboardInterrupt):
            books.load_bytes(lines([answer("a")]))
    for table in ("files", "ledger.parts", "ledger.dirty_days"):
        assert books.rows(f"select count(*) from {table}") == [(0,)]
    assert books.load_bytes(lines([answer("a")])).row_lines == 1
    assert books.calls() == ["a"]
