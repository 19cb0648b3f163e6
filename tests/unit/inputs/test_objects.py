"""Objects of a store are read as files are: fetched when new, left alone when untouched, refused when they fail."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fsspec
import pytest
from small_logs import LOADED_AT, NOON, Ledger, answer, lines, open_ledger

from readback import inputs, ledger
from readback.contracts import LedgerFile
from readback.errors import SettingsError
from readback.inputs import objects
from readback.settings import Input, Settings

A, B, C = answer("a"), answer("b", NOON + 1), answer("c", NOON + 2)


class Bucket:
    """A bucket in memory, and the ledger that reads it."""

    def __init__(self, books: Ledger) -> None:
        self.books = books
        self.files: Any = fsspec.filesystem("memory")
        self.name = f"b-{uuid.uuid4().hex}"

    def put(self, key: str, content: bytes) -> None:
        self.files.pipe_file(f"{self.name}/{key}", content)

    def read(self, *patterns: str) -> list[LedgerFile]:
        """What became of the new ones."""
        given = tuple(Input(path=f"memory://{self.name}/{pattern}") for pattern in patterns)
        project = replace(self.books.project, settings=Settings(inputs=given))
        logs = inputs.named_logs(self.books.con, project, {}, LOADED_AT)
        return ledger.load(self.books.con, project, logs, LOADED_AT).new

    def paths(self) -> list[str]:
        """What the ledger shows of them, without the bucket."""
        found = self.books.rows("select path from files order by path")
        return [path.removeprefix(f"memory://{self.name}/") for (path,) in found]


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    monkeypatch.setitem(objects.PACKAGES, "memory", "fsspec")
    with open_ledger(tmp_path) as books:
        yield Bucket(books)
        assert ledger.imbalance(books.con) == []
        assert not books.project.scratch.exists() or list(books.project.scratch.iterdir()) == []


@pytest.fixture
def fetched(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keys of the objects that were fetched."""
    told: list[str] = []
    get_file: Callable[..., None] = type(bucket.files).get_file

    def noted(files: Any, key: str, *rest: Any, **named: Any) -> None:
        told.append(key.removeprefix(f"{bucket.name}/"))
        get_file(files, key, *rest, **named)

    monkeypatch.setattr(type(bucket.files), "get_file", noted)
    return told


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("logs/a.jsonl", ["logs/a.jsonl"]),
        ("logs", ["logs/2026/c.jsonl.gz", "logs/a.jsonl", "logs/b.txt"]),
        ("logs/", ["logs/2026/c.jsonl.gz", "logs/a.jsonl", "logs/b.txt"]),
        ("logs/*.jsonl", ["logs/a.jsonl"]),
        ("logs/**/*.jsonl*", ["logs/2026/c.jsonl.gz", "logs/a.jsonl"]),
        ("**/[ab].*", ["logs/a.jsonl", "logs/b.txt", "logs2/a.jsonl"]),
        ("log*/a.jsonl", ["logs/a.jsonl", "logs2/a.jsonl"]),
        ("", ["logs/2026/c.jsonl.gz", "logs/a.jsonl", "logs/b.txt", "logs2/a.jsonl"]),
        ("nothing/**", []),
    ],
)
def test_pattern_names_objects_as_a_path_names_files(bucket: Bucket, pattern: str, expected: list[str]) -> None:
    for number, key in enumerate(
        ["logs/a.jsonl", "logs/b.txt", "logs/2026/c.jsonl.gz", "logs/.d/e.jsonl", "logs/.f.jsonl", "logs2/a.jsonl"]
    ):
        bucket.put(key, lines([answer(f"n{number}")]))
    bucket.read(pattern)
    assert bucket.paths() == expected


def test_untouched_object_is_not_fetched_again(bucket: Bucket, fetched: list[str]) -> None:
    bucket.put("a.jsonl", lines([A]))
    bucket.read("*")
    bucket.put("b.jsonl", lines([B]))
    bucket.read("*")
    assert fetched == ["a.jsonl", "b.jsonl"]
    assert bucket.books.calls() == ["a", "b"]


def test_object_written_again_with_the_same_content_changes_nothing(bucket: Bucket, fetched: list[str]) -> None:
    bucket.put("a.jsonl", lines([A]))
    bucket.read("*")
    bucket.put("a.jsonl", lines([A]))
    assert bucket.read("*") == []
    assert bucket.read("*") == []
    assert fetched == ["a.jsonl", "a.jsonl"]


def test_grown_object_gives_its_new_lines_only(bucket: Bucket) -> None:
    bucket.put("a.jsonl", lines([A]))
    (first,) = bucket.read("*")
    bucket.put("a.jsonl", lines([A, B]))
    (grown,) = bucket.read("*")
    assert (grown.continues_file_id, grown.skipped_lines, grown.row_lines) == (first.file_id, 1, 1)


def test_object_that_two_inputs_name_is_read_once(bucket: Bucket, fetched: list[str]) -> None:
    bucket.put("a.jsonl", lines([A]))
    bucket.read("*.jsonl", "a.jsonl", "")
    assert fetched == ["a.jsonl"]


def test_object_that_vanished_stops_no_other(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.put("a.jsonl", lines([A]))
    bucket.put("b.jsonl", lines([B]))
    listed = type(bucket.files).find

    def find(files: Any, *rest: Any, **named: Any) -> Any:
        found = listed(files, *rest, **named)
        files.rm_file(f"/{bucket.name}/a.jsonl")
        return found

    monkeypatch.setattr(type(bucket.files), "find", find)
    gone, there = bucket.read("*")
    assert (gone.state, gone.reason, there.state) == ("failed", f"is not there: /{bucket.name}/a.jsonl", "loaded")
    assert bucket.books.calls() == ["b"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError("Access Denied"), "may not be fetched with the credentials of the environment: Access Denied"),
        (RuntimeError("no route\nto host"), "cannot be fetched: no route to host"),
        (RuntimeError(), "cannot be fetched: RuntimeError"),
        (OSError(113, "No route to host"), "cannot be fetched: [Errno 113] No route to host"),
        (RuntimeError("refused jane@example.com"), "cannot be fetched: refused"),
    ],
)
def test_object_that_is_not_given_is_refused_and_tried_again(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    bucket.put("a.jsonl", lines([A]))
    with monkeypatch.context() as patch:
        patch.setattr(type(bucket.files), "get_file", _raising(error))
        (refused,) = bucket.read("*")
    assert (refused.state, (refused.reason or "")[: len(reason)]) == ("failed", reason)
    assert "jane" not in (refused.reason or "")
    bucket.read("*")
    assert bucket.books.rows("select state, count(*) from files group by all") == [("loaded", 1)]


def test_store_that_cannot_be_listed_is_one_refused_file_until_it_answers(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a.jsonl", lines([A]))
    with monkeypatch.context() as patch:
        patch.setattr(type(bucket.files), "find", _raising(FileNotFoundError("no such bucket")))
        (refused,) = bucket.read("x/*")
    assert (refused.path, refused.reason) == (f"memory://{bucket.name}/x/*", "is not there: no such bucket")
    bucket.read("x/*")
    assert bucket.paths() == []


def test_bucket_that_is_not_there_is_no_empty_bucket(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "_SILENT", {"memory"})
    (refused,) = bucket.read("x/*")
    assert (refused.state, refused.reason) == ("failed", f"is not there: {bucket.name}")
    bucket.put("y/a.jsonl", lines([A]))
    assert bucket.read("x/*") == []
    assert bucket.paths() == []


def test_copy_that_ends_early_is_refused_and_not_taken_for_whole(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("a.jsonl", lines([A, B]))
    with monkeypatch.context() as patch:
        patch.setattr(type(bucket.files), "get_file", lambda files, key, to: Path(to).write_bytes(lines([A])))
        (refused,) = bucket.read("*")
    assert (refused.reason or "").startswith(f"came as {len(lines([A])):,} of {len(lines([A, B])):,} bytes")
    bucket.read("*")
    assert bucket.books.calls() == ["a", "b"]


def test_full_disk_stops_the_run(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.put("a.jsonl", lines([A]))
    monkeypatch.setattr(type(bucket.files), "get_file", _raising(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        bucket.read("*")


def test_copy_that_a_killed_run_left_is_removed(bucket: Bucket) -> None:
    bucket.books.project.scratch.mkdir(parents=True)
    (bucket.books.project.scratch / "left.object").write_bytes(lines([A]))
    assert bucket.read("*") == []


def test_copy_is_nobody_elses_to_read(bucket: Bucket) -> None:
    bucket.put("a.jsonl", lines([A]))
    bucket.read("*")
    assert bucket.books.project.scratch.stat().st_mode & 0o077 == 0


def test_fingerprint_changes_with_an_object_and_only_then(bucket: Bucket) -> None:
    place = inputs.place(bucket.books.project, f"memory://{bucket.name}/*.jsonl", None)
    told = [inputs.fingerprint([place], LOADED_AT)]
    for key in ("a.txt", "a.jsonl"):
        bucket.put(key, lines([A]))
        told.append(inputs.fingerprint([place], LOADED_AT))
    told.append(inputs.fingerprint([place], LOADED_AT))
    assert told[0] == told[1] != told[2] == told[3]


def test_fingerprint_of_a_store_that_does_not_answer_is_no_error(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = inputs.place(bucket.books.project, f"memory://{bucket.name}/*", None)
    monkeypatch.setattr(type(bucket.files), "find", _raising(RuntimeError("down")))
    assert inputs.fingerprint([place], LOADED_AT) == inputs.fingerprint([place], LOADED_AT)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://host/logs", "unknown scheme 'ftp://'; expected a path or one of s3://, gs://, az://"),
        ("s3://", "expected a bucket after s3://, found ''"),
        ("s3://*/logs", "expected a bucket after s3://, found '*'"),
        ("s3://AKIA1:secret@bucket/logs", "credentials in a URL are refused"),
        ("gs://bucket/logs", "gs:// needs the package gcsfs; install readback-continuity[gs]"),
    ],
)
def test_url_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, sentence: str
) -> None:
    monkeypatch.setattr(objects, "find_spec", lambda name: None if name == "gcsfs" else object())
    with pytest.raises(SettingsError) as caught:
        objects.bucket(url, None, tmp_path, "inputs.0.path", tmp_path / "readback.toml")
    assert str(caught.value).startswith(f"{tmp_path}/readback.toml: inputs.0.path: {sentence}")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"size": 3, "ETag": '"x"', "LastModified": "2026-10-01T00:00:00+00:00"}, (3, None, '"x"')),
        ({"size": 3, "etag": "x"}, (3, None, "x")),
        ({"size": 3, "updated": "1970-01-01T00:00:01.5Z"}, (3, 1_500_000_000, None)),
        ({"size": 3, "created": 1.5}, (3, 1_500_000_000, None)),
        ({"size": 3}, (3, None, None)),
    ],
)
def test_stamp_prefers_what_is_of_the_content(
    facts: dict[str, Any], expected: tuple[int, int | None, str | None]
) -> None:
    stamp = objects.stamp_of(facts)
    assert (stamp.size, stamp.modified_ns, stamp.etag) == expected


def _raising(error: Exception) -> Callable[..., None]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail
