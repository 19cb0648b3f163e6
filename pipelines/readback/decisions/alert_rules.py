"""The catalogue of alerts: which evidence each rule reads, and how loudly it speaks. The lifecycle is `alerts`.

What has one cause is one alert: a streak of silent downgrades, a substitute that is worse for several workflows.
"""

from datetime import timedelta

from readback.contracts.vocabulary import AlertTier
from readback.decisions.burn_rules import BurnWindow, budget_burn
from readback.decisions.condition import AlertRule
from readback.decisions.effects import Effect
from readback.decisions.episode_rules import OpenEpisode, ToleratedEpisode, impact_tolerance, recovery_objective
from readback.decisions.outcome_rules import outcome_regression
from readback.decisions.quality_rules import Watched, quality_regression
from readback.decisions.silent_rules import SilentDay, silent_downgrade
from readback.decisions.source_rules import (
    LostLines,
    SourceRhythm,
    UnmappedShare,
    UnreadableShare,
    ledger_imbalance,
    quarantine_share,
    source_stale,
    unmapped_share,
)

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
_PAGE, _TICKET, _WATCH = AlertTier.PAGE, AlertTier.TICKET, AlertTier.WATCH

ALERT_RULES = (
    AlertRule("silent_downgrade", 2, _PAGE, "silent_downgrades", SilentDay, silent_downgrade),
    AlertRule("recovery_objective", 1, _PAGE, "recovery_objectives", OpenEpisode, recovery_objective),
    AlertRule("impact_tolerance", 1, _TICKET, "impact_tolerances", ToleratedEpisode, impact_tolerance),
    AlertRule("budget_burn", 1, _TICKET, "burn_windows", BurnWindow, budget_burn, quiet=_HOUR),
    AlertRule("quality_regression", 3, _WATCH, "outcome_weeks", Watched, quality_regression, quiet=2 * _WEEK),
    AlertRule("outcome_regression", 2, _TICKET, "outcome_effects", Effect, outcome_regression, quiet=_WEEK),
    AlertRule("source_stale", 1, _TICKET, "source_rhythm", SourceRhythm, source_stale),
    AlertRule("ledger_imbalance", 1, _PAGE, "ledger/imbalance", LostLines, ledger_imbalance),
    AlertRule("quarantine_share", 1, _TICKET, "unreadable_lines", UnreadableShare, quarantine_share, quiet=_DAY),
    AlertRule("unmapped_share", 1, _TICKET, "unmapped_requests", UnmappedShare, unmapped_share, quiet=_DAY),
)
"""Every alert that readback can raise from rows, by name and version; `shared_cause` is made of these."""
