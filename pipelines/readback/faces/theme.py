"""The look of every chart: colours that mean one thing everywhere, type, and Altair's configuration, light and dark."""

from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["light", "dark"]

FONT = '"Source Sans Pro", "Source Sans", "Source Sans 3", Inter, "Segoe UI", "Helvetica Neue", Arial, sans-serif'


@dataclass(frozen=True)
class Ink:
    """Colours of one mode. Derived from Okabe and Ito (2008), whose eight colours the colour-blind can tell apart."""

    text: str
    muted: str
    grid: str
    ground: str
    preferred: str
    fallback: str
    held: str
    good: str
    bad: str
    warn: str
    unknown: str
    off: str
    context: str


LIGHT = Ink(
    text="#1b2430",
    muted="#5f6b7a",
    grid="#e6eaef",
    ground="#ffffff",
    preferred="#0072b2",
    fallback="#e08a00",
    held="#a3609b",
    good="#009e73",
    bad="#d55e00",
    warn="#e08a00",
    unknown="#9aa5b1",
    off="#475467",
    context="#8a94a3",
)
DARK = Ink(
    text="#e8edf3",
    muted="#9aa7b6",
    grid="#2a3441",
    ground="#10161e",
    preferred="#56b4e9",
    fallback="#f0b04a",
    held="#d79bcd",
    good="#2fc79b",
    bad="#ff8a4c",
    warn="#f0b04a",
    unknown="#728091",
    off="#c3ccd6",
    context="#7d8a99",
)


def ink(mode: Mode) -> Ink:
    """The colours of a mode."""
    return DARK if mode == "dark" else LIGHT


def lanes(mode: Mode) -> dict[str, str]:
    """Colour of each lane."""
    c = ink(mode)
    return {"preferred": c.preferred, "fallback": c.fallback, "all": c.preferred}


def served_by(mode: Mode) -> dict[str, str]:
    """Colour of each kind of answerer."""
    c = ink(mode)
    return {
        "preferred": c.preferred,
        "substitute": c.fallback,
        "manual": c.good,
        "hold": c.held,
        "nobody": c.bad,
    }


def states(mode: Mode) -> dict[str, str]:
    """Colour of each state of an episode."""
    c = ink(mode)
    return {"recovered": c.preferred, "open": c.bad, "quiet": c.warn, "disabled": c.off, "held": c.held}


def verdicts(mode: Mode) -> dict[str, str]:
    """Colour of each verdict; indeterminate looks like neither good nor bad."""
    c = ink(mode)
    return {"in_policy": c.good, "out_of_policy": c.bad, "indeterminate": c.unknown}


def config(mode: Mode) -> dict[str, Any]:
    """Vega-Lite configuration: quiet axes, one font, a transparent ground that takes the page's."""
    c = ink(mode)
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": _axis(c),
        "axisY": {"grid": True, "domain": False, "ticks": False, "labelPadding": 8},
        "axisX": {"grid": False},
        "legend": {
            "labelColor": c.text,
            "labelFontSize": 12,
            "title": None,
            "orient": "top",
            "direction": "horizontal",
            "symbolType": "square",
            "symbolSize": 90,
            "padding": 0,
            "offset": 10,
            "columnPadding": 14,
            # On a phone a single row would be cut off.
            "columns": {"expr": "width < 260 ? 2 : 0"},
        },
        "text": {"color": c.text, "fontSize": 12},
        "title": {"color": c.text, "fontSize": 14, "fontWeight": 600, "anchor": "start", "offset": 12},
        "concat": {"spacing": 8},
    }


def _axis(c: Ink) -> dict[str, Any]:
    return {
        "labelColor": c.muted,
        "labelFontSize": 12,
        "titleColor": c.muted,
        "titleFontSize": 12,
        "titleFontWeight": 400,
        "titlePadding": 10,
        "gridColor": c.grid,
        "domainColor": c.grid,
        "tickColor": c.grid,
        "labelOverlap": True,
    }
