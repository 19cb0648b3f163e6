"""What gateways say of fallback, in one form: chains of models by route. No gateway holds more of a policy."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from readback.policy.triggers import TriggerType

ANY_ERROR = (
    TriggerType.PROVIDER_ERROR,
    TriggerType.PROVIDER_THROTTLED,
    TriggerType.ADMIN_DISABLED,
    TriggerType.CONTENT_FILTERED,
    TriggerType.CONTEXT_OVERFLOW,
)
"""What a gateway falls back on that names no errors: whatever fails, the caller's own mistakes included."""

OUTAGES = (TriggerType.PROVIDER_ERROR, TriggerType.PROVIDER_OUTAGE)
"""The two types that a failing provider may be declared as."""

_CODES: dict[TriggerType, tuple[int, ...]] = {
    TriggerType.PROVIDER_THROTTLED: (429,),
    TriggerType.PROVIDER_ERROR: (500, 502, 503, 504),
    TriggerType.PROVIDER_OUTAGE: (500, 502, 503, 504),
    TriggerType.LATENCY_BREACH: (408,),
    TriggerType.ADMIN_DISABLED: (401, 403),
    TriggerType.MODEL_DEPRECATED: (404, 410),
    TriggerType.CONTENT_FILTERED: (400,),
    TriggerType.CONTEXT_OVERFLOW: (400, 413),
}
"""The HTTP statuses that show a trigger; the types that are absent here show in no status."""


@dataclass(frozen=True)
class GatewayModel:
    """One model that a gateway can reach, by the names that it goes under there."""

    id: str
    provider: str
    aliases: tuple[str, ...] = ()

    @property
    def native(self) -> str:
        """Its name at its provider."""
        return self.id.removeprefix(f"{self.provider}/")


@dataclass(frozen=True)
class Option:
    """One model that takes over, and what the gateway takes for a reason."""

    target: str
    types: tuple[TriggerType, ...] = ANY_ERROR


@dataclass(frozen=True)
class Breaker:
    """When a gateway leaves a model alone for a while; what it does not say is None."""

    duration_s: float
    failures: int | None = None
    min_requests: int | None = None
    failure_share: float | None = None


@dataclass(frozen=True)
class Chain:
    """What happens to the calls of one route. `attempts` are those on one model, the first included."""

    route: str
    preferred: tuple[str, ...]
    options: tuple[Option, ...] = ()
    attempts: int | None = None
    backoff_initial_s: float | None = None
    backoff_max_s: float | None = None
    breaker: Breaker | None = None

    @property
    def models(self) -> list[str]:
        """Every model of the chain once, in order."""
        return list(dict.fromkeys([*self.preferred, *(option.target for option in self.options)]))


@dataclass(frozen=True)
class Reading:
    """A gateway's configuration as read; a remark is one sentence on what could not be carried over."""

    models: tuple[GatewayModel, ...]
    chains: tuple[Chain, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loss:
    """One thing that the policy says and that an exported configuration does not."""

    subject: str
    what: str


@dataclass(frozen=True)
class Writing:
    """A configuration to load: one or more files by name, and what they leave unsaid."""

    files: dict[str, Any]
    losses: tuple[Loss, ...] = ()


class Gateway(Protocol):
    """What a module of this package offers; `read` and `write` are pure."""

    NAME: str
    TITLE: str

    def is_mine(self, config: Any) -> bool:
        """Whether a parsed file has the shape of this gateway's configuration."""

    def read(self, config: Any, name: str) -> Reading:
        """The chains of a parsed file; `name` stands for a route where the file names none."""

    def write(self, chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
        """The files that make the gateway do what the chains say, as far as it can."""


def types_of(codes: Iterable[int | str]) -> tuple[TriggerType, ...]:
    """The trigger types that a list of HTTP statuses stands for; `5XX` stands for its class.

    >>> [kind.value for kind in types_of([429, "5XX"])]
    ['provider_throttled', 'provider_error']
    """
    found = [kind for code in codes for kind in _types_of_code(str(code).upper())]
    return tuple(dict.fromkeys(found))


def _types_of_code(code: str) -> list[TriggerType]:
    if code.startswith("5"):
        return [TriggerType.PROVIDER_ERROR]
    if code == "4XX":
        return [kind for kind in _CODES if kind not in OUTAGES]
    return [kind for kind, codes in _CODES.items() if code.isdigit() and int(code) in codes]


def codes_of(types: Iterable[TriggerType]) -> list[int]:
    """The HTTP statuses that show some trigger types, in order; empty where none shows in a status."""
    return sorted({code for kind in types for code in _CODES.get(kind, ())})


def shared_types(chain: Chain) -> list[TriggerType]:
    """What a gateway acts on that has one list of statuses for all options of a chain."""
    codes = codes_of(kind for option in chain.options for kind in option.types)
    return [kind for kind in types_of(codes) if kind is not TriggerType.MODEL_DEPRECATED or 404 in codes]


def is_general(types: Iterable[TriggerType]) -> bool:
    """Whether a failing, slow or throttling provider is among the reasons."""
    return any(kind in (*OUTAGES, TriggerType.PROVIDER_THROTTLED, TriggerType.LATENCY_BREACH) for kind in types)


def losses(chain: Chain, acts_on: Callable[[Option], Iterable[TriggerType]]) -> Iterator[Loss]:
    """Where a gateway takes over on more, or on less, than the policy allows; the two names of an outage are one."""
    for option in chain.options:
        allowed, actual = _folded(option.types), _folded(acts_on(option))
        more, less = [kind for kind in actual if kind not in allowed], [kind for kind in allowed if kind not in actual]
        if more:
            yield Loss(chain.route, f"{option.target} would also take over on {', '.join(more)}")
        if less:
            yield Loss(chain.route, f"{option.target} cannot take over on {', '.join(less)}")


def _folded(types: Iterable[TriggerType]) -> list[str]:
    return list(dict.fromkeys("provider_outage" if kind in OUTAGES else kind.value for kind in types))


def slug(text: str) -> str:
    """A name of lower-case letters, digits, dots and dashes.

    >>> slug("Claims main/GPT_4o")
    'claims-main-gpt-4o'
    """
    kept = "".join(c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in text.lower())
    return "-".join(part for part in kept.split("-") if part).lstrip(".") or "unnamed"


def provider_of(model: str, default: str = "unknown") -> str:
    """What stands before the first slash of a model's name."""
    before, slash, _ = model.partition("/")
    return before if slash else default


def bare(model: str) -> str:
    """A model's name without what stands before the first slash."""
    return model.partition("/")[2] or model
