"""`readback.toml`: what it may say, and the project folder that it governs. Reads no clock and no environment."""

import difflib
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from readback.contracts.vocabulary import AlertTier, CoverageMode, OutcomeKind
from readback.errors import ProjectError, SettingsError
from readback.public_holidays import public_holidays

SETTINGS_FILE = "readback.toml"
POLICY_FILE = "policy.yaml"

FASTEST_BURN = 14.4
"""Burn rate at which the fastest alert speaks; see `decisions.burn_rules`."""

SLACKEST_OBJECTIVE = 1 - 1 / FASTEST_BURN
"""An objective below could burn no faster than its budget allows: the fastest alert could never speak."""

MOST_HOLIDAYS = 60
"""Days that one holiday may last, so that a wrong year does not take a year out of every baseline."""

FIRST_YEAR = 2015
"""Records before it are refused: their clock was not set."""

Day = date

_DURATION = re.compile(r"(\d{1,9})\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def seconds(value: Any) -> float:
    """A duration such as `14d`, `90m` or `500ms` in seconds.

    Raises:
        ValueError: anything else.
    """
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a duration such as '14d', '30m' or '500ms', found {value!r}")
    return int(match[1]) * _SECONDS[match[2]]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"unknown time zone {name!r}; expected an IANA name such as 'Europe/Zurich'") from None
    return name


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("expected a time with an offset, such as 2026-10-01T00:00:00Z")
    return moment


_Duration = Annotated[str, Field(pattern=r"^\d{1,9}\s*(ms|s|m|h|d)$")]

Seconds = Annotated[float, BeforeValidator(seconds, json_schema_input_type=_Duration)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Moment = Annotated[datetime, AfterValidator(_aware)]


class Section(BaseModel):
    """A part of the file: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProjectSection(Section):
    """`[project]`."""

    name: str = "readback"
    timezone: Zone = Field(default="UTC", description="Day, week and month boundaries.")
    week_starts: Literal["monday", "sunday"] = "monday"


class Input(Section):
    """`[[inputs]]`: where logs lie: a path, or a table of PostgreSQL."""

    path: str | None = Field(default=None, description="File, folder or glob, relative to readback.toml, or a URL.")
    source: str | None = Field(default=None, description="Format; recognized from the records when absent.")
    postgres: str | None = Field(default=None, min_length=1, description="Table, as `table` or `schema.table`.")
    dsn_env: str | None = Field(default=None, description="Environment variable that holds the connection string.")
    cursor: tuple[str, str] = Field(default=("startTime", "request_id"), description="Columns of time and key.")
    overlap: Seconds = Field(default=7200.0, description="How far before the cursor rows are asked for again.")
    batch_rows: int = Field(default=50_000, ge=1, description="Rows of one batch.")

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if (self.path is None) == (self.postgres is None):
            raise ValueError("expected either `path` or `postgres`")
        if self.postgres is not None and not self.dsn_env:
            raise ValueError("`postgres` needs `dsn_env`, the environment variable with its connection string")
        for key in ("dsn_env", "cursor", "overlap", "batch_rows"):
            if self.path is not None and key in self.model_fields_set:
                raise ValueError(f"`{key}` goes with `postgres`, not with `path`")
        if self.source not in (None, "litellm_spend") and self.postgres and "cursor" not in self.model_fields_set:
            raise ValueError(f"a table of {self.source} needs `cursor`, its columns of time and key")
        return self


class Naming(Section):
    """`[workflow]`, `[team]`, `[environment]`, `[run]`: the first label present names it."""

    from_: tuple[str, ...] = Field(alias="from")


def _naming(*labels: str) -> Naming:
    return Naming.model_validate({"from": labels})


class Windows(Section):
    """`[windows]`: attribution windows; a policy class may override them."""

    rework: Seconds = 14 * 86400.0
    downstream_error: Seconds = 30 * 86400.0
    review: Seconds = 7 * 86400.0
    late: Seconds = Field(default=14 * 86400.0, description="How long after it occurred an outcome may still arrive.")


class Coverage(Section):
    """`[[coverage]]`: what an outcome source was able to see."""

    source: str
    kinds: tuple[OutcomeKind, ...]
    workflows: tuple[str, ...] = ("*",)
    from_: Moment = Field(alias="from")
    to: Moment | None = None
    complete_until: Moment | None = Field(
        default=None, description="Read completely up to here, even where nothing was told since."
    )
    mode: CoverageMode = CoverageMode.COMPLETE
    sample_rate: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _sampled_at_a_rate(self) -> Self:
        if (self.mode is CoverageMode.SAMPLED) != (self.sample_rate is not None):
            raise ValueError('`mode = "sampled"` and `sample_rate` go together: give both or neither')
        return self


class Note(Section):
    """`[[notes]]`: something of one's own that every time axis shall show, such as a release or a campaign."""

    at: Moment
    until: Moment | None = None
    text: str = Field(min_length=1, max_length=200)
    workflow: str | None = Field(default=None, description="Workflow that it concerns; all where absent.")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.until is not None and self.until <= self.at:
            raise ValueError("`until` must lie after `at`")
        return self


class GatewayFile(Section):
    """`[[gateways]]`: a gateway's live configuration, which is compared with the policy in force."""

    config: str = Field(min_length=1, description="File, relative to readback.toml: YAML, JSON or TOML.")
    kind: str | None = Field(default=None, description="Gateway, such as litellm; recognized when absent.")


class EpisodeRule(Section):
    """`[episodes]`: when a stretch of fallbacks opens and closes."""

    open_count: int = Field(default=2, ge=1, description="Fallbacks that open an episode.")
    open_within: Seconds = 300.0
    gap: Seconds = 600.0
    close_count: int = Field(default=3, ge=1, description="Preferred successes in a row that close it.")
    close_span: Seconds = 60.0
    hysteresis: Seconds = 900.0

    @property
    def version(self) -> str:
        """The rule and its parameters in one word, stored with every episode."""
        numbers = (self.open_count, self.open_within, self.gap, self.close_count, self.close_span, self.hysteresis)
        return "1:" + "/".join(f"{number:g}" for number in numbers)

    @property
    def parameters(self) -> dict[str, float | str]:
        """What the models of episodes call each key, seconds as seconds."""
        return {
            "open_count": self.open_count,
            "open_within_s": self.open_within,
            "gap_s": self.gap,
            "close_count": self.close_count,
            "close_span_s": self.close_span,
            "hysteresis_s": self.hysteresis,
            "rule_version": self.version,
        }


class MetricSection(Section):
    """`[metrics]`: when a figure is withheld."""

    minimum_n: int = Field(default=20, ge=1)
    minimum_coverage: float = Field(default=0.7, ge=0, le=1)
    override_edit_ratio: float = Field(default=0.10, ge=0, le=1)


class Engine(Section):
    """`[engine]`: what the machine may give."""

    memory_limit: str = "4GB"
    threads: int | None = Field(default=None, ge=1)


class SqlSection(Section):
    """`[sql]`: what one statement of an analyst may take."""

    memory_limit: str = "2GB"
    timeout: Seconds = 60.0


_Fraction = Annotated[float, Field(ge=0, le=1)]


class Targets(Section):
    """`[targets]`: what reports hold figures against, by metric; a metric without one is held against nothing."""

    fallback_frequency: _Fraction | None = None
    recovery_time_median_s: Seconds | None = None
    recovery_time_p90_s: Seconds | None = None
    recovered_within_15m: _Fraction | None = None
    recovered_within_60m: _Fraction | None = None
    rework_rate: _Fraction | None = None
    override_rate: _Fraction | None = None
    downstream_error_rate: _Fraction | None = None
    continuity_rate: _Fraction | None = None
    policy_conformance_rate: _Fraction | None = None
    review_coverage: _Fraction | None = None
    unattributed_share: _Fraction | None = None
    silent_downgrades: Annotated[float, Field(ge=0)] | None = None

    @property
    def given(self) -> dict[str, float]:
        """The targets that the file names, in the unit of their metric."""
        return {name: value for name, value in self if value is not None}


def _color(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(f"expected a colour such as '#0072b2', found {text!r}")
    return text.lower()


Color = Annotated[str, AfterValidator(_color)]


class Brand(Section):
    """`[brand]`: the name, logo and colours of reports."""

    name: str | None = Field(default=None, description="That of the project where absent.")
    logo: str | None = Field(default=None, description="PNG or SVG file, relative to readback.toml.")
    primary: Color = Field(default="#0072b2", description="Titles and rules, as `#rrggbb`.")
    accent: Color = Field(default="#e08a00", description="Marks beside them, as `#rrggbb`.")


class Alerts(Section):
    """`[alerts]`: when readback speaks up, and where its messages point."""

    dashboard_url: str | None = Field(default=None, description="Address of the dashboard, for links in messages.")
    preferred_objective: float = Field(
        default=0.97,
        gt=SLACKEST_OBJECTIVE,
        lt=1,
        description="Share of requests that the preferred model should serve.",
    )
    held_objective: float = Field(
        default=0.99, gt=SLACKEST_OBJECTIVE, lt=1, description="Share of requests that should not be held."
    )
    baseline_weeks: int = Field(default=12, ge=4, description="Weeks that an outcome rate is compared with.")
    quarantined_share: float = Field(default=0.01, gt=0, lt=1, description="Of a source's lines of a week.")
    unmapped_share: float = Field(default=0.10, gt=0, lt=1, description="Of a week's requests without a workflow.")
    stale_after: Seconds = 26 * 3600.0
    heartbeat_every: Seconds = 86400.0

    @field_validator("dashboard_url")
    @classmethod
    def _is_address(cls, address: str | None) -> str | None:
        if address is not None and not re.fullmatch(r"https?://[^\s<>\"'?#]+", address):
            raise ValueError("expected an address such as 'http://127.0.0.1:8501', without a query")
        return address.rstrip("/") if address else None


class Holiday(Section):
    """`[[calendar.holidays]]`: a day, or days, on which work is not as usual."""

    name: str = Field(min_length=1, max_length=80, description="What it is called in messages.")
    date: Day | None = Field(default=None, description="The day.")
    from_: Day | None = Field(default=None, alias="from", description="First of several days.")
    to: Day | None = Field(default=None, description="Last of them.")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = [self.date is not None, self.from_ is not None, self.to is not None]
        if given not in ([True, False, False], [False, True, True]):
            raise ValueError("expected either `date`, or `from` and `to`")
        if not 1 <= len(self.days) <= MOST_HOLIDAYS:
            raise ValueError(f"expected `to` on or after `from`, and at most {MOST_HOLIDAYS} days")
        return self

    @property
    def days(self) -> list[Day]:
        """Every day of it."""
        first, last = self.date or self.from_, self.date or self.to
        if first is None or last is None:
            return []
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


class Calendar(Section):
    """`[calendar]`: days on which work is not as usual, by country and by hand."""

    country: str | None = Field(default=None, description="Two letters (ISO 3166-1), such as DE: its public holidays.")
    subdivision: str | None = Field(default=None, description="Part of it (ISO 3166-2), such as BY.")
    holidays: tuple[Holiday, ...] = ()

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if self.country is None and self.subdivision is not None:
            raise ValueError("`subdivision` goes with `country`")
        if self.country is not None:
            public_holidays(self.country, self.subdivision, ())
        return self

    def days(self, last_year: int) -> list[tuple[Day, str]]:
        """Every holiday that records may fall on, with its name, by date."""
        found = [(day, each.name) for each in self.holidays for day in each.days]
        if self.country is not None:
            found += public_holidays(self.country, self.subdivision, range(FIRST_YEAR, last_year + 1)).items()
        return sorted(found)


class Channel(Section):
    """`[[channels]]`: where messages go; the address comes from the environment alone."""

    name: str = Field(pattern=r"^[\w.-]{1,40}$")
    url_env: str = Field(description="Environment variable that holds the Apprise URL.")
    tiers: tuple[AlertTier, ...] = (AlertTier.PAGE, AlertTier.TICKET)
    workflows: tuple[str, ...] = ("*",)
    workflow_classes: tuple[str, ...] = ("*",)
    heartbeat: bool = Field(default=False, description="Also told that nothing fired.")

    @field_validator("url_env")
    @classmethod
    def _is_variable(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,80}", name):
            raise ValueError("expected the name of an environment variable; the address itself must not stand here")
        return name


class Audience(Section):
    """`[[audiences]]`: who gets a weekly digest, of which workflows, through which channels."""

    name: str = Field(pattern=r"^[\w.-]{1,40}$")
    channels: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ("*",)


class Settings(Section):
    """The whole of `readback.toml`."""

    project: ProjectSection = ProjectSection()
    inputs: tuple[Input, ...] = ()
    workflow: Naming = _naming(
        "tag:workflow", "metadata:workflow", "attribute:readback.workflow", "attribute:gen_ai.workflow.name",
        "attribute:traceloop.workflow.name", "attribute:workflow", "key_alias", "route",
    )  # fmt: skip
    team: Naming = _naming("tag:team", "metadata:team", "attribute:team", "team")
    environment: Naming = _naming(
        "tag:env", "tag:environment", "metadata:environment", "attribute:deployment.environment.name",
        "attribute:deployment.environment", "environment",
    )  # fmt: skip
    run: Naming = _naming("tag:run", "metadata:run_id", "metadata:task", "attribute:readback.run.id", "session")
    windows: Windows = Windows()
    coverage: tuple[Coverage, ...] = ()
    notes: tuple[Note, ...] = ()
    gateways: tuple[GatewayFile, ...] = ()
    episodes: EpisodeRule = EpisodeRule()
    metrics: MetricSection = MetricSection()
    engine: Engine = Engine()
    sql: SqlSection = SqlSection()
    alerts: Alerts = Alerts()
    calendar: Calendar = Calendar()
    targets: Targets = Targets()
    brand: Brand = Brand()
    channels: tuple[Channel, ...] = ()
    audiences: tuple[Audience, ...] = ()

    @model_validator(mode="after")
    def _audiences_name_channels(self) -> Self:
        known = [channel.name for channel in self.channels]
        if len(set(known)) < len(known):
            raise ValueError("two `[[channels]]` have one name; give each its own")
        for audience in self.audiences:
            for name in audience.channels:
                if name not in known:
                    raise ValueError(f"audience {audience.name!r} names channel {name!r}; expected one of {known}")
        return self


@dataclass(frozen=True)
class Project:
    """A folder with `readback.toml` and `policy.yaml`; all state lies under `.readback/`."""

    root: Path
    settings: Settings

    @property
    def policy_file(self) -> Path:
        """The policy document, which need not exist."""
        return self.root / POLICY_FILE

    @property
    def state(self) -> Path:
        """Everything that readback writes."""
        return self.root / ".readback"

    @property
    def warehouse(self) -> Path:
        """The pipeline's own database."""
        return self.state / "warehouse.duckdb"

    @property
    def lake(self) -> Path:
        """Attempts, one Parquet part per input file."""
        return self.state / "lake"

    @property
    def scratch(self) -> Path:
        """Copies of what lies elsewhere, each only while it is read."""
        return self.state / "scratch"

    @property
    def published(self) -> Path:
        """What every reader opens: a link to the newest snapshot."""
        return self.state / "published" / "readback.duckdb"

    @property
    def reports(self) -> Path:
        """Monthly reports."""
        return self.state / "reports"

    @property
    def dagster_home(self) -> Path:
        """State of the orchestrator."""
        return self.state / "dagster"


def open_project(root: Path) -> Project:
    """The project in a folder.

    Raises:
        ProjectError: no `readback.toml` there.
        SettingsError: it says something that is not understood.
    """
    file = root / SETTINGS_FILE
    if not file.is_file():
        raise ProjectError(f"no {SETTINGS_FILE} here; `readback init {root}` makes one", file=root)
    return Project(root.resolve(), read_settings(file))


def read_settings(file: Path) -> Settings:
    """The settings in a file.

    Raises:
        SettingsError: not TOML, an unknown key (with the nearest known one), or a value out of its range.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"is not valid TOML: {error}", file=file) from None
    except ValidationError as error:
        raise _explained(error, file, text) from None


def _explained(error: ValidationError, file: Path, text: str) -> SettingsError:
    first = error.errors()[0]
    path = [part for part in first["loc"] if not (isinstance(part, str) and part.startswith("function-"))]
    key = ".".join(str(part) for part in path)
    line = _line_of(text, path)
    if first["type"] == "extra_forbidden":
        return SettingsError(f"unknown key; {_suggestion(path)}", file=file, line=line, key=key)
    message = first["msg"].removeprefix("Value error, ")
    return SettingsError(message[0].lower() + message[1:], file=file, line=line, key=key)


def _suggestion(path: list[int | str]) -> str:
    known = _known_keys(path[:-1])
    near = difflib.get_close_matches(str(path[-1]), known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"expected one of {', '.join(sorted(known))}"


def _known_keys(path: list[int | str]) -> list[str]:
    model: Any = Settings
    for part in path:
        if isinstance(part, str):
            field = next(f for n, f in model.model_fields.items() if part in (n, f.alias))
            inner = getattr(field.annotation, "__args__", (field.annotation,))
            model = next(a for a in inner if isinstance(a, type) and issubclass(a, BaseModel))
    return [field.alias or name for name, field in model.model_fields.items()]


def _line_of(text: str, path: list[int | str]) -> int | None:
    """Line of the last key of a path; the first one that stands after the header of its table, or of its element."""
    names = [part for part in path if isinstance(part, str)]
    if not names:
        return None
    lines = text.splitlines()
    headers = [n for n, line in enumerate(lines) if re.match(rf"\s*\[+\s*{re.escape(names[0])}\b", line)] or [0]
    element = path[1] if len(path) > 1 and isinstance(path[1], int) else 0
    start = headers[min(element, len(headers) - 1)]
    key = re.compile(rf"\s*(\[+\s*)?([\w.]+\.)?{re.escape(names[-1])}\s*(=|\])")
    return next((n + 1 for n, line in enumerate(lines) if n >= start and key.match(line)), None)
