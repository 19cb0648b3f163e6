"""Loading: what is understood, and where an error says it stands."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from readback.errors import PolicyError
from readback.policy.loading import digest, load_policies, read_policies

from .conftest import FILE, GOOD, Build, changed, policies_of

BOMB = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)


def failure(text: str | bytes) -> PolicyError:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(PolicyError) as caught:
        read_policies(content, FILE)
    return caught.value


def test_absent_file_holds_no_policy(tmp_path: Path) -> None:
    assert load_policies(tmp_path / "policy.yaml") == ()


def test_empty_documents_hold_no_policy() -> None:
    assert read_policies(b"# nothing yet\n---\n---\n", FILE) == ()


def test_one_file_holds_several_versions(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(GOOD + "---\n" + changed(("version: 1", "version: 2")), encoding="utf-8")
    assert [policy.label for policy in load_policies(file)] == ["claims@1", "claims@2"]


def test_durations_become_seconds_and_times_utc(build: Build) -> None:
    (policy,) = build(("2026-04-01T00:00:00Z", "2026-04-01T02:00:00+02:00"))
    assert policy.classes[0].substitutes[0].max_duration == 8 * 3600
    assert policy.metadata.effective_from == datetime(2026, 4, 1, tzinfo=UTC)


def test_a_bare_date_is_its_first_instant(build: Build) -> None:
    assert build()[0].classes[0].substitutes[0].expires == datetime(2026, 10, 1, tzinfo=UTC)


def test_the_key_on_is_a_word_and_no_truth_value(build: Build) -> None:
    retries = build()[0].classes[0].retries
    assert retries is not None
    assert retries.on == ("throttled",)


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "told"),
    [
        ("boundary: degrade", "boundry: degrade", 29, "workflow_classes[0].boundry", "did you mean `boundary`?"),
        ("boundary: degrade", "boundary: degrad", 29, "workflow_classes[0].boundary", "did you mean `degrade`?"),
        ("status: active", "status: on", 6, "metadata.status", "expected one of active, draft, retired"),
        ("  version: 1\n", "", 3, "metadata.version", "is required"),
        ("version: 1", "version: one", 5, "metadata.version", "found 'one'"),
        ("cadence: 90d", "cadence: 3 months", 13, "metadata.review.cadence", "duration such as"),
        ("2026-04-01T00:00:00Z", "2026-04-01T00:00:00", 10, "metadata.effective_from", "offset"),
        ("max_duration: 8h", "max_duration: 8", 33, "workflow_classes[0].substitutes[0].max_duration", "found 8"),
        ("below: 0.6", "below: .nan", 38, "workflow_classes[0].triggers[2].when.below", "expected a number"),
        ("{id: queue, kind: hold, max_wait: 4h,", "{id: queue, kind: hold,", 22, "lanes[1]", "max_wait"),
        ("{id: outage,", "{id: throttled,", 35, "workflow_classes[0].triggers", "'throttled' is declared twice"),
        ("id: prov-b/large-2,", "id: claims-main,", 17, "models", "'claims-main' is declared twice"),
        ("id: payment", "id: letter", 23, "workflow_classes", "class 'letter' is declared twice"),
        ('"guardrail:pii"', '"pii"', 41, "workflow_classes[0].stop_conditions[0].requires", "guardrail|tool"),
        ("readback.dev/v1", "readback.dev/v9", 1, "apiVersion", "did you mean `readback.dev/v1`?"),
        ("preferred: [claims-main]", "preferred: claims-main", 28, "workflow_classes[0].preferred", "a list"),
    ],
)
def test_schema_errors_name_line_and_key(old: str, new: str, line: int, key: str, told: str) -> None:
    error = failure(changed((old, new)))
    assert (error.line, error.key) == (line, key)
    assert told in error.message
    assert "\n" not in str(error)


def test_lines_count_from_the_top_of_the_file_in_every_document() -> None:
    error = failure(GOOD + "---\n" + changed(("version: 1", "version: 0")))
    assert error.line == len(GOOD.splitlines()) + 1 + 5


def test_an_unknown_key_explains_a_missing_one() -> None:
    error = failure(changed(("  version: 1", "  verzion: 1")))
    assert error.key == "metadata.verzion"
    assert "and 1 more" in error.message


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (changed(("version: 1", "version: 1\n  version: 2")), 6, "`version` is written twice"),
        ("a: [1\nb: 2", 2, "not valid YAML"),
        ("a: !!python/object/apply:os.system [id]", 1, "tag"),
        ("a: !!int x", 1, "type int"),
        ("? [1]\n: 2", 1, "as a key"),
        (BOMB, None, "aliases"),
        ("a: &a [*a]", 1, "nested"),
        ("a: " + "[" * 5000, None, "nested"),
        (b"\xff\xfe\x00", None, "not readable text"),
        ("- 1", 1, "mapping"),
        ("a: *nowhere", 1, "undefined alias"),
    ],
)
def test_what_is_no_plain_yaml_is_one_sentence(text: str | bytes, line: int | None, told: str) -> None:
    error = failure(text)
    assert told in error.message
    assert line is None or error.line == line
    assert "\n" not in str(error)


def test_digest_ignores_layout_comments_and_its_own_mention() -> None:
    written = changed(("metadata:\n", 'metadata:   # who\n  source: {kind: native, digest: "sha256:x"}\n'))
    bare = changed(("metadata:\n", "metadata:\n  source: {kind: native}\n"))
    assert policies_of(written)[0].digest == policies_of(bare)[0].digest


def test_digest_is_that_of_the_sorted_json() -> None:
    canonical = b'{"b":[1,"x"],"metadata":{"policy_id":"p","version":1}}'
    document = {"metadata": {"version": 1, "status": "active", "policy_id": "p"}, "b": [1, "x"]}
    assert digest(document) == "sha256:" + hashlib.sha256(canonical).hexdigest()


def test_a_changed_rule_changes_the_digest() -> None:
    edited = changed(("max_duration: 8h", "max_duration: 9h"))
    assert policies_of(edited)[0].digest != policies_of(GOOD)[0].digest


def test_closing_a_version_does_not_edit_it() -> None:
    closed = changed(("effective_to: 2026-09-01T00:00:00Z", "effective_to: 2026-08-01T00:00:00Z"))
    assert policies_of(closed)[0].digest == policies_of(GOOD)[0].digest
