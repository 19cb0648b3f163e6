"""No value in a log may stop its file: every member of a record is replaced by hostile ones, and the lines balance."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from source_samples import landed, sample_files

from readback.feed import open_plain
from readback.sources import sources

PROVIDERS = (
    "anthropic_compliance", "anthropic_messages", "aws_health", "azure_health", "azure_openai",
    "azure_openai_analytics", "bedrock_cloudtrail",
    "copilot_studio", "gcp_audit", "gcp_model_policy", "google_cloud_status", "openai_api", "openai_audit",
    "openai_batch", "openai_model_permissions", "purview_admin", "vertex_ai",
)  # fmt: skip
HOSTILE: tuple[Any, ...] = (
    None, "", "none", "NaN", "-inf", "1e300", 1e300, -(2**63), 2**63 - 1, 0.5, True, [], {}, [None],
    "9999-12-31T23:59:59Z", "-4000-01-01", "'; drop table attempts; --", "\u0000\ud7ff\U0001f600", "a" * 5000,
)  # fmt: skip


def records(name: str) -> Iterator[Any]:
    """The well-formed records of a connector's samples."""
    for file in sample_files(name):
        with open_plain(file) as stream:
            content = stream.read().decode()
        try:
            whole = json.loads(content)
            yield from whole if isinstance(whole, list) else [whole]
        except json.JSONDecodeError:
            for line in content.splitlines():
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    continue


def mutants(value: Any, evil: Any) -> Iterator[Any]:
    """The value with one of its members after the other replaced, and everything in it."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield value | {key: evil}
            yield from (value | {key: mutant} for mutant in mutants(member, evil))
    elif isinstance(value, list) and value:
        yield from ([mutant, *value[1:]] for mutant in mutants(value[0], evil))


@pytest.mark.parametrize("name", PROVIDERS)
def test_hostile_value_costs_its_own_line_at_most(name: str, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    kept = list(records(name))[:10]
    lines = [json.dumps(mutant) for record in kept for evil in HOSTILE for mutant in mutants(record, evil)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result, rows = landed(sources()[name], file)
    assert result.lines == result.records == len(lines)
    assert result.rows == len(rows) > 0
