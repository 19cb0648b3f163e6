"""The view as a PDF, by Typst. The words go in as data, so that none of them is read as markup."""

import json
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from typing import Any

import typst

from readback.faces.brand import Look
from readback.faces.svg import FONTS

_LATIN_GREEK_CYRILLIC = 0x0530
_SIGNS = range(0x2000, 0x2C00)
_TEMPLATE = "report.typ"


def pdf(view: Mapping[str, Any], look: Look, as_of: datetime) -> bytes:
    """The report as a tagged PDF; equal views give equal bytes.

    Only where a word needs a script that the shipped font lacks are the machine's own fonts looked at.
    """
    told = dict(view)
    inputs = {}
    if look.logo is not None:
        told |= {"logo": list(look.logo), "logo_format": look.logo_format}
        inputs["logo"] = "yes"
    inputs["view"] = json.dumps(told, ensure_ascii=False, default=str)
    fonts = typst.Fonts(_needs_other_scripts(inputs["view"]), True, [str(FONTS)])
    return typst.compile(
        resources.files(__package__).joinpath(_TEMPLATE).read_bytes(),
        format="pdf",
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs=inputs,
        timestamp=round(as_of.timestamp()),
    )


def _needs_other_scripts(text: str) -> bool:
    return any(ord(letter) >= _LATIN_GREEK_CYRILLIC and ord(letter) not in _SIGNS for letter in set(text))
