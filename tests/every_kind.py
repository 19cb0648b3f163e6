"""A fleet in which every kind of the catalogue has a cause: one class for each, named after what is wrong with it.

Attempts and outcomes are made as the lake and the table hold them; rules that a class triggers beside its own are no
concern here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from readback.simulate.planted import SOURCE, START, Fleet

DAYS = 28
AS_OF = START + timedelta(days=DAYS)

HEAD = """\
# The policy of the fleet: every comment must survive.
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: fleet
  version: 4
  status: active
  owner: {team: operations, contact: "group:operations"}
  approved_by: "role:model-risk"  # by mail
  approved_at: 2026-05-01T00:00:00Z
  effective_from: 2026-05-01T00:00:00Z
  effective_to: null
  review: {cadence: 365d, last_reviewed: 2026-05-01, next_due: 2027-05-01}
defaults:
  undeclared_workflow: report_only
  marking: {required: true, label: "By a substitute", channels: [visible]}
models:
  - {id: large-1, provider: a, failure_domain: a-1, status: approved}
  - {id: large-1b, provider: a, failure_domain: a-1, status: approved}
  - {id: large-2, provider: b, failure_domain: b-1, status: approved}
  - {id: large-3, provider: c, failure_domain: c-1, status: approved}
lanes:
  - {id: hold-queue, kind: hold, max_wait: 4h, on_expiry: escalate}
workflow_classes:
"""
OUTAGE = "{id: outage, type: provider_outage}"
THROTTLED = "{id: throttled, type: provider_throttled}"
SECOND, THIRD, SAME = "large-2", "large-3", "large-1b"


@dataclass
class World:
    """Rows of attempts and outcomes, and the classes of the policy as text."""

    attempts: list[dict[str, Any]] = field(default_factory=list)
    outcomes: list[dict[str, Any]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    dice: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def policy(self) -> str:
        """The document."""
        return HEAD + "".join(self.classes)

    def fleet(self) -> Fleet:
        """What the steps of a run read."""
        attempts, outcomes = (pl.DataFrame(rows, infer_schema_length=None) for rows in (self.attempts, self.outcomes))
        return Fleet(attempts, outcomes, self.policy(), AS_OF)

    def declare(
        self,
        name: str,
        *chain: str,
        triggers: tuple[str, ...] = (OUTAGE, THROTTLED),
        stage: str = "drafting",
        risk: str = "moderate",
        boundary: str = "degrade",
        more: str = "",
        lane: bool = False,
    ) -> None:
        """A class that matches the route of its own name; what stands in is approved, automatic, for any trigger."""
        entries = "".join(
            f'      - {{target: {model}, target_kind: model, activation: automatic, approved_by: "role:model-risk", '
            f'approved_at: 2026-05-01, evidence: "eval:{model}", triggers: ["*"]}}\n'
            for model in chain
        )
        entries += (
            '      - {target: hold-queue, target_kind: hold, activation: automatic, triggers: ["*"]}\n' if lane else ""
        )
        listed = f"    substitutes:\n{entries}" if entries else "    substitutes: []\n"
        self.classes.append(
            f"  # class {name}\n  - id: {name}\n    stage: {stage}\n    risk: {risk}\n    match: {{routes: [{name}]}}\n"
            f"    preferred: [large-1]\n    boundary: {boundary}\n{listed}"
            f"    triggers:\n{''.join(f'      - {trigger}' + chr(10) for trigger in triggers)}{more}"
        )

    def ask(
        self,
        route: str,
        at: datetime,
        *,
        served: str | None = "large-1",
        cause: str | None = None,
        tries: int = 1,
        waited: float = 0.5,
        lasting: float = 2.0,
        cost: float = 0.02,
        workflow: str | None = None,
        rework: bool = False,
        reviewed: bool = False,
        marked: bool | None = True,
        is_tried: bool = True,
    ) -> None:
        """One request: failed tries of the preferred model where there is a cause, then an answer where one served."""
        number = len(self.attempts)
        base = {
            "request_id": f"{SOURCE}:{number}", "source": SOURCE, "file_id": "f", "workflow": workflow or route,
            "route": route, "chain_basis": "explicit_attempts", "weight": 1.0, "cause": None, "cost_usd": None,
            "cause_basis": None, "is_marked": None, "model_served": None,
        }  # fmt: skip
        for n in range(tries if cause and is_tried else 0):
            failed = {"status": "error", "cause": cause, "cause_basis": "http_status", "model_requested": "large-1"}
            self.attempts.append(base | failed | self._time(at + timedelta(seconds=n * waited), waited))
        if served is not None:
            began = at + timedelta(seconds=tries * waited if cause and is_tried else 0.0)
            told = {"status": "ok", "model_requested": served, "model_served": served, "cost_usd": cost}
            is_off = served != "large-1"
            self.attempts.append(base | told | {"is_marked": marked if is_off else None} | self._time(began, lasting))
        for kind, is_told in (("rework", rework), ("review_decision", reviewed)):
            if is_told:
                self.outcomes.append(_outcome(f"{SOURCE}:{number}", kind, at))

    def _time(self, at: datetime, lasting: float) -> dict[str, Any]:
        n = len(self.attempts)
        return {"attempt_id": f"a{n}", "line": n + 1, "started_at": at, "ended_at": at + timedelta(seconds=lasting)}


def _outcome(request_id: str, kind: str, at: datetime) -> dict[str, Any]:
    is_review = kind == "review_decision"
    return {
        "outcome_id": f"{kind}-{request_id}", "kind": kind, "source_system": "reviews", "source_record_id": request_id,
        "revision": 0, "retracted": False, "occurred_at": at + timedelta(hours=1), "time_quality": "exact",
        "file_id": "o", "line": 1, "request_id": request_id, "actor_kind": "human",
        "decision": "approved" if is_review else None, "review_mode": "mandatory" if is_review else None,
    }  # fmt: skip


def _days(hour: int, last: int = DAYS - 4) -> Iterator[tuple[int, datetime]]:
    """The days of the fleet whose outcomes are mature, at one hour."""
    for day in range(last):
        yield day, START + timedelta(days=day, hours=hour)


def _steady(world: World, route: str, count: int = 8, **given: Any) -> None:
    """Requests that the preferred model answers, every two minutes from the eighth hour of each day on."""
    for _, at in _days(8, DAYS):
        for n in range(count):
            world.ask(route, at + timedelta(minutes=2 * n), **given)


def _outages(world: World, route: str, *chain: str, count: int = 3, rework: dict[str, float] | None = None,
             **given: Any) -> None:  # fmt: skip
    """On each day some requests in the midst of others, which the models of the chain answer by turns."""
    for day, at in _days(8):
        served = chain[day % len(chain)] if chain else None
        for n in range(count):
            is_hit = bool(world.dice.random() < (rework or {}).get(served or "", 0.0))
            cause = {"cause": "provider_outage"} | given
            world.ask(route, at + timedelta(minutes=2 * n + 1), served=served, rework=is_hit, **cause)


def world() -> World:
    """The whole fleet."""
    made = World()
    for plant in (
        _guard, _drafts, _unlisted, _harmful, _wrong_order, _unsure_order, _chronic, _unanswered, _untriggered,
        _short_cooldown, _slow_limit, _tight_limit, _vain_retries, _passing, _long_cooldown, _one_domain, _dear, _cheap,
        _unmarked, _unnamed,
    ):  # fmt: skip
        plant(made)
    return made


def _guard(world: World) -> None:
    world.declare("guarded", SECOND, stage="execution", risk="critical", lane=True)
    _steady(world, "guarded")
    _outages(world, "guarded", SECOND)


def _drafts(world: World) -> None:
    world.declare("acting", SECOND, stage="decision", risk="high", boundary="human_review")
    for workflow, is_reviewed in (("letters", True), ("transfers", False)):
        _steady(world, "acting", workflow=workflow, reviewed=is_reviewed)
        _outages(world, "acting", SECOND, workflow=workflow, reviewed=is_reviewed)


def _unlisted(world: World) -> None:
    world.declare("unlisted", SECOND)
    _steady(world, "unlisted")
    _outages(world, "unlisted", "tiny-9", cost=0.001)


def _harmful(world: World) -> None:
    world.declare("harmed", SECOND)
    _steady(world, "harmed", 12)
    _outages(world, "harmed", SECOND, count=6, rework={SECOND: 0.5})


def _wrong_order(world: World) -> None:
    world.declare("ordered", THIRD, SECOND)
    _steady(world, "ordered")
    _outages(world, "ordered", THIRD, SECOND, count=6, rework={THIRD: 0.5})


def _unsure_order(world: World) -> None:
    """The later one is better by much, on too few runs to be sure of it."""
    world.declare("unsure", THIRD, SECOND)
    _steady(world, "unsure")
    _outages(world, "unsure", *(THIRD,) * 5, SECOND, count=6, rework={THIRD: 0.6})


def _chronic(world: World) -> None:
    world.declare("chronic", SECOND)
    _steady(world, "chronic")
    _outages(world, "chronic", SECOND, count=8, cause="provider_throttled")


def _unanswered(world: World) -> None:
    world.declare("unanswered")
    _steady(world, "unanswered")
    _outages(world, "unanswered")


def _untriggered(world: World) -> None:
    world.declare("untriggered", SECOND)
    _steady(world, "untriggered")
    _outages(world, "untriggered", SECOND, cause="context_window")


def _short_cooldown(world: World) -> None:
    world.declare("restless", SECOND, more="    cooldown: {duration: 5s}\n")
    _steady(world, "restless")
    for _, at in _days(12, 10):
        for n in range(12):
            world.ask("restless", at + timedelta(seconds=20 * n), served=SECOND, cause="provider_outage")


def _latency(world: World, name: str, limit_s: int, *, seconds: tuple[float, ...]) -> None:
    when = f"{{metric: total_p95, gt: {limit_s}s, window: 10m, min_requests: 20}}"
    limit = f"{{id: slow, type: latency_breach, when: {when}}}"
    world.declare(name, SECOND, triggers=(OUTAGE, limit))
    for day, at in _days(8, DAYS):
        for n in range(20):
            world.ask(name, at + timedelta(minutes=2 * n), lasting=seconds[(day * 20 + n) % len(seconds)])
        world.ask(name, at + timedelta(minutes=41), served=SECOND, cause="latency_breach", waited=float(limit_s))


def _slow_limit(world: World) -> None:
    _latency(world, "patient", 60, seconds=(2.0, 2.5))


def _tight_limit(world: World) -> None:
    _latency(world, "hasty", 10, seconds=(2.0, 5.0, 7.0, 9.0, 9.8))


def _vain_retries(world: World) -> None:
    world.declare("stubborn", SECOND, more="    retries: {max_attempts: 2}\n")
    _steady(world, "stubborn")
    _outages(world, "stubborn", SECOND, count=5, tries=2)


def _passing(world: World) -> None:
    """Nobody retried, and the next call two seconds later was answered."""
    world.declare("passing", SECOND)
    _steady(world, "passing")
    for _, at in _days(14):
        for n in range(4):
            world.ask("passing", at + timedelta(minutes=n), served=SECOND, cause="provider_outage")
            world.ask("passing", at + timedelta(minutes=n, seconds=2))


def _long_cooldown(world: World) -> None:
    """One failure a day, after which nothing asks the model for half an hour."""
    world.declare("waiting", SECOND, more="    cooldown: {duration: 30m}\n")
    _steady(world, "waiting")
    for _, at in _days(14):
        world.ask("waiting", at, served=SECOND, cause="provider_outage")
        for n in range(1, 12):
            world.ask("waiting", at + timedelta(minutes=2 * n), served=SECOND)


def _one_domain(world: World) -> None:
    world.declare("together", SAME)
    _steady(world, "together")
    _outages(world, "together", SAME)
    for _, at in _days(8):
        world.ask("together", at + timedelta(minutes=7), served=None, cause="provider_outage")


def _ceiling(world: World, name: str, **given: Any) -> None:
    ceiling = '{id: cost, type: cost_ceiling, when: {amount: "10.00", currency: USD, period: 1d}}'
    world.declare(name, SECOND, triggers=(OUTAGE, ceiling))
    for _, at in _days(8, DAYS):
        for n in range(20):
            world.ask(name, at + timedelta(minutes=2 * n), rework=bool(world.dice.random() < 0.1))
    _outages(world, name, SECOND, cause="cost_ceiling", cost=0.01, **given)


def _dear(world: World) -> None:
    _ceiling(world, "dear", count=10, rework={SECOND: 0.5})


def _cheap(world: World) -> None:
    _ceiling(world, "cheap", count=16)


def _unmarked(world: World) -> None:
    world.declare("unmarked", SECOND)
    _steady(world, "unmarked")
    _outages(world, "unmarked", SECOND, marked=False)


def _unnamed(world: World) -> None:
    _steady(world, "stray")
    _outages(world, "stray", SECOND)
