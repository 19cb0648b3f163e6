"""Which comparisons of outcomes decisions rest on: by workflow and substitute, and by substitute within a class."""

from collections import defaultdict
from datetime import datetime

from readback import store
from readback.contracts import MetricEffect
from readback.decisions.effects import Effect, Effects
from readback.decisions.evidence import gather
from readback.metrics.effects import EVERY_DAY, Days, class_effects
from readback.settings import Settings


def comparisons(con: store.Connection, settings: Settings, as_of: datetime, days: Days = EVERY_DAY) -> Effects:
    """What `metric_effects` tells, and beside it each substitute in each class, on the runs of some days."""
    of_classes: dict[tuple[str, str], list[Effect]] = defaultdict(list)
    for workflow_class, model, row in class_effects(con, settings, as_of, days):
        of_classes[workflow_class, model].append(_effect(row))
    return Effects(gather(con, "outcome_effects", Effect), of_classes)


def _effect(row: MetricEffect) -> Effect:
    told = row.model_dump(mode="json", include=set(Effect.__dataclass_fields__))
    return Effect(**told, first_at=None, last_at=None, main_substitute=None)
