"""What happens when: windows off the preferred model, their incidents, pulses and blips. No requests yet.

Every time is an integer: microseconds since the epoch, UTC. Windows of one workflow never overlap and lie at
least an hour apart, and *pulse* requests keep each window and its recovery dense, so that under the default
episode rule (open 2 in 5 min, gap 10 min, close 3 over 60 s, hysteresis 15 min) every episode has one reading.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from readback.simulate.fleet import CAUSE_INDEX, WORKFLOW_INDEX, WORKFLOWS, preferred_provider

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

CALM = 20 * MINUTE
MINIMUM_WINDOWS = 8
RETIRED_WORKFLOW = "contract-summary"
RETIRED_AT = 0.86
CEILING_WORKFLOW = "kb-answer"
OPEN_WORKFLOW = "support-reply"
WINDOWS_PER_DAY = 2.2
REQUESTS_PER_WINDOW = 300

Times = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Window:
    """A stretch in which one workflow's preferred model cannot answer; a flap shares its episode's number."""

    workflow: int
    cause: str
    start: int
    end: int
    episode: int
    incident_id: str | None = None


@dataclass(frozen=True)
class Incident:
    """What a provider declared, stage by stage."""

    incident_id: str
    provider: str
    name: str
    impact: str
    started: int
    investigating: int
    identified: int
    monitoring: int
    resolved: int
    created: int
    is_relevant: bool = True


@dataclass(frozen=True)
class Calendar:
    """The whole plan of a fleet between `start` and `end`; `terminal` maps an episode to its last state."""

    start: int
    end: int
    windows: tuple[Window, ...]
    incidents: tuple[Incident, ...]
    pulses: tuple[Times, ...]
    blips: tuple[Times, ...]
    terminal: dict[int, str]

    @property
    def retired_at(self) -> int:
        """When the retired workflow sends its last request."""
        return at_fraction(self.start, self.end, RETIRED_AT)

    def windows_of(self, workflow: int) -> list[Window]:
        """Return one workflow's windows, oldest first."""
        return [window for window in self.windows if window.workflow == workflow]


def at_fraction(start: int, end: int, fraction: float) -> int:
    """Return the moment at this fraction of the span, on a whole minute."""
    return start + int((end - start) * fraction) // MINUTE * MINUTE


def plan(start: int, end: int, requests: int, rng: np.random.Generator) -> Calendar:
    """Lay out all windows, incidents, pulses and blips of a fleet.

    Raises:
        ValueError: the span is shorter than a day or the requests are too few to keep the windows dense.
    """
    if end - start < DAY:
        raise ValueError("days must be at least 1: a fleet needs room for its outages")
    builder = _Builder(start, end, rng)
    days = (end - start) / DAY
    affordable = max(MINIMUM_WINDOWS, requests / REQUESTS_PER_WINDOW)
    count = int(min(max(MINIMUM_WINDOWS, days * WINDOWS_PER_DAY), affordable, 600))
    builder.lay_slots(count)
    builder.lay_ceilings(max(1, min(int(days * 0.25), requests // 1500)))
    builder.lay_endings()
    calendar = builder.calendar()
    pulses = sum(len(times) for times in calendar.pulses)
    if pulses > requests * 0.6:
        raise ValueError(f"requests must be at least {int(pulses / 0.6) + 1} for this number of days")
    return calendar


GUARANTEED = (
    ("throttle", "support-reply"),
    ("outage", "openai"),
    ("admin", "contract-summary"),
    ("outage", "anthropic"),
    ("latency", "refund-decision"),
    ("outage", "vertex_ai"),
    ("outage", "bedrock"),
    ("throttle", "support-reply"),
)
SOMETIMES = (
    ("outage", "openai"),
    ("outage", "anthropic"),
    ("outage", "bedrock"),
    ("throttle", "support-reply"),
    ("throttle", "claim-payment"),
    ("throttle", "code-fix"),
    ("throttle", "invoice-coding"),
    ("latency", "claim-letter"),
    ("latency", "refund-decision"),
    ("latency", "code-fix"),
)
CAUSE_OF = {
    "outage": "provider_outage",
    "throttle": "provider_throttled",
    "latency": "latency_breach",
    "admin": "admin_disabled",
}


class _Builder:
    """Collects windows and incidents while a plan is made."""

    def __init__(self, start: int, end: int, rng: np.random.Generator) -> None:
        self.start, self.end, self.rng = start, end, rng
        self.windows: list[Window] = []
        self.incidents: list[Incident] = []
        self.terminal: dict[int, str] = {}
        self.episode = 0

    def lay_slots(self, count: int) -> None:
        """Give each slot of the span one happening, in its middle, far from its neighbours."""
        edges = np.linspace(self.start + HOUR, self.end - 2 * HOUR, count + 1).astype(np.int64)
        guaranteed = dict(zip(_spread(len(GUARANTEED), count), GUARANTEED, strict=True))
        for slot, (low, high) in enumerate(pairwise(edges.tolist())):
            kind, target = guaranteed.get(slot) or SOMETIMES[self.rng.integers(len(SOMETIMES))]
            length = self._length(kind, (high - low) - 80 * MINUTE)
            latest = high - 50 * MINUTE - length
            begin = int(self.rng.integers(low + 30 * MINUTE, max(latest, low + 30 * MINUTE + 1)))
            self._lay(kind, target, begin // SECOND * SECOND, length)

    def _length(self, kind: str, room: int) -> int:
        """Lognormal with a median of 32 minutes (admin: 80), whole seconds, within the room of a slot."""
        median = 80.0 if kind == "admin" else 32.0
        minutes = float(np.clip(median * np.exp(self.rng.normal(0, 0.65)), 8, 180))
        return min(int(minutes * 60) * SECOND, max(room, 8 * MINUTE) // SECOND * SECOND)

    def _lay(self, kind: str, target: str, begin: int, length: int) -> None:
        names = [target] if kind != "outage" else _dependants(target, begin + length, self)
        incident = None
        if kind == "outage" and (len(self.incidents) < 4 or self.rng.random() < 0.85):
            incident = self._declare(target, begin, begin + length)
        is_flapping = kind != "admin" and length > 20 * MINUTE and self.rng.random() < 0.25
        for name in names:
            self._open(name, CAUSE_OF[kind], begin, length, incident, is_flapping)

    def _open(self, name: str, cause: str, begin: int, length: int, incident: str | None, is_flapping: bool) -> None:
        whole = Window(WORKFLOW_INDEX[name], cause, begin, begin + length, self.episode, incident)
        self.episode += 1
        if not is_flapping:
            self.windows.append(whole)
            return
        middle = begin + length // 2 // SECOND * SECOND
        self.windows.append(replace(whole, end=middle - 210 * SECOND))
        self.windows.append(replace(whole, start=middle + 210 * SECOND))

    def _declare(self, provider: str, begin: int, finish: int) -> str:
        """Declare an incident some minutes late; the third is told out of order, the second back-filled."""
        number = len(self.incidents)
        lag, identified, monitoring, resolved = (int(n) * MINUTE for n in self.rng.integers(3, 12, 4))
        investigating = begin + lag
        stages = [investigating, investigating + identified, finish + monitoring]
        if number == 2:
            stages[1] = stages[2] + 4 * MINUTE
        incident = Incident(
            incident_id=f"{provider.replace('_', '')}{number:04d}",
            provider=provider,
            name=f"Elevated error rates on {provider} models",
            impact="major" if finish - begin > 30 * MINUTE else "minor",
            started=begin,
            investigating=stages[0],
            identified=stages[1],
            monitoring=stages[2],
            resolved=max(stages) + 3 * MINUTE + resolved,
            created=investigating if number != 1 else min(finish + 2 * DAY, self.end - HOUR),
        )
        self.incidents.append(incident)
        return incident.incident_id

    def lay_ceilings(self, count: int) -> None:
        """Spend the daily budget of one workflow before midnight on some days."""
        midnights = np.arange(-(-self.start // DAY) * DAY, self.end - HOUR, DAY)
        midnights = midnights[midnights > self.start + 4 * HOUR]
        chosen = self.rng.choice(midnights, size=min(count, len(midnights)), replace=False)
        for midnight in sorted(chosen.tolist()):
            begin = midnight - int(self.rng.integers(40, 150)) * MINUTE
            self._open(CEILING_WORKFLOW, "cost_ceiling", begin, midnight - begin, None, False)

    def lay_endings(self) -> None:
        """Add the episode still open at the end and the one that falls silent with its workflow."""
        self.terminal[self.episode] = "open"
        self._open(OPEN_WORKFLOW, "provider_outage", self.end - 32 * MINUTE, 33 * MINUTE, None, False)
        retired = at_fraction(self.start, self.end, RETIRED_AT)
        self.terminal[self.episode] = "quiet"
        begin = retired - 22 * MINUTE
        self._open(RETIRED_WORKFLOW, "provider_throttled", begin, 22 * MINUTE, None, False)

    def calendar(self) -> Calendar:
        """Close the plan: sort, add unrelated incidents, pulses and blips."""
        windows = tuple(sorted(self.windows, key=lambda w: (w.start, w.workflow)))
        for provider in sorted({preferred_provider(w) for w in WORKFLOWS}):
            self.incidents.append(_unrelated(provider, self.start + (self.end - self.start) // 3))
        own: dict[int, list[Window]] = defaultdict(list)
        for window in windows:
            own[window.workflow].append(window)
        pulses = tuple(self._pulses(own[index]) for index in range(len(WORKFLOWS)))
        blips = tuple(self._blips(index) for index in range(len(WORKFLOWS)))
        incidents = tuple(sorted(self.incidents, key=lambda i: i.started))
        return Calendar(self.start, self.end, windows, incidents, pulses, blips, self.terminal)

    def _pulses(self, windows: list[Window]) -> Times:
        """Pairs every three minutes inside a window, six single successes after it, one just before."""
        times: list[int] = []
        for window in windows:
            inside = np.arange(window.start + 4 * SECOND, window.end - 30 * SECOND, 180 * SECOND)
            last = min(window.end, self.end) - 3 * SECOND
            times += [*inside, *(inside + 38 * SECOND), last, window.start - 40 * SECOND]
            if self.terminal.get(window.episode) is None:
                times += (window.end + 11 * SECOND + 33 * SECOND * np.arange(6)).tolist()
        jitter = self.rng.integers(0, SECOND, len(times))
        kept = np.array(times, dtype=np.int64) + jitter
        return np.unique(kept[(kept >= self.start) & (kept < self.end)])

    def _blips(self, workflow: int) -> Times:
        """Times of isolated fallbacks: at most one in the first ten minutes of a half hour."""
        if not WORKFLOWS[workflow].blip_causes:
            return np.array([], dtype=np.int64)
        grid = np.arange(self.start, self.end, 30 * MINUTE)
        chosen = grid[self.rng.random(len(grid)) < 0.12]
        return chosen + self.rng.integers(0, 10 * MINUTE, len(chosen))


def _spread(count: int, slots: int) -> list[int]:
    """Return `count` different slots, evenly spread over all of them, the last one included."""
    return [(index * (slots - 1)) // (count - 1) for index in range(count)]


def _dependants(provider: str, finish: int, builder: _Builder) -> list[str]:
    """Return the workflows that prefer this provider and are still alive then."""
    retired = at_fraction(builder.start, builder.end, RETIRED_AT) - 2 * HOUR
    names = [w.name for w in WORKFLOWS if preferred_provider(w) == provider]
    return [name for name in names if name != RETIRED_WORKFLOW or finish < retired]


def _unrelated(provider: str, moment: int) -> Incident:
    """Return an incident of a component that no workflow uses."""
    return Incident(
        incident_id=f"{provider.replace('_', '')}b001",
        provider=provider,
        name="Invoices are displayed late in the billing portal",
        impact="none",
        started=moment,
        investigating=moment + 5 * MINUTE,
        identified=moment + 15 * MINUTE,
        monitoring=moment + 40 * MINUTE,
        resolved=moment + 60 * MINUTE,
        created=moment + 5 * MINUTE,
        is_relevant=False,
    )


def cause_codes(windows: list[Window]) -> npt.NDArray[np.int8]:
    """Return the cause of each window as an index into `CAUSES`."""
    return np.array([CAUSE_INDEX[window.cause] for window in windows], dtype=np.int8)
