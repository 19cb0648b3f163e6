"""A period in sentences: what happened, with n and interval, and whether it differs from the period before."""

from collections.abc import Mapping

from readback.contracts import MetricValue
from readback.faces import figures
from readback.faces.figures import COMPANIONS, HEADLINES, Definition

_CLAIMS = {
    "fallback_frequency": "{} of requests left their preferred model",
    "recovery_time_median_s": "half of the episodes were back on the preferred model within {}",
    "rework_rate": "{} of released outputs had to be redone",
    "override_rate": "people changed {} of outputs before release",
    "downstream_error_rate": "{} of released outputs did harm outside the workflow",
}


def sentences(
    now: list[MetricValue], before: list[MetricValue], previous_name: str, definitions: Mapping[str, Definition]
) -> list[str]:
    """One sentence per headline metric, in their order."""
    current, earlier = figures.by_metric(now), figures.by_metric(before)
    return [_sentence(metric, current, earlier, previous_name, definitions.get(metric)) for metric in HEADLINES]


def _sentence(
    metric: str,
    now: Mapping[str, MetricValue],
    before: Mapping[str, MetricValue],
    previous_name: str,
    definition: Definition | None,
) -> str:
    figure = now.get(metric)
    if figure is None or figures.withheld(figure) or figures.headline(figure) == figures.DASH:
        reason = (figures.withheld(figure) if figure else None) or "no data"
        return f"{figures.label(metric)}: {reason}."
    claim = _CLAIMS[metric].format(figures.with_interval(figure))
    companion = now.get(COMPANIONS.get(metric, ""))
    tail = (
        f"; nine of ten within {figures.with_interval(companion)}"
        if companion and not figures.withheld(companion)
        else ""
    )
    compared = _against(
        figures.change(figure, before.get(metric), definition.better if definition else None), previous_name
    )
    return claim[0].upper() + claim[1:] + tail + compared + "."


def _against(found: figures.Change | None, previous_name: str) -> str:
    if found is None:
        return ""
    if found.tone == "unclear":
        interval = f" ({found.interval})" if found.interval else ""
        return f"; no change on {previous_name} that the data can tell: {found.text}{interval}"
    return f"; {found.text} ({found.interval}) on {previous_name}, {found.tone} by more than chance"
