"""Charts: a frame in, an Altair chart out. Colours and type come from the theme, words from the figures."""

from readback.faces.charts.bars import causes, substitutes, verdicts
from readback.faces.charts.episodes import CHOSEN, timeline
from readback.faces.charts.flows import flows
from readback.faces.charts.forest import forest
from readback.faces.charts.frame import MAX_ROWS, Chart
from readback.faces.charts.minutes import minutes
from readback.faces.charts.notes import INCIDENT, legible
from readback.faces.charts.recovery import recovery
from readback.faces.charts.trend import members, sparkline, trend

__all__ = [
    "CHOSEN",
    "INCIDENT",
    "MAX_ROWS",
    "Chart",
    "causes",
    "flows",
    "forest",
    "legible",
    "members",
    "minutes",
    "recovery",
    "sparkline",
    "substitutes",
    "timeline",
    "trend",
    "verdicts",
]
