"""The view as one HTML file that opens anywhere, light and dark, wide and narrow, and loads nothing."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import jinja2
from markupsafe import Markup

from readback.faces import theme
from readback.faces.brand import Look

_HEAD = re.compile(r"<h2>(.*?)</h2>")
_PAINT = re.compile(r'"(#[0-9a-f]{6}|white)"')


def html(view: Mapping[str, Any], look: Look) -> str:
    """The report as one HTML document; equal views give equal text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("readback.faces.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["themed"] = themed
    inks = {"light": _inks(theme.LIGHT), "dark": _inks(theme.DARK)}
    return _with_contents(environment.get_template("report.html.j2").render(view, logo=look.logo_address, inks=inks))


def _with_contents(page: str) -> str:
    """The page with an address for each of its parts, and the list of them where a screen has room beside the page."""
    parts = {title: re.sub(r"\W+", "-", title.lower()) for title in _HEAD.findall(page)}
    links = "".join(f'<a href="#{name}">{title}</a>' for title, name in parts.items())
    contents = f'<nav aria-label="On this page"><b>On this page</b>{links}</nav>\n<main>'
    named = _HEAD.sub(lambda head: f'<h2 id="{parts[head[1]]}">{head[1]}</h2>', page)
    return named.replace("<main>", contents, 1)


def themed(svg: str) -> Markup:
    """A chart whose colours follow the page from light to dark."""
    known = {getattr(theme.LIGHT, each.name): each.name for each in reversed(fields(theme.Ink))}

    def painted(found: re.Match[str]) -> str:
        name = known.get(found[1])
        return f'"var(--{name}, {found[1]})"' if name and found[1] != "#ffffff" else found[0]

    return Markup(_PAINT.sub(painted, svg))  # noqa: S704 - drawn by Vega, which escapes every text


def _inks(ink: theme.Ink) -> dict[str, str]:
    return {each.name: getattr(ink, each.name) for each in fields(theme.Ink)}
