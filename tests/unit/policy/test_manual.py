"""`docs/policy.md` tells of every validation, reason, gateway and command, and its document is a good one."""

import re
from pathlib import Path

from readback.cli import policy as commands
from readback.contracts.vocabulary import VerdictReason
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
