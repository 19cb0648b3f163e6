"""The JSON Schema of the policy document, for editors: derived from the model that reads it, kept nowhere by hand."""

import json
from typing import Any

from readback.policy.document import Document

FILE_NAME = "policy.schema.json"
"""Name of the published schema, in `docs/` and beside a project's policy."""

EDITOR_HINT = f"# yaml-language-server: $schema={FILE_NAME}\n"
"""First line of a policy file: editors with a YAML language server check it while it is written."""


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one document."""
    derived = Document.model_json_schema(by_alias=True)
    title = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "readback fallback policy"}
    return title | {key: value for key, value in derived.items() if key != "title"}


def schema_text() -> str:
    """The schema as it is published: one canonical spelling."""
    return json.dumps(schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
