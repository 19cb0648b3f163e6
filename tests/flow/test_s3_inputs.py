"""Logs in a bucket of a real S3 server, over HTTP: the same figures as from files, and every refusal in a sentence."""

import gc
import gzip
import re
import shutil
import threading
import weakref
from collections.abc import Iterator
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import fsspec
import pytest
from moto.server import ThreadedMotoServer
from small_logs import NOON, answer, fallback, lines
from typer.testing import CliRunner

from readback import inputs, shipped, store
from readback.cli import app
from readback.definitions import input_fingerprint, run_in_process
from readback.pipeline import RunSummary
from readback.settings import SETTINGS_FILE, open_project

LOADED_AT = datetime(2026, 11, 2, tzinfo=UTC)
SAMPLES = [f"{name}/{file}" for name, file in (("litellm", "litellm.jsonl"), ("otlp", "otlp.jsonl"))]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a server that speaks S3."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of the server with an empty bucket `logs-bucket`; the environment gives every other client the same."""
    environment = {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "readback-test",
        "AWS_SECRET_ACCESS_KEY": "canary-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="logs-bucket")
    yield client
    for listed in client.list_objects_v2(Bucket="logs-bucket").get("Contents", []):
        client.delete_object(Bucket="logs-bucket", Key=listed["Key"])
    client.delete_bucket(Bucket="logs-bucket")
    client.close()


def make_project(root: Path, *inputs: str) -> Path:
    root.mkdir(exist_ok=True)
    text = "".join(f'[[inputs]]\npath = "{path}"\n' for path in inputs)
    (root / SETTINGS_FILE).write_text(text, encoding="utf-8")
    return root


def run(root: Path, minute: int = 0) -> RunSummary:
    return run_in_process(open_project(root), loaded_at=LOADED_AT + timedelta(minutes=minute))


def rows(root: Path, sql: str) -> list[tuple[Any, ...]]:
    with store.reader(open_project(root)) as con:
        return con.execute(sql).fetchall()


def put(s3: Any, key: str, content: bytes) -> None:
    s3.put_object(Bucket="logs-bucket", Key=key, Body=content)


def test_bucket_gives_the_rows_of_the_same_files(s3: Any, tmp_path: Path) -> None:
    (tmp_path / "files" / "logs").mkdir(parents=True)
    for sample in SAMPLES:
        content = (shipped.samples() / sample).read_bytes()
        put(s3, f"prefix/2026/{sample}.gz", gzip.compress(content))
        shutil.copy(shipped.samples() / sample, tmp_path / "files" / "logs")
    run(make_project(tmp_path / "bucket", "s3://logs-bucket/prefix/**/*.jsonl.gz"))
    run(make_project(tmp_path / "files", "logs"))
    for table, left_out in (("requests", ""), ("fallback_events", ""), ("attempts", "file_id, user_hash")):
        columns = f"* exclude ({left_out})" if left_out else "*"
        found = rows(tmp_path / "bucket", f"select {columns} from {table} order by all")
        assert found == rows(tmp_path / "files", f"select {columns} from {table} order by all")
        assert found
    shown = rows(tmp_path / "bucket", "select path from files order by path")
    assert shown == [(f"s3://logs-bucket/prefix/2026/{sample}.gz",) for sample in SAMPLES]
    assert list((tmp_path / "bucket" / ".readback" / "scratch").iterdir()) == []


def test_second_run_fetches_what_is_new_and_what_grew(s3: Any, tmp_path: Path) -> None:
    root = make_project(tmp_path, "s3://logs-bucket/")
    put(s3, "a.jsonl", lines([answer("a")]))
    put(s3, "b.jsonl", lines([answer("b", NOON + 1)]))
    assert run(root).lines_read == 2
    fingerprint = input_fingerprint(open_project(root))
    assert run(root, 1).files_read == 0
    assert input_fingerprint(open_project(root)) == fingerprint
    put(s3, "b.jsonl", lines([answer("b", NOON + 1), *fallback("c", NOON + 2)]))
    put(s3, "d.jsonl", lines([answer("d", NOON + 9)]))
    assert input_fingerprint(open_project(root)) != fingerprint
    grown = run(root, 2)
    assert (grown.files_read, grown.lines_read) == (2, 3)
    assert rows(root, "select count(*), count(*) filter (is_fallback) from requests") == [(4, 1)]


def test_one_bucket_that_fails_costs_no_other_input(s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(s3, "a.jsonl", lines([answer("a")]))
    (tmp_path / "here.jsonl").write_bytes(lines([answer("h", NOON + 1)]))
    root = make_project(tmp_path, "s3://no-such-bucket/x/*.jsonl", "s3://logs-bucket/*.jsonl", "here.jsonl")
    summary = run(root)
    assert (summary.files_read, summary.files_refused) == (2, 1)
    assert rows(root, "select path, reason from files where state = 'failed'") == [
        ("s3://no-such-bucket/x/*.jsonl", "is not there: The specified bucket does not exist")
    ]
    s3.create_bucket(Bucket="no-such-bucket")
    assert run(root, 1).files_refused == 0
    assert rows(root, "select count(*) from files where state = 'failed'") == [(0,)]
    s3.delete_bucket(Bucket="no-such-bucket")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "cannot be listed: Could not connect to the endpoint URL"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "cannot be listed: Unable to locate credentials"),
    ],
)
def test_store_out_of_reach_is_one_sentence(
    s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], reason: str
) -> None:
    root = make_project(tmp_path, "s3://logs-bucket/*.jsonl", "here.jsonl")
    (tmp_path / "here.jsonl").write_bytes(lines([answer("h")]))
    with monkeypatch.context() as patch:
        for name, value in changed.items():
            patch.setenv(name, value) if value is not None else patch.delenv(name)
        fsspec.get_filesystem_class("s3").clear_instance_cache()
        summary = run(root)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    assert (summary.files_read, summary.files_refused) == (1, 1)
    ((told,),) = rows(root, "select reason from files where state = 'failed'")
    assert told.startswith(reason)
    assert "\n" not in told
    assert "canary-secret" not in told


def test_load_reads_a_url_and_says_what_became_of_it(s3: Any, tmp_path: Path) -> None:
    put(s3, "x/a.jsonl", lines([answer("a"), answer("b", NOON + 1)]))
    root = make_project(tmp_path, "logs")
    command = ["load", "s3://logs-bucket/x/", "--project", str(root)]
    first, second = (CliRunner().invoke(app, command) for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert re.search(r"a\.jsonl\s.*litellm.*\s2\b", first.output), first.output
    assert "1 of 1 files were known already" in second.output


def test_load_of_a_bucket_that_is_not_there_is_refused_at_once(s3: Any, tmp_path: Path) -> None:
    root = make_project(tmp_path, "logs")
    result = CliRunner().invoke(app, ["load", "s3://no-such-bucket/x/", "--project", str(root)])
    assert str(result.exception) == "s3://no-such-bucket/x/: is not there: The specified bucket does not exist"


def test_thread_of_the_library_keeps_nothing_of_ours(s3: Any, tmp_path: Path) -> None:
    put(s3, "a.jsonl", lines([answer("a")]))
    place = inputs.place(open_project(make_project(tmp_path)), "s3://logs-bucket/", None)
    held: ContextVar[Any] = ContextVar("held")
    value = threading.Event()
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    kept = weakref.ref(value)

    def ask(value: Any) -> None:
        held.set(value)
        with next(iter(place.logs(store.memory(), LOADED_AT))).opened() as copy:
            assert copy.stat().st_size > 0

    copy_context().run(ask, value)
    del value
    gc.collect()
    assert kept() is None
