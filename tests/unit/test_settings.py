"""`readback.toml`: every key has a meaning, and whatever has none is refused with its place."""

from pathlib import Path

import pytest

import readback
from readback.errors import ProjectError, SettingsError
from readback.metrics import definitions
from readback.settings import Brand, EpisodeRule, Settings, Targets, open_project, read_settings, seconds


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readback.toml"


@pytest.mark.parametrize(("text", "expected"), [("14d", 1_209_600.0), ("90m", 5400.0), ("2 h", 7200.0), ("500ms", 0.5)])
def test_duration_is_seconds(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "14", "-1d", "1.5h", "d", "1d2h", 14, None, "١d "])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="expected a duration such as '14d'"):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[project]\nnmae = 'x'", "readback.toml:2: project.nmae: unknown key; did you mean `name`?"),
        ("[projekt]\n", "readback.toml:1: projekt: unknown key; did you mean `project`?"),
        ("\n[episodes]\nzzz = 1", "readback.toml:3: episodes.zzz: unknown key; expected one of close_count"),
        ("[[inputs]]\npath = 'x'\nformat = 'y'", "readback.toml:3: inputs.0.format: unknown key"),
        ("[project]\ntimezone = 'Mars/Base'", "readback.toml:2: project.timezone: unknown time zone 'Mars/Base'"),
        ("[windows]\nrework = 14", "readback.toml:2: windows.rework: expected a duration such as"),
        (
            "[episodes]\nopen_count = 0",
            "readback.toml:2: episodes.open_count: input should be greater than or equal to 1",
        ),
        (
            "[project]\nweek_starts = 'friday'",
            "readback.toml:2: project.week_starts: input should be 'monday' or 'sunday'",
        ),
        (
            "[calendar]\ncountry = 'Germany'",
            "readback.toml:1: calendar: unknown country 'Germany'; expected two letters of ISO 3166-1, such as 'DE'",
        ),
        ("[calendar]\ncountry = 'DE'\nsubdivision = 'XX'", "readback.toml:1: calendar: unknown subdivision 'XX' of DE"),
        ("[calendar]\nsubdivision = 'BY'", "readback.toml:1: calendar: `subdivision` goes with `country`"),
        (
            "[[calendar.holidays]]\nname = 'x'\ndate = 2026-12-24\nto = 2026-12-25",
            "readback.toml:1: calendar.holidays.0: expected either `date`, or `from` and `to`",
        ),
        (
            "[[calendar.holidays]]\nname = 'x'\nfrom = 2026-12-24\nto = 2027-12-25",
            "readback.toml:1: calendar.holidays.0: expected `to` on or after `from`, and at most 60 days",
        ),
        ("[[inputs]]\nsource = 'litellm'", "readback.toml:1: inputs.0: expected either `path` or `postgres`"),
        (
            "[[inputs]]\npath = 'x'\n[[inputs]]\npostgres = 'T'",
            "readback.toml:3: inputs.1: `postgres` needs `dsn_env`, the environment variable with",
        ),
        (
            "[[inputs]]\npath = 'x'\noverlap = '1h'",
            "readback.toml:1: inputs.0: `overlap` goes with `postgres`, not with `path`",
        ),
        (
            "[[inputs]]\npath = 'x'\n[[inputs]]\npostgres = 'T'\ndsn_env = 'DB'\nbatch_rows = 0",
            "readback.toml:6: inputs.1.batch_rows: input should be greater than or equal to 1",
        ),
        (
            "[[inputs]]\npostgres = 'T'\ndsn_env = 'DB'\nsource = 'outcomes'",
            "a table of outcomes needs `cursor`, its columns of time and key",
        ),
        (
            "[[inputs]]\npostgres = 'T'\ndsn = 'x'",
            "inputs.0.dsn: unknown key; did you mean `dsn_env`?",
        ),
        ("[project\n", "readback.toml: is not valid TOML"),
        (
            "[[coverage]]\nsource = 'r'\nkinds = ['rework']\nfrom = 2026-10-01T00:00:00",
            "coverage.0.from: expected a time with an offset",
        ),
        (
            "[[coverage]]\nsource = 'r'\nkinds = ['rework']\nfrom = 2026-10-01T00:00:00Z\nmode = 'sampled'",
            "`sample_rate` go together",
        ),
        (
            "[[channels]]\nname = 'ops'\nurl_env = 'https://hooks.example/secret'",
            "readback.toml:3: channels.0.url_env: expected the name of an environment variable",
        ),
        (
            "[[channels]]\nname = 'ops'\nurl_env = 'A'\n[[channels]]\nname = 'ops'\nurl_env = 'B'",
            "two `[[channels]]` have one name",
        ),
        ("[[audiences]]\nname = 'x'\nchannels = ['mail']", "audience 'x' names channel 'mail'; expected one of []"),
        ("[alerts]\npreferred_objective = 0.5", "readback.toml:2: alerts.preferred_objective: input should be greater"),
        ("[alerts]\ndashboard_url = 'host'", "readback.toml:2: alerts.dashboard_url: expected an address such as"),
        (
            "[[coverage]]\nsource = 'r'\nkinds = ['nonsense']\nfrom = 2026-10-01T00:00:00Z",
            "readback.toml:3: coverage.0.kinds.0: input should be",
        ),
    ],
)
def test_mistake_is_one_sentence_with_its_place(file: Path, text: str, sentence: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[targets]\nfallback_rate = 0.1", "readback.toml:2: targets.fallback_rate: unknown key; did you mean"),
        ("[targets]\nrework_rate = 5", "readback.toml:2: targets.rework_rate: input should be less than or equal to 1"),
        (
            "[targets]\nrecovery_time_median_s = 900",
            "targets.recovery_time_median_s: expected a duration such as '14d'",
        ),
        ("[brand]\nprimary = 'blue'", "readback.toml:2: brand.primary: expected a colour such as '#0072b2'"),
        ("[brand]\ncolour = 'x'", "readback.toml:2: brand.colour: unknown key"),
    ],
)
def test_mistake_about_reports_is_one_sentence_with_its_place(file: Path, text: str, sentence: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert sentence in str(caught.value)


def test_only_targets_that_the_file_names_are_given(file: Path) -> None:
    file.write_text('[targets]\nrework_rate = 0.05\nrecovery_time_median_s = "20m"\n', encoding="utf-8")
    assert read_settings(file).targets.given == {"recovery_time_median_s": 1200.0, "rework_rate": 0.05}


def test_every_target_is_a_metric_in_its_unit() -> None:
    for name, field in Targets.model_fields.items():
        unit = definitions()[name].unit
        assert unit == (
            "s" if "BeforeValidator" in str(field) else "requests" if name == "silent_downgrades" else "fraction"
        )


def test_starter_shows_every_target_and_every_key_of_the_brand() -> None:
    starter = (Path(readback.__file__).parent / "starter" / "readback.toml").read_text(encoding="utf-8")
    assert [name for name in (*Targets.model_fields, *Brand.model_fields) if name not in starter] == []


def test_invalid_utf8_is_no_crash(file: Path) -> None:
    file.write_bytes(b"[project]\nname = '\xff'\n")
    assert read_settings(file).project.name == "\ufffd"


def test_empty_file_is_all_defaults(file: Path) -> None:
    file.write_text("", encoding="utf-8")
    assert read_settings(file) == Settings()


def test_folder_without_settings_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"no readback\.toml here; `readback init .*` makes one"):
        open_project(tmp_path)


def test_state_lies_below_the_project(file: Path) -> None:
    file.write_text("", encoding="utf-8")
    project = open_project(file.parent)
    for path in (project.warehouse, project.lake, project.published, project.reports, project.dagster_home):
        assert path.is_relative_to(file.parent / ".readback")


def test_version_of_an_episode_rule_names_every_parameter() -> None:
    versions = {EpisodeRule().version, EpisodeRule(open_count=3).version}
    for changed in ("open_within", "gap", "close_span", "hysteresis"):
        versions.add(EpisodeRule.model_validate({changed: "77s"}).version)
    versions.add(EpisodeRule(close_count=5).version)
    assert len(versions) == 7


def test_note_ends_after_it_begins(file: Path) -> None:
    file.write_text(
        "[[notes]]\nat = 2026-10-20T08:00:00Z\nuntil = 2026-10-19T08:00:00Z\ntext = 'x'\n", encoding="utf-8"
    )
    with pytest.raises(SettingsError, match="`until` must lie after `at`"):
        read_settings(file)


def test_holidays_are_those_of_the_country_and_of_ones_own() -> None:
    own = {"name": "Closing", "from": "2026-12-30", "to": "2027-01-01"}
    settings = Settings.model_validate({"calendar": {"country": "DE", "subdivision": "BY", "holidays": [own]}})
    found = [(f"{day:%m-%d}", name) for day, name in settings.calendar.days(2027) if day.year >= 2026]
    assert {("01-06", "Epiphany"), ("12-30", "Closing"), ("01-01", "Closing"), ("01-01", "New Year's Day")} <= set(
        found
    )
    assert Settings().calendar.days(2027) == []
