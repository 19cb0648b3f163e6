"""`docs/policy.md` tells of every validation, reason, gateway and command, and its document is a good one."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from readback.cli import policy as commands
from readback.contracts.vocabulary import VerdictReason
from readback.policy.document import Document, When
from readback.policy.gateways import GATEWAYS
from readback.policy.loading import read_policies
from readback.policy.validation import CATALOGUE, validate

MANUAL = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")


def test_every_validation_stands_in_the_manual() -> None:
    assert re.findall(r"^\| (P\d{3}) \|", MANUAL, re.MULTILINE) == [each.code for each in CATALOGUE]


def test_every_reason_stands_in_the_manual() -> None:
    assert {reason.value for reason in VerdictReason} <= set(re.findall(r"`([a-z_]+)`", MANUAL))


def test_every_gateway_stands_in_the_manual() -> None:
    listed = re.findall(r"^\| `([a-z]+)` \|", MANUAL, re.MULTILINE)
    assert listed == [name for name in listed if name in GATEWAYS]
    assert set(listed) == set(GATEWAYS)


def test_every_command_stands_in_the_manual_and_has_help() -> None:
    for command in commands.app.registered_commands:
        assert f"readback policy {command.name}" in MANUAL
        assert command.callback is not None
        assert command.callback.__doc__


def test_the_document_of_the_manual_has_no_error() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)
    found = validate(read_policies(text.encode(), Path("policy.yaml")))
    assert [finding for finding in found if finding.level == "error"] == []


def test_every_field_of_the_document_stands_in_the_manual() -> None:
    told = set(re.findall(r"\w+", MANUAL.partition("## Validations")[0]))
    written = {field.alias or name for part in _parts(Document) for name, field in part.model_fields.items()}
    assert written - told == set()


def _parts(part: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model of the document and every model inside it, but for the conditions of a trigger."""
    yield part
    for field in part.model_fields.values():
        for inner in [field.annotation, *_arguments(field.annotation)]:
            if isinstance(inner, type) and issubclass(inner, BaseModel) and inner is not When:
                yield from _parts(inner)


def _arguments(annotation: Any) -> Iterator[Any]:
    for each in get_args(annotation):
        yield each
        yield from _arguments(each)
