"""The continuity report of a month or a quarter: one view of figures and sentences, three formats that render it."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from readback.faces.report.subject import Subject, subject
from readback.faces.report.view import view_of

Format = Literal["pdf", "html", "xlsx"]
FORMATS: tuple[Format, ...] = ("pdf", "html", "xlsx")

__all__ = ["FORMATS", "Format", "Subject", "render", "subject", "view_of"]


def render(view: Mapping[str, Any], about: Subject, form: Format) -> bytes:
    """The view in a format; equal snapshots and settings give equal bytes. A library is loaded where it is used."""
    return _RENDERERS[form](view, about)


def _pdf(view: Mapping[str, Any], about: Subject) -> bytes:
    from readback.faces.report.document import pdf

    return pdf(view, about.look, about.as_of)


def _html(view: Mapping[str, Any], about: Subject) -> bytes:
    from readback.faces.report.page import html

    return html(view, about.look).encode()


def _xlsx(view: Mapping[str, Any], about: Subject) -> bytes:
    from readback.faces.report.workbook import xlsx

    return xlsx(view, about)


_RENDERERS: dict[Format, Callable[[Mapping[str, Any], Subject], bytes]] = {"pdf": _pdf, "html": _html, "xlsx": _xlsx}
