"""The true episodes follow from the raw lines by a naive reading of the default episode rule (statistics.md 2.1)."""

from collections import Counter
from dataclasses import dataclass, field

from recount import Seen

from readback.simulate import Truth
from readback.simulate.fleet import WORKFLOWS

OPEN_COUNT, OPEN_WITHIN, GAP = 2, 300, 600
CLOSE_COUNT, CLOSE_SPAN, HYSTERESIS = 3, 60, 900
PREFERRED = ("preferred", "retry")


@dataclass
class Stretch:
    """An episode while it is read."""

    opened: Seen
    last: Seen
    fallbacks: int
    successes: list[Seen] = field(default_factory=list)
    closed: Seen | None = None
    is_silent: bool = False
    flaps: int = 0


def episodes_of(requests: list[Seen]) -> list[Stretch]:
    """Read one workflow's requests, oldest first."""
    found: list[Stretch] = []
    waiting: list[Seen] = []
    for request in requests:
        current = found[-1] if found and found[-1].closed is None and not found[-1].is_silent else None
        if current and request.started_at - current.last.started_at > GAP and not current.successes:
            current.is_silent, current = True, None
        if request.fate == "fallback":
            if current:
                current.last, current.successes = request, []
                current.fallbacks += 1
                continue
            waiting = [w for w in waiting if request.started_at - w.started_at <= OPEN_WITHIN] + [request]
            if len(waiting) >= OPEN_COUNT:
                _open(found, waiting)
                waiting = []
        elif request.fate in PREFERRED and current:
            current.successes.append(request)
            span = request.started_at - current.successes[0].started_at
            if len(current.successes) >= CLOSE_COUNT and span >= CLOSE_SPAN:
                current.closed = current.successes[0]
    return found


def _open(found: list[Stretch], waiting: list[Seen]) -> None:
    previous = found[-1] if found else None
    if previous and previous.closed and waiting[0].started_at - previous.closed.started_at <= HYSTERESIS:
        previous.closed, previous.successes, previous.last = None, [], waiting[-1]
        previous.fallbacks += len(waiting)
        previous.flaps += 1
        return
    found.append(Stretch(waiting[0], waiting[-1], len(waiting)))


def naive(seen: list[Seen]) -> dict[str, Stretch]:
    """Return all episodes by the request that opened them."""
    own = [episodes_of([r for r in seen if r.workflow == w.name]) for w in WORKFLOWS]
    return {stretch.opened.request_id: stretch for found in own for stretch in found}


def test_naive_rule_finds_exactly_the_true_episodes(truth: Truth, seen: list[Seen]) -> None:
    assert set(naive(seen)) == {episode.opened_by for episode in truth.episodes}


def test_recovery_counts_and_flaps(truth: Truth, seen: list[Seen]) -> None:
    found = naive(seen)
    for episode in truth.episodes:
        stretch = found[episode.opened_by]
        assert (stretch.closed.request_id if stretch.closed else None) == episode.recovered_by
        assert (stretch.fallbacks, stretch.flaps) == (episode.fallback_count, episode.flap_count)


def test_times_are_the_requests_own(truth: Truth, seen: list[Seen]) -> None:
    started = {request.request_id: request.started_at for request in seen}
    for episode in truth.episodes:
        # Bedrock writes whole seconds.
        assert abs(started[episode.opened_by] - episode.opened_at.timestamp()) < 1
        if episode.recovered_by and episode.recovered_at:
            assert abs(started[episode.recovered_by] - episode.recovered_at.timestamp()) < 1


def test_every_terminal_state_and_a_flap_exist(truth: Truth) -> None:
    states = Counter(episode.state for episode in truth.episodes)
    assert states["open"] == states["quiet"] == 1
    assert states["recovered"] > 10
    assert any(episode.flap_count for episode in truth.episodes)
    for episode in truth.episodes:
        assert (episode.recovered_at is not None) == (episode.state == "recovered")


def test_isolated_fallbacks_are_the_rest(truth: Truth, seen: list[Seen]) -> None:
    inside = sum(episode.fallback_count for episode in truth.episodes)
    assert sum(truth.isolated_fallbacks.values()) == truth.fallbacks.total - inside > 0


def test_open_episode_was_still_failing_at_the_end(truth: Truth) -> None:
    (episode,) = (e for e in truth.episodes if e.state == "open")
    assert episode.planned_end > truth.end
    assert (truth.end - episode.last_seen_at).total_seconds() < GAP


def test_declared_incidents_enclose_their_episodes_start(truth: Truth) -> None:
    incidents = {incident.incident_id: incident for incident in truth.incidents}
    linked = [episode for episode in truth.episodes if episode.incident_id]
    assert linked
    for episode in linked:
        incident = incidents[episode.incident_id or ""]
        assert incident.started_at <= episode.opened_at < incident.resolved_at
