"""The JSON Schema for editors: derived, current, and in agreement with what the loader accepts."""

import json
from pathlib import Path

import jsonschema
import pytest

from readback import shipped
from readback.policy.located import read_documents
from readback.policy.schema import EDITOR_HINT, FILE_NAME, schema, schema_text

from .conftest import GOOD, changed

DOCS = Path(__file__).parents[3] / "docs"


def faults(text: str) -> list[str]:
    """Where the schema refuses a text that is read as editors read it: YAML 1.2, times and days as text."""
    (located,) = read_documents(text.encode(), Path("policy.yaml"))
    return [error.json_path for error in jsonschema.Draft202012Validator(schema()).iter_errors(located.value)]


def test_the_published_schema_is_current() -> None:
    """Renew it with `readback policy schema > docs/policy.schema.json`."""
    assert (DOCS / FILE_NAME).read_text(encoding="utf-8") == schema_text()


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text()))


def test_the_good_document_is_valid() -> None:
    assert faults(GOOD) == []


def test_the_starter_is_valid_and_tells_editors_where_the_schema_is() -> None:
    text = (shipped.starter() / "policy.yaml").read_text(encoding="utf-8")
    assert text.startswith(EDITOR_HINT)
    assert faults(text) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (("boundary: pause", "boundary: stop"), "$.workflow_classes[1].boundary"),
        (("rto: 30m", "rto: 30"), "$.workflow_classes[0].continuity.rto"),
        (("undeclared_workflow: hold", "undeclared: hold"), "$.defaults"),
        (("version: 1", 'version: "1"'), "$.metadata.version"),
        (("expires: 2026-10-01", "expires: soon"), "$.workflow_classes[0].substitutes[0].expires"),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(change: tuple[str, str], path: str) -> None:
    assert any(found.startswith(path) for found in faults(changed(change)))
