"""Counts requests slice by slice and turns the counts into the truth; reads no log."""

import polars as pl

from readback.simulate.fate import CACHE_HIT, CHAIN, DECLARED, FAILED, KINDS, PREEMPTIVE, PREFERRED, REASONS, RETRY
from readback.simulate.fleet import CAUSES, MODELS, WORKFLOWS, is_trigger_allowed
from readback.simulate.truth import BreachTruth, FallbackTruth, ViolationTruth, WorkflowTruth

FALLBACK_KINDS = [CHAIN, PREEMPTIVE, DECLARED]
HIGH_RISK = [index for index, w in enumerate(WORKFLOWS) if w.risk in ("high", "critical")]
KEYS = ["workflow", "kind", "cause", "reason", "served", "is_inside"]


class Tally:
    """Adds up slices."""

    def __init__(self) -> None:
        """Start from nothing."""
        self._counts: list[pl.DataFrame] = []
        self._breaches: list[pl.DataFrame] = []
        self.attempts: dict[str, int] = {workflow.name: 0 for workflow in WORKFLOWS}

    def add(self, requests: pl.DataFrame) -> None:
        """Count one slice of `Traffic.requests`."""
        marked = requests.with_columns(is_inside=pl.col("window") >= 0)
        self._counts.append(marked.group_by(KEYS).len())
        unapproved = pl.col("reason") == REASONS.index("unapproved_substitute")
        self._breaches.append(requests.filter(unapproved).select("workflow", "kind", "served", "key"))
        for (code,), rows in requests.group_by("workflow"):
            assert isinstance(code, int)
            self.attempts[WORKFLOWS[code].name] += attempts_in(rows)

    def finish(self) -> "Counts":
        """Return the sums."""
        counts = pl.concat(self._counts).group_by(KEYS).agg(pl.col("len").sum()).sort(KEYS)
        return Counts(counts, pl.concat(self._breaches), self.attempts)


def attempts_in(requests: pl.DataFrame) -> int:
    """Return how many attempts the logs tell of for these requests.

    A request that nobody answered shows one attempt in LiteLLM and Bedrock, and both of them in OTLP; a cache
    hit and a refusal without a deployment are records too.
    """
    kind, workflow = pl.col("kind"), pl.col("workflow")
    is_otlp = workflow.is_in([i for i, w in enumerate(WORKFLOWS) if w.source == "otlp"])
    is_double = kind.is_in([RETRY, CHAIN, PREEMPTIVE]) | (is_otlp & (kind == FAILED))
    return requests.height + int(requests.select(is_double.sum()).item())


class Counts:
    """The sums, and what they say."""

    def __init__(self, counts: pl.DataFrame, breaches: pl.DataFrame, attempts: dict[str, int]) -> None:
        """Take what a `Tally` summed."""
        self.counts, self.breaches, self.attempts = counts, breaches, attempts

    def total(self, *conditions: pl.Expr) -> int:
        """Return the number of requests that meet all conditions."""
        return int(self.counts.filter(*conditions)["len"].sum())

    def fallbacks(self, *conditions: pl.Expr) -> FallbackTruth:
        """Return the fallbacks that meet all conditions, by cause and by detection."""
        rows = self.counts.filter(pl.col("kind").is_in(FALLBACK_KINDS), *conditions)
        return FallbackTruth(
            total=int(rows["len"].sum()),
            by_cause=_by(rows, "cause", CAUSES),
            by_detection=_by(rows, "kind", KINDS),
        )

    def workflow(self, index: int, runs: int) -> WorkflowTruth:
        """Return one workflow's counts."""
        owner = WORKFLOWS[index]
        mine, kind = pl.col("workflow") == index, pl.col("kind")
        failed = self.counts.filter(mine, kind == FAILED)
        covered = [n for n, cause in enumerate(CAUSES) if is_trigger_allowed(owner, cause)]
        return WorkflowTruth(
            source=owner.source,
            team=owner.team,
            preferred=owner.preferred,
            requests=self.total(mine),
            preferred_served=self.total(mine, kind.is_in([PREFERRED, RETRY])),
            retried=self.total(mine, kind == RETRY),
            cache_hits=self.total(mine, kind == CACHE_HIT),
            failed=self.total(mine, kind == FAILED),
            failed_by_cause=_by(failed, "cause", CAUSES),
            missed_fallbacks=self.total(mine, kind == FAILED, pl.col("is_inside"), pl.col("cause").is_in(covered)),
            fallbacks=self.fallbacks(mine),
            served_by=_by(self.counts.filter(mine), "served", tuple(m.model_id for m in MODELS)),
            runs=runs,
            attempts=self.attempts[owner.name],
        )

    def violations(self, missed: dict[str, int]) -> dict[str, ViolationTruth]:
        """Return the breaches by reason; `missed` are the missed fallbacks by workflow."""
        found = {"missed_fallback": {name: count for name, count in missed.items() if count}}
        for code, reason in enumerate(REASONS[1:], start=1):
            rows = self.counts.filter(pl.col("reason") == code)
            found[reason] = _by(rows, "workflow", tuple(w.name for w in WORKFLOWS))
        return {
            reason: ViolationTruth(total=sum(counts.values()), by_workflow=counts) for reason, counts in found.items()
        }

    def silent_downgrades(self) -> tuple[BreachTruth, ...]:
        """Return the unapproved fallbacks of workflows of high and critical risk."""
        return _named(self.breaches.filter(pl.col("workflow").is_in(HIGH_RISK)))

    def provider_declared(self) -> tuple[BreachTruth, ...]:
        """Return the answers in which only the response names another model."""
        return _named(self.breaches.filter(pl.col("kind") == DECLARED))

    def isolated(self) -> dict[str, int]:
        """Return the fallbacks outside any window, by workflow."""
        rows = self.counts.filter(pl.col("kind").is_in(FALLBACK_KINDS), ~pl.col("is_inside"))
        return _by(rows, "workflow", tuple(w.name for w in WORKFLOWS))


def request_id(workflow: int, key: str) -> str:
    """Return the id under which readback knows a request: source and the source's own id as written."""
    source = WORKFLOWS[workflow].source
    return f"{source}:{key.replace('-', '') if source == 'otlp' else key}"


def _by(rows: pl.DataFrame, column: str, names: tuple[str, ...]) -> dict[str, int]:
    sums = rows.filter(pl.col(column) >= 0).group_by(column).agg(pl.col("len").sum()).sort(column)
    return {names[code]: int(count) for code, count in sums.iter_rows()}


def _named(rows: pl.DataFrame) -> tuple[BreachTruth, ...]:
    return tuple(
        BreachTruth(
            request_id=request_id(workflow, key),
            workflow=WORKFLOWS[workflow].name,
            detection=KINDS[kind],
            served_model=MODELS[served].model_id,
        )
        for workflow, kind, served, key in rows.iter_rows()
    )
