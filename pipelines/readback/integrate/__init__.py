"""What readback hands to other software so that its logs tell more: files that run there, not here."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from readback.errors import ProjectError

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Integration:
    """One file to hand over, and what its user does with it."""

    file: str
    todo: str
    lines: tuple[str, ...]


INTEGRATIONS: Mapping[str, Integration] = {
    "litellm": Integration(
        "litellm_witness.py",
        "Lay it beside the proxy's config.yaml, set READBACK_WITNESS_FILE for the proxy, and add to the configuration:",
        ("litellm_settings:", "  callbacks:", "    - litellm_witness.witness"),
    ),
    "opentelemetry": Integration(
        "opentelemetry_spans.py",
        "Copy what fits into the application. To see what it gives:",
        (
            "pip install opentelemetry-sdk opentelemetry-exporter-otlp-json-file",
            "python opentelemetry_spans.py spans.jsonl",
            "readback load spans.jsonl",
        ),
    ),
}


def text(name: str) -> str:
    """The file as it is handed over."""
    return (_HERE / INTEGRATIONS[name].file).read_text(encoding="utf-8")


def write(name: str, file: Path) -> None:
    """Write the file where its user wants it.

    Raises:
        ProjectError: something stands there that is not the same.
    """
    content = text(name)
    if file.exists() and (not file.is_file() or file.read_text(encoding="utf-8", errors="replace") != content):
        raise ProjectError("stands there already and is not this file; nothing was written", file=file)
    if not file.parent.is_dir():
        raise ProjectError("no such folder; make it, or name another with --out", file=file.parent)
    file.write_text(content, encoding="utf-8")
