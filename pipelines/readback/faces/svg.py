"""Charts as inline SVG for a file that needs nothing else."""

import re
from pathlib import Path
from typing import Any

import font_source_sans_pro
import vl_convert
from markupsafe import Markup

FONTS = Path(font_source_sans_pro.__file__).parent / "files"
"""Folder of the one font that charts are measured with and documents set in, whatever else a machine has."""

_ID = re.compile(r'\bid="([^"]+)"')

vl_convert.register_font_directory(str(FONTS))


def inline(chart: Any, name: str) -> Markup:
    """The chart as one `<svg>`; ids carry `name`, so that several charts live in one page and bytes repeat."""
    drawn = vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[])
    return Markup(_own_ids(drawn, name))  # noqa: S704 - drawn by Vega, which escapes every text


def _own_ids(svg: str, name: str) -> str:
    for serial, found in enumerate(dict.fromkeys(_ID.findall(svg))):
        mine = f"{name}-{serial}"
        svg = svg.replace(f'id="{found}"', f'id="{mine}"').replace(f"url(#{found})", f"url(#{mine})")
        svg = svg.replace(f'href="#{found}"', f'href="#{mine}"')
    return svg
