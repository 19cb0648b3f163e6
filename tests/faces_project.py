"""A small project with a published database whose rows are plausible in every mart that a face reads.

The rows come from one seed: two builds are equal. Figures need not follow from events; each mart is plausible
by itself.
"""

import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from readback import contracts as c
from readback import stats, store
from readback.contracts import vocabulary as v
from readback.contracts.ddl import column_names
from readback.contracts.row import columns
from readback.faces.figures import Better
from readback.settings import Project, open_project

AS_OF = datetime(2026, 10, 31, 23, 52, tzinfo=UTC)
SNAPSHOT = "20261101T001204-7c1e"
HOSTILE = "<script>alert(1)</script>\x1b[31m [red]![x](http://evil.example/p.png) \u202e"


@dataclass(frozen=True)
class Definition:
    """A metric's definition without its file."""

    metric: str
    question: str
    unit: str
    better: Better


DEFINITIONS = {
    name: Definition(name, question, unit, "lower")
    for name, question, unit in (
        ("fallback_frequency", "How often did requests leave their preferred model?", "fraction"),
        ("recovery_time_median_s", "How long until half of the episodes were back on the preferred model?", "s"),
        ("recovery_time_p90_s", "How long until nine of ten episodes were back?", "s"),
        ("rework_rate", "How many released outputs had to be redone?", "fraction"),
        ("override_rate", "How many outputs did a person change before release?", "fraction"),
        ("downstream_error_rate", "How many released outputs did harm outside the workflow?", "fraction"),
    )
}

_LARGE, _OPUS, _GPT, _MINI = "claude-sonnet-4-5", "claude-opus-4-5", "gpt-5.1", "gpt-5-mini"
_WORKFLOWS: dict[str, tuple[str, str, str, float, float]] = {
    # workflow: (class, team, preferred model, requests per month, fallback share)
    "claim-letter": ("claim-letter-draft", "claims", _LARGE, 18400.0, 0.021),
    "claim-payment": ("claim-payment-execute", "claims", _OPUS, 6200.0, 0.012),
    "code-review": ("engineering-review", "platform", _LARGE, 24100.0, 0.034),
    "contract-summary": ("legal-summary", "legal", _OPUS, 3900.0, 0.047),
    "support-triage": ("support-drafting", "support", _GPT, 31800.0, 0.058),
}
_RATES = {"rework_rate": 0.062, "override_rate": 0.118, "downstream_error_rate": 0.0065}
_FAMILY = {
    v.Cause.PROVIDER_THROTTLED: v.CauseFamily.PROVIDER,
    v.Cause.PROVIDER_OUTAGE: v.CauseFamily.PROVIDER,
    v.Cause.LATENCY_BREACH: v.CauseFamily.PROVIDER,
    v.Cause.COST_CEILING: v.CauseFamily.COST,
    v.Cause.ADMIN_DISABLED: v.CauseFamily.ADMIN,
    v.Cause.CONTEXT_WINDOW: v.CauseFamily.REQUEST,
}
_CAUSES = list(_FAMILY)
_PROVIDER = {_LARGE: "anthropic", _OPUS: "anthropic", _GPT: "openai", _MINI: "openai"}


def build(
    root: Path,
    *,
    hostile: bool = False,
    published: bool = True,
    empty: bool = False,
    attack: str = HOSTILE,
    extra: Mapping[type[c.Row], Sequence[c.Row]] | None = None,
) -> Project:
    """Write the project; `hostile` names one workflow by an attack, `empty` publishes no row but the extra ones."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "readback.toml").write_text('[project]\nname = "Northwind Claims"\ntimezone = "UTC"\n', encoding="utf-8")
    project = open_project(root)
    if not published:
        return project
    with store.warehouse(project) as con:
        for statement in _views():
            con.execute(statement)
        if not empty:
            for row, rows in rows_by_contract("support-triage" if not hostile else attack).items():
                store.insert_rows(con, row, rows)
        for row, more in (extra or {}).items():
            store.insert_rows(con, row, list(more))
        store.describe_database(con)
        store.publish(con, project, SNAPSHOT)
    return project


def rows_by_contract(last_workflow: str) -> dict[type[c.Row], list[c.Row]]:
    """The rows of every mart; `last_workflow` is the name that support-triage goes by."""
    named = {(last_workflow if name == "support-triage" else name): facts for name, facts in _WORKFLOWS.items()}
    episodes = list(_episodes(random.Random(3), named))
    events = list(_events(random.Random(6), episodes))
    return {
        c.MetricValue: list(_values(random.Random(20261031), named)),
        c.MetricEffect: list(_effects(named)),
        c.RecoveryCurve: list(_curves(episodes, named)),
        c.RecoveryComparison: list(_comparisons(named)),
        c.RecoverySensitivity: list(_tried_rules()),
        c.Episode: [episode for episode in episodes],
        c.FallbackEvent: [event for event in events],
        c.Request: [
            _request(event) for event in [*events[:60], *(each for each in events if each.episode_id == "ep-0900")]
        ],
        c.ProviderIncident: list(_incidents()),
        c.AdminChange: list(_admin_changes()),
        c.Recommendation: list(_recommendations(last_workflow)),
        c.Alert: list(_alerts(last_workflow)),
        c.LedgerFile: list(_files()),
        c.QuarantinedLine: list(_quarantine()),
        c.OutcomeCoverage: list(_coverage()),
        c.Reconciliation: list(_reconciliation()),
        c.LabelCandidate: list(_labels()),
        c.ModelName: list(_names()),
        c.QualityResult: list(_quality()),
        c.Restatement: list(_restatements()),
    }


def _views() -> list[str]:
    names = ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in columns(c.RunStatus))
    return [store.attempts_view([]), f"create or replace view run_status as select {names} where false"]


def _periods() -> Iterator[tuple[v.Grain, datetime, float]]:
    """Grain, start, and the period's length in months."""
    for month in range(5, 11):
        yield v.Grain.MONTH, datetime(2026, month, 1, tzinfo=UTC), 1.0
    for week in range(20):
        yield v.Grain.WEEK, datetime(2026, 6, 15, tzinfo=UTC) + timedelta(weeks=week), 7 / 30.4
    yield v.Grain.ALL, datetime(2026, 5, 1, tzinfo=UTC), 6.0


def _values(dice: random.Random, named: dict[str, Any]) -> Iterator[c.Row]:
    for grain, start, months in _periods():
        wave = (
            1 + 0.22 * math.sin(start.timestamp() / 2.1e6) + (0.55 if start >= datetime(2026, 10, 1, tzinfo=UTC) else 0)
        )
        totals = [0.0, 0.0]
        for name, (_, _, _, per_month, share) in named.items():
            n = round(per_month * months * dice.uniform(0.93, 1.07))
            x = round(n * share * wave * dice.uniform(0.85, 1.15))
            totals = [totals[0] + x, totals[1] + n]
            yield _share("fallback_frequency", grain, start, v.Dimension.WORKFLOW, name, "all", x, n, deff=18)
            yield from _outcomes(dice, grain, start, v.Dimension.WORKFLOW, name, n * 0.4, x * 0.4)
            yield from _recovery(
                dice, grain, start, v.Dimension.WORKFLOW, name, max(3, round(9 * months * dice.uniform(0.7, 1.3)))
            )
        yield _share("fallback_frequency", grain, start, v.Dimension.ALL, "*", "all", totals[0], totals[1], deff=24)
        yield from _outcomes(dice, grain, start, v.Dimension.ALL, "*", totals[1] * 0.4, totals[0] * 0.4)
        yield from _recovery(dice, grain, start, v.Dimension.ALL, "*", round(46 * months * dice.uniform(0.8, 1.2)))
        yield _share("recovered_within_15m", grain, start, v.Dimension.ALL, "*", "all", 22, 46, deff=1)
        yield _share("recovered_within_60m", grain, start, v.Dimension.ALL, "*", "all", 37, 46, deff=1)
        yield _share(
            "policy_conformance_rate", grain, start, v.Dimension.ALL, "*", "all", totals[0] * 0.9, totals[0], deff=6
        )
        yield _share(
            "continuity_rate", grain, start, v.Dimension.ALL, "*", "all", totals[1] * 0.9962, totals[1], deff=20
        )
        yield _share(
            "review_coverage", grain, start, v.Dimension.ALL, "*", "all", totals[1] * 0.31, totals[1] * 0.4, deff=3
        )
        yield _share(
            "unattributed_share", grain, start, v.Dimension.ALL, "*", "all", totals[1] * 0.012, totals[1], deff=3
        )
        yield _total("open_episodes", "episodes", grain, start, 2)
        yield _total("degraded_minutes", "minutes", grain, start, round(2100 * months * wave))
        yield _total("silent_downgrades", "requests", grain, start, 3 if grain is v.Grain.MONTH else 1)
        yield _total("downstream_error_cost_usd", "usd", grain, start, None, status=v.MetricStatus.NOT_REPORTED)


def _outcomes(
    dice: random.Random, grain: v.Grain, start: datetime, dimension: v.Dimension, member: str, n: float, x: float
) -> Iterator[c.Row]:
    is_recent = start >= datetime(2026, 10, 12, tzinfo=UTC)
    for metric, rate in _RATES.items():
        lifts = {"all": 1.0, "preferred": 0.97, "fallback": 1.55}
        sizes = {"all": n, "preferred": n - x, "fallback": x}
        for lane, lift in lifts.items():
            status = None
            if metric == "downstream_error_rate" and dimension is v.Dimension.WORKFLOW and member == "code-review":
                status = v.MetricStatus.NOT_REPORTED
            elif metric == "rework_rate" and member == "contract-summary":
                status = v.MetricStatus.LOW_COVERAGE
            elif is_recent and grain is v.Grain.WEEK and metric == "downstream_error_rate":
                status = v.MetricStatus.NO_DATA
            size = round(sizes[lane])
            hits = size * rate * lift * dice.uniform(0.9, 1.1)
            yield _share(
                metric, grain, start, dimension, member, lane, round(hits), size, deff=1.8, status=status, coverage=0.93
            )


def _share(
    metric: str, grain: v.Grain, start: datetime, dimension: v.Dimension, member: str, lane: str,
    x: float, n: float, *, deff: float, status: v.MetricStatus | None = None, coverage: float | None = None,
) -> c.MetricValue:  # fmt: skip
    few = status is None and n < 20
    status = v.MetricStatus.TOO_FEW if few else status or v.MetricStatus.OK
    is_absent = status in (v.MetricStatus.NOT_REPORTED, v.MetricStatus.NO_DATA)
    found = stats.wilson(min(x, n) / deff, n / deff) if n else None
    shown = None if is_absent or found is None else found
    return c.MetricValue(
        metric=metric, unit="fraction", grain=grain, period_start=start, dimension=dimension, member=member,
        lane=v.MetricLane(lane), numerator=None if is_absent else x, denominator=None if is_absent else n,
        value=x / n if shown else None, low=float(shown.low) if shown else None,
        high=float(shown.high) if shown else None,
        effective_n=n / deff if shown else None, coverage=0.41 if status is v.MetricStatus.LOW_COVERAGE else coverage,
        maturity=0.88 if coverage else None, is_maturing=_is_maturing(grain, start) if coverage else None,
        status=status, definition_version=1, as_of=AS_OF,
    )  # fmt: skip


def _is_maturing(grain: v.Grain, start: datetime) -> bool:
    return grain is v.Grain.ALL or start >= AS_OF - timedelta(days=45)


def _recovery(
    dice: random.Random, grain: v.Grain, start: datetime, dimension: v.Dimension, member: str, n: int
) -> Iterator[c.Row]:
    median = 1380 * dice.uniform(0.75, 1.3)
    spread = 1.9 / math.sqrt(n)
    figures = (
        ("recovery_time_median_s", median, median * math.exp(-spread), median * math.exp(spread)),
        ("recovery_time_p90_s", median * 5.1, median * 3.4, None if n < 15 else median * 8.2),
    )
    for metric, value, low, high in figures:
        status = v.MetricStatus.TOO_FEW if n < 5 else v.MetricStatus.OK
        yield c.MetricValue(
            metric=metric, unit="s", grain=grain, period_start=start, dimension=dimension, member=member,
            lane=v.MetricLane.ALL, numerator=None, denominator=n, value=value, low=low, high=high,
            effective_n=n * 0.9,
            coverage=None, maturity=None, status=status, definition_version=1, as_of=AS_OF,
        )  # fmt: skip


def _total(
    metric: str,
    unit: str,
    grain: v.Grain,
    start: datetime,
    value: float | None,
    status: v.MetricStatus = v.MetricStatus.OK,
) -> c.MetricValue:
    return c.MetricValue(
        metric=metric, unit=unit, grain=grain, period_start=start, dimension=v.Dimension.ALL, member="*",
        lane=v.MetricLane.ALL, numerator=value, denominator=None, value=value, low=None, high=None, effective_n=None,
        coverage=None, maturity=None, status=status, definition_version=1, as_of=AS_OF,
    )  # fmt: skip


def _effects(named: dict[str, Any]) -> Iterator[c.Row]:
    adjusted = {
        "rework_rate": (0.021, 0.006),
        "override_rate": (0.034, 0.011),
        "downstream_error_rate": (0.0012, 0.0021),
    }
    shifts = {name: (0.6, -0.3, 1.1, 0.0, 1.7)[place] for place, name in enumerate(named)}
    for metric, (estimate, error) in adjusted.items():
        yield _effect(metric, v.Dimension.ALL, "*", estimate, error, n=1480)
        for name, shift in shifts.items():
            yield _effect(
                metric, v.Dimension.WORKFLOW, name, estimate * shift, error * 2.1, n=290, is_ok=name != "claim-payment"
            )
    for model, shift in ((_GPT, 0.8), (_MINI, 2.2), (_LARGE, 0.3)):
        yield _effect("rework_rate", v.Dimension.MODEL, model, 0.021 * shift, 0.010, n=420)


def _effect(
    metric: str, dimension: v.Dimension, member: str, estimate: float, error: float, *, n: int, is_ok: bool = True
) -> c.MetricEffect:
    shown = estimate if is_ok else None
    n = n if is_ok else 11
    return c.MetricEffect(
        metric=metric, dimension=dimension, member=member, estimate=shown,
        low=estimate - 1.96 * error if is_ok else None, high=estimate + 1.96 * error if is_ok else None,
        crude_estimate=2.3 * estimate + 0.012 if is_ok else None, strata=38, episodes=61 if is_ok else 2,
        effective_episodes=40.0 if is_ok else 2.0,
        n_fallback=n, n_preferred=24 * n, events_fallback=round(n * 0.09), events_preferred=round(n * 24 * 0.06),
        overlap=0.91, e_value=1.62 if is_ok else None, status=v.MetricStatus.OK if is_ok else v.MetricStatus.TOO_FEW,
        warning="latency causes select long prompts: descriptive only" if member == "code-review" else None,
        as_of=AS_OF,
    )  # fmt: skip


def _episodes(dice: random.Random, named: dict[str, Any]) -> Iterator[c.Episode]:
    serial = 0
    for name, (workflow_class, team, preferred, _, share) in named.items():
        for _ in range(round(14 + 420 * share)):
            serial += 1
            opened = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=dice.uniform(0, 60 * 24 * 59))
            cause = dice.choices(_CAUSES, weights=[34, 22, 17, 9, 5, 13])[0]
            yield _episode(
                serial,
                name,
                workflow_class,
                team,
                preferred,
                cause,
                opened,
                dice.lognormvariate(7.1, 1.1),
                "recovered",
                dice,
            )
    name, (workflow_class, team, preferred, _, _) = list(named.items())[-1]
    opened = AS_OF - timedelta(minutes=97)
    yield _episode(
        900, name, workflow_class, team, preferred, v.Cause.PROVIDER_THROTTLED, opened, 97 * 60.0, "open", dice
    )
    opened = AS_OF - timedelta(days=6, hours=3)
    yield _episode(
        901,
        "contract-summary",
        "legal-summary",
        "legal",
        _OPUS,
        v.Cause.ADMIN_DISABLED,
        opened,
        147 * 3600.0,
        "disabled",
        dice,
    )
    opened = AS_OF - timedelta(hours=31)
    yield _episode(
        902,
        "claim-payment",
        "claim-payment-execute",
        "claims",
        _OPUS,
        v.Cause.PROVIDER_OUTAGE,
        opened,
        31 * 3600.0,
        "held",
        dice,
    )


def _episode(
    serial: int, workflow: str, workflow_class: str, team: str, preferred: str, cause: v.Cause,
    opened: datetime, duration: float, state: str, dice: random.Random,
) -> c.Episode:  # fmt: skip
    is_recovered = state == "recovered"
    recovered = opened + timedelta(seconds=duration) if is_recovered else None
    fallbacks = 2 + round(duration / dice.uniform(90, 420))
    substitutes = ["hold-queue"] if workflow == "claim-payment" else [_GPT] if preferred != _GPT else [_MINI, _LARGE]
    return c.Episode(
        episode_id=f"ep-{serial:04d}", workflow=workflow, workflow_class=workflow_class, team=team,
        preferred_model=preferred,
        cause_family=_FAMILY[cause], cause=cause, provider=_PROVIDER[preferred], opened_at=opened,
        recovered_at=recovered,
        last_seen_at=min(AS_OF, opened + timedelta(seconds=duration * 0.97)), state=v.EpisodeState(state),
        duration_s=duration,
        is_recovered=is_recovered, request_count=fallbacks + 4, fallback_count=fallbacks,
        failed_count=dice.randint(0, 2),
        flap_count=dice.choice((0, 0, 0, 1)), substitutes=substitutes, rule_version="1:2/300/600/3/60/900",
        incident_id=None,
        outage_s=duration * 0.7 if is_recovered else None, return_lag_s=duration * 0.3 if is_recovered else None,
        recovery_lag_s=None,
    )  # fmt: skip


def _events(dice: random.Random, episodes: list[c.Episode]) -> Iterator[c.FallbackEvent]:
    for episode in episodes:
        for step in range(min(episode.fallback_count, 24)):
            yield _event(dice, episode, step)


def _event(dice: random.Random, episode: c.Episode, step: int) -> c.FallbackEvent:
    verdict = dice.choices(list(v.Verdict), weights=[86, 8, 6])[0]
    is_silent = verdict is v.Verdict.OUT_OF_POLICY and dice.random() < 0.06 and episode.workflow != "claim-payment"
    reasons = {
        v.Verdict.IN_POLICY: [],
        v.Verdict.OUT_OF_POLICY: [
            *(
                (v.VerdictReason.UNAPPROVED_SUBSTITUTE, v.VerdictReason.SILENT_DOWNGRADE)
                if is_silent
                else (v.VerdictReason.TRIGGER_NOT_ALLOWED,)
            ),
        ],
        v.Verdict.INDETERMINATE: [v.VerdictReason.EVIDENCE_MISSING],
    }
    served = episode.substitutes[step % len(episode.substitutes)]
    by = v.ServedBy.HOLD if served == "hold-queue" else v.ServedBy.SUBSTITUTE
    by = v.ServedBy.NOBODY if step % 17 == 16 else by
    moment = episode.opened_at + timedelta(seconds=min(episode.duration_s, 10 + step * episode.duration_s / 25))
    request_id = f"litellm:{dice.getrandbits(64):016x}"
    return c.FallbackEvent(
        fallback_id=f"fb-{dice.getrandbits(48):012x}", request_id=request_id, run_id=request_id, occurred_at=moment,
        workflow=episode.workflow, workflow_class=episode.workflow_class, preferred_model=episode.preferred_model,
        from_model=episode.preferred_model, served_model=served if by is v.ServedBy.SUBSTITUTE else None,
        served_by=by,
        cause=episode.cause, cause_basis=dice.choice((v.CauseBasis.ERROR_CODE, v.CauseBasis.HTTP_STATUS,
        v.CauseBasis.MESSAGE_PATTERN)),
        chain=[str(episode.preferred_model), served], hop_count=1, added_latency_ms=dice.uniform(300, 9000),
        added_cost_usd=0.0012,
        detection=v.Detection.ATTEMPT_CHAIN, policy_id="claims-ops", policy_version=4, policy_digest="sha256:ab12",
        verdict=verdict,
        verdict_reasons=reasons[verdict],
        verdict_rules=["workflow_classes[0].substitutes[0]"] * max(1, len(reasons[verdict])),
        decision_id=f"{dice.getrandbits(128):032x}", is_silent=is_silent, episode_id=episode.episode_id,
    )  # fmt: skip


def _request(event: c.FallbackEvent) -> c.Request:
    known = {
        "request_id": event.request_id, "run_id": event.run_id, "source": "litellm", "workflow": event.workflow,
        "started_at": event.occurred_at, "preferred_model": event.preferred_model, "served_model": event.served_model,
        "served_by": event.served_by, "attempt_count": 2, "chain": event.chain, "is_partial": False,
        "is_fallback": True, "fallback_count": 1, "weight": 1.0,
    }  # fmt: skip
    return c.Request.model_validate({**dict.fromkeys(column_names(c.Request)), **known})


def _curves(episodes: list[c.Episode], named: dict[str, Any]) -> Iterator[c.Row]:
    yield from _curve(v.Dimension.ALL, "*", episodes)
    for name in named:
        yield from _curve(v.Dimension.WORKFLOW, name, [episode for episode in episodes if episode.workflow == name])


def _curve(dimension: v.Dimension, member: str, episodes: list[c.Episode]) -> Iterator[c.Row]:
    """Kaplan-Meier by hand, one step per episode, with log(-log) limits."""
    survival, variance, at_risk = 1.0, 0.0, len(episodes)
    for episode in sorted(episodes, key=lambda e: e.duration_s):
        d = int(episode.is_recovered)
        survival *= 1 - d / at_risk
        variance += d / (at_risk * (at_risk - d)) if at_risk > d else 0.0
        low = high = None
        if 0 < survival < 1:
            half = 1.96 * math.sqrt(variance) / abs(math.log(survival))
            low, high = survival ** math.exp(half), survival ** math.exp(-half)
        yield c.RecoveryCurve(
            dimension=dimension, member=member, time_s=episode.duration_s, survival=survival, low=low, high=high,
            at_risk=at_risk, events=d, censored=1 - d,
        )  # fmt: skip
        at_risk -= 1


def _comparisons(named: dict[str, Any]) -> Iterator[c.Row]:
    """Every member against the period before: told for all and for the first class, too few elsewhere."""
    starts = [(grain, start) for grain, start, _ in _periods()]
    for (grain, before), (same, start) in itertools.pairwise(starts):
        members = [(v.Dimension.ALL, "*"), (v.Dimension.WORKFLOW_CLASS, "support-drafting")]
        members += [(v.Dimension.WORKFLOW, name) for name in named]
        for dimension, member in members if grain is same else []:
            is_told = dimension is not v.Dimension.WORKFLOW
            yield c.RecoveryComparison(
                grain=grain, period_start=start, previous_start=before, dimension=dimension, member=member,
                episodes=31 if is_told else 3, previous_episodes=28 if is_told else 5, recoveries=30 if is_told else 3,
                previous_recoveries=25 if is_told else 5, difference_s=-540.0 if is_told else None,
                low=-990.0 if is_told else None, high=-90.0 if is_told else None,
                statistic=5.2 if is_told else None, p_value=0.023 if is_told else None,
                status=v.MetricStatus.OK if is_told else v.MetricStatus.TOO_FEW,
                reason=None if is_told else "3 and 5 episodes; each period needs 8", as_of=AS_OF,
            )  # fmt: skip


def _tried_rules() -> Iterator[c.Row]:
    told: tuple[tuple[v.RuleParameter, float | None, int, float], ...] = (
        (v.RuleParameter.DECLARED, None, 44, 1500.0), (v.RuleParameter.GAP, 300.0, 58, 690.0),
        (v.RuleParameter.GAP, 1800.0, 37, 1980.0), (v.RuleParameter.CLOSE_COUNT, 1.0, 49, 1320.0),
    )  # fmt: skip
    for month in range(5, 11):
        for parameter, setting, episodes, median in told:
            yield c.RecoverySensitivity(
                period_start=datetime(2026, month, 1, tzinfo=UTC), parameter=parameter, setting=setting,
                rule_version="1:2/300/600/3/60/900", episodes=episodes, recoveries=episodes - 3, blips=9,
                off_minutes=episodes * 31.0, median_s=median, low=0.8 * median, high=1.3 * median,
                median_ratio=median / 1500.0, status=v.MetricStatus.OK, as_of=AS_OF,
            )  # fmt: skip


def _incidents() -> Iterator[c.Row]:
    told = (
        ("anthropic", "Elevated errors on Claude Sonnet", "major", datetime(2026, 10, 6, 13, 5, tzinfo=UTC), 3.2),
        ("anthropic", "Degraded API performance", "minor", datetime(2026, 10, 14, 8, 40, tzinfo=UTC), 1.1),
        ("openai", "Increased latency for GPT-5.1", "minor", datetime(2026, 10, 21, 16, 12, tzinfo=UTC), 6.5),
        ("openai", "Partial outage of the Responses API", "critical", datetime(2026, 10, 27, 9, 2, tzinfo=UTC), 2.4),
    )
    for serial, (provider, title, impact, start, hours) in enumerate(told, start=1):
        yield c.ProviderIncident(
            incident_id=f"{provider}:{serial}", provider=provider, title=title, impact=impact, components=["API"],
            started_at=start,
            investigating_at=start + timedelta(minutes=9), identified_at=start + timedelta(minutes=40),
            monitoring_at=start + timedelta(hours=hours * 0.8), resolved_at=start + timedelta(hours=hours),
            postmortem_at=None,
            first_stage_at=start + timedelta(minutes=9), is_ordered=True, status="resolved", file_id="f" * 32,
            line=serial,
        )  # fmt: skip


def _admin_changes() -> Iterator[c.Row]:
    yield c.AdminChange(
        change_id="ac-1", source="readback_admin", scope="legal", provider="anthropic", model=_OPUS, is_enabled=False,
        effective_at=AS_OF - timedelta(days=6, hours=3), seen_at=AS_OF - timedelta(days=6, hours=2),
        actor_ref="9f3ac2", file_id="e" * 32, line=1,
    )  # fmt: skip


def _recommendations(workflow: str) -> Iterator[c.Row]:
    told: tuple[tuple[str, str, str, str, str, float, float, float, str, str, str], ...] = (
        ("cooldown", "engineering-review", "code-review", "Shorten the cooldown of code-review from 15 min to 5 min",
         "Set cooldown.duration to 5m. In 41 of 52 episodes the preferred model answered long before it ended.",
         -412.0, -530.0, -301.0, "B", "high", "workflow_classes.engineering-review.cooldown.duration"),
        ("reorder_substitutes", "support-drafting", workflow,
        "Move claude-sonnet-4-5 before gpt-5-mini for this workflow",
         "Swap the first two substitutes. Runs on gpt-5-mini were reworked more often than comparable ones.",
         -0.031, -0.052, -0.011, "A", "medium", "workflow_classes.support-drafting.substitutes"),
        ("timeout", "claim-letter-draft", "claim-letter",
        "Lower the latency trigger of claim-letter from 12 s to 9 s",
         "Set the latency trigger to 9s. Replay shows 38 more fallbacks a month and 2.1 h less waiting in total.",
         0.0021, 0.0014, 0.0029, "R", "medium", "workflow_classes.claim-letter-draft.triggers.latency.when.gt"),
    )  # fmt: skip
    for serial, (
        kind,
        workflow_class,
        flow,
        title,
        change,
        estimate,
        low,
        high,
        evidence,
        confidence,
        path,
    ) in enumerate(told):
        unit = "s per episode" if abs(estimate) > 1 else "pp"
        factor = 1 if abs(estimate) > 1 else 100
        yield c.Recommendation(
            recommendation_id=f"rec-{serial}", kind=kind, workflow_class=workflow_class, workflow=flow, title=title,
            change=change,
            policy_path=path,
            expected_effect=f"{factor * estimate:+.1f} {unit} ({factor * low:.1f} to {factor * high:.1f}, n=52)",
            estimate=estimate, low=low, high=high, evidence_class=v.EvidenceClass(evidence),
            confidence=v.Confidence(confidence),
            falsifier="The next 20 episodes return no sooner than before.",
            evidence=json.dumps({"episodes": 52, "early": 41, "window": "2026-08-01/2026-10-31"}),
            evidence_sql=_sql("episodes", flow), as_of=AS_OF,
        )  # fmt: skip


def _sql(table: str, workflow: str) -> str:
    return f"select *\nfrom {table}\nwhere workflow = '{workflow}'"


def _alerts(workflow: str) -> Iterator[c.Row]:
    told = (
        ("burn_rate_6h", "page", "open", workflow, "fallback_frequency",
        "Fallback share of support drafting burns its budget",
         "9.8% (7.9–12.1, n=1,204) of requests left their preferred model in the last 6 h; the budget allows 3%.",
         0.07),
        ("quality_regression", "ticket", "acknowledged", "code-review", "rework_rate", "Rework of code-review rose",
         "8.4% (7.1–9.9, n=1,610) in the week of 19 Oct against a baseline of 5.9%; evidence 61,200 to 1.", 9),
        ("silent_downgrade", "page", "open", "claim-letter", "silent_downgrades", "3 silent downgrades in October",
         "Three letters were written by an unapproved substitute without a mark.", 4),
        ("open_episode_too_long", "watch", "resolved", "contract-summary", "open_episodes",
        "Episode open for longer than the objective",
         "147 h off the preferred model; the class allows 24 h.", 5),
    )  # fmt: skip
    for serial, (rule, tier, state, flow, metric, title, detail, days) in enumerate(told):
        fired = AS_OF - timedelta(days=days)
        yield c.Alert(
            alert_id=f"al-{serial}", rule=rule, rule_version=1, tier=v.AlertTier(tier), state=v.AlertState(state),
            workflow=flow,
            metric=metric, title=title, detail=detail, evidence=json.dumps({"numerator": 118, "denominator": 1204,
            "threshold": 0.03}),
            evidence_sql=_sql("fallback_events", flow),
            started_at=fired - timedelta(hours=3), fired_at=fired,
            resolved_at=AS_OF - timedelta(days=1) if state == "resolved" else None,
            acknowledged_by="claims-oncall" if state == "acknowledged" else None, as_of=AS_OF,
        )  # fmt: skip


def _files() -> Iterator[c.Row]:
    told = (
        ("logs/litellm/2026-10-29.jsonl.gz", "litellm", "loaded", 28120, 27984, 61, 72, 3, None),
        ("logs/litellm/2026-10-30.jsonl.gz", "litellm", "loaded", 27544, 27431, 48, 65, 0, None),
        ("logs/litellm/2026-10-31.jsonl", "litellm", "loaded", 29102, 28988, 40, 69, 5, None),
        ("logs/otel/traces-2026-10.parquet", "otel_genai", "loaded", 41877, 36120, 5412, 345, 0, None),
        ("outcomes/zendesk-2026-10.csv", "outcomes", "loaded", 3120, 3108, 12, 0, 0, None),
        ("incidents/status-anthropic.json", "statuspage", "loaded", 212, 212, 0, 0, 0, None),
        ("logs/old/export_final.txt", None, "unknown_format", 40, 0, 0, 0, 0,
        "no connector recognizes it; nearest is litellm, which lacks `litellm_call_id`"),
    )  # fmt: skip
    for serial, (path, source, state, lines, rows, duplicates, ignored, bad, reason) in enumerate(told):
        yield c.LedgerFile(
            file_id=f"{serial:032x}", path=path, source=source, other_sources=[], state=v.FileState(state),
            reason=reason, bytes=lines * 612, lines=lines,
            row_lines=rows, duplicate_lines=duplicates, ignored_lines=ignored, quarantined_lines=bad,
            ignored_rule="health checks" if ignored else None, rows=rows, first_at=AS_OF - timedelta(days=2),
            last_at=AS_OF,
            continues_file_id=None, skipped_lines=0, loaded_at=AS_OF,
        )  # fmt: skip


def _quarantine() -> Iterator[c.Row]:
    reasons = (
        ["not JSON: unexpected end of line at byte 412"] * 5
        + ["startTime: '2026-13-01' is not a time"] * 2
        + [f"unknown field {HOSTILE}"]
    )
    for line, reason in enumerate(reasons, start=1):
        yield c.QuarantinedLine(
            file_id=f"{2:032x}", path="logs/litellm/2026-10-31.jsonl", line=4000 + 17 * line,
            byte_offset=99_000 * line, source="litellm",
            reason=reason, content='{"litellm_call_id": "8f2c…", "startTime": "2026-1',
        )  # fmt: skip


def _coverage() -> Iterator[c.Row]:
    for source, kind, mode, rate in (
        ("zendesk", "rework", "complete", None),
        ("reviews", "review_decision", "sampled", 0.25),
        ("incidents", "downstream_error", "complete", None),
    ):
        yield c.OutcomeCoverage(
            source_system=source, workflow="*", kind=v.OutcomeKind(kind), coverage_from=datetime(2026, 5, 1,
            tzinfo=UTC), coverage_to=None,
            watermark_at=AS_OF - timedelta(hours=7), mode=v.CoverageMode(mode), sample_rate=rate,
        )  # fmt: skip


def _reconciliation() -> Iterator[c.Row]:
    for hour in range(24):
        for model, counted, missing in ((_LARGE, 1180, 2), (_GPT, 890, 7 if hour == 9 else 0)):
            yield c.Reconciliation(
                source="litellm_metrics", counter="litellm_deployment_success_responses_total",
                counts=v.Counted.ANSWERS, compared_with="litellm", model=model,
                hour=datetime(2026, 10, 31, hour, tzinfo=UTC),
                from_at=datetime(2026, 10, 31, hour, tzinfo=UTC),
                until_at=datetime(2026, 10, 31, hour, 59, 59, tzinfo=UTC),
                counted=counted, logged=counted - missing, missing=missing, missing_reason=None,
                fallback_share=0.1 if model == _GPT else 0.02,
                bias=None if not missing else v.BiasDirection.DOWN if model == _GPT else v.BiasDirection.UP,
            )  # fmt: skip


def _labels() -> Iterator[c.Row]:
    for label, records, values in (("metadata:project", 490, 6), ("tag:app", 210, 3), ("metadata:ticket", 500, 480)):
        yield c.LabelCandidate(
            file_id="f1", source="litellm", label=label, record_count=records, value_count=values, nameless_count=500
        )


def _names() -> Iterator[c.Row]:
    for name, basis in ((_GPT, v.NameBasis.FAMILY), ("prod-chat", None), (HOSTILE, None)):
        yield c.ModelName(name=name, model=name, provider=None, tier=None, basis=basis)


def _quality() -> Iterator[c.Row]:
    for table, check, is_passed, observed in (
        ("requests", "request_id is unique", True, 0.0),
        ("fallback_events", "cause is one of the vocabulary", True, 0.0),
        ("attempts", "duration_ms is below one hour", False, 4.0),
    ):
        yield c.QualityResult(
            table_name=table, column_name=None, check_name=check, is_passed=is_passed, is_blocking=False,
            observed=observed,
            row_count=84766, sample=None if is_passed else '[{"duration_ms": 7200312}]', as_of=AS_OF,
        )  # fmt: skip


def _restatements() -> Iterator[c.Row]:
    yield c.Restatement(
        metric="rework_rate", grain=v.Grain.MONTH, period_start=datetime(2026, 9, 1, tzinfo=UTC),
        dimension=v.Dimension.ALL, member="*",
        lane=v.MetricLane.ALL, previous_as_of=AS_OF - timedelta(days=7), as_of=AS_OF, numerator_change=14.0,
        denominator_change=0.0,
        previous_value=0.0598, value=0.0602,
    )  # fmt: skip
