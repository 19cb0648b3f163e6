"""The logo drawn as PNG, for a format that holds no SVG. By Typst, which loads nothing and repeats byte for byte."""

import json

import typst

from readback.faces.brand import Look

_DRAWING = """\
#let logo = json(bytes(sys.inputs.logo))
#set page(width: auto, height: auto, margin: 0pt, fill: none)
#image(bytes(logo.content), format: logo.format, height: 1in)
"""


def png(look: Look, height: int) -> bytes | None:
    """The logo of a height in pixels; None where there is none."""
    if look.logo is None:
        return None
    told = json.dumps({"content": list(look.logo), "format": look.logo_format})
    drawn = typst.compile(_DRAWING.encode(), format="png", ppi=float(height), sys_inputs={"logo": told})
    return bytes(drawn)
