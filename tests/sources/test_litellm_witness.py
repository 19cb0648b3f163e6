"""The witness's sample, request by request; and what the file that is handed over may and may not do."""

import ast
import re
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from small_logs import open_ledger
from source_samples import sample_files

from readback import integrate, store
from readback.sources import reporting

Row = dict[str, Any]


@cache
def requests() -> dict[int, Row]:
    """The requests of the sample, by the number in their call id."""
    with TemporaryDirectory() as root, open_ledger(Path(root)) as books:
        books.load(*sample_files("litellm_witness"))
        books.build()
        relation = books.con.sql("select * from requests")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return {int(row["request_id"].rpartition("-")[2]): row for row in rows}


@pytest.mark.parametrize(
    ("number", "served", "retries", "hops", "cause", "detection"),
    [
        (1, "gpt-4o", 0, 0, None, None),
        (2, "gpt-4o", 1, 0, "provider_outage", None),
        (3, "gpt-4o-mini", 1, 1, "provider_outage", "attempt_chain"),
        (4, "claude-3-5-haiku", 1, 2, "provider_outage", "attempt_chain"),
        (5, "gpt-4o-mini", 0, 1, "provider_outage", "preemptive"),
        (6, "claude-3-5-haiku", 0, 2, "provider_outage", "attempt_chain"),
        (7, None, 0, 2, "provider_throttled", "attempt_chain"),
        (8, "gpt-4o", 0, 0, None, None),
        (12, "claude-3-5-haiku", 0, 2, "cost_ceiling", "attempt_chain"),
        (13, "claude-3-5-haiku", 0, 1, "content_policy", "attempt_chain"),
        (14, "claude-3-5-haiku", 0, 1, "admin_disabled", "attempt_chain"),
        (15, None, 0, 0, "unknown", None),
    ],
)
def test_request_is_complete(
    number: int, served: str | None, retries: int, hops: int, cause: str | None, detection: str | None
) -> None:
    row = requests()[number]
    assert (row["served_model"], row["retry_count"], row["fallback_count"]) == (served, retries, hops)
    assert (row["is_fallback"], row["first_cause"], row["detection"]) == (hops > 0, cause, detection)


def test_answer_that_broke_off_cache_hit_and_client_that_left_are_told() -> None:
    assert [number for number, row in sorted(requests().items()) if row["is_partial"]] == [9]
    assert [number for number, row in sorted(requests().items()) if row["is_cache_hit"]] == [10]
    assert (requests()[11]["served_model"], requests()[11]["is_fallback"]) == ("gpt-4o", False)


def test_every_request_can_say_whether_it_fell_back() -> None:
    assert {row["not_derivable_reason"] for row in requests().values()} == {None}
    assert "litellm_witness" in reporting("complete")
    assert "litellm" not in reporting("complete")


def handed_over() -> ast.Module:
    return ast.parse(integrate.text("litellm"), feature_version=(3, 9))


def test_file_needs_litellm_and_the_standard_library_only() -> None:
    tree = handed_over()
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) == {"litellm"}


def test_file_knows_every_phrase_by_which_a_cause_is_named() -> None:
    """The witness writes known phrases and no text; a phrase that the rules learn, it must learn too."""
    (told,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(handed_over())
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PHRASES"
    )
    patterns = re.findall(r"regexp_matches\(message,\s*'([^']+)'\)", store.model("continuity/attempts"))
    asked = {phrase for pattern in patterns for phrase in expanded(pattern) if not phrase.startswith("^")}
    assert len(asked) > 30
    assert asked - set(told) == set()


def expanded(pattern: str) -> list[str]:
    """The phrases of an alternation; `connection (error|reset)` is two."""
    branches = re.split(r"\|(?![^(]*\))", pattern)
    inner = [re.fullmatch(r"(.*)\((.+)\)(.*)", branch) for branch in branches]
    return [
        phrase
        for branch, found in zip(branches, inner, strict=True)
        for phrase in ([f"{found[1]}{word}{found[3]}" for word in found[2].split("|")] if found else [branch])
    ]
