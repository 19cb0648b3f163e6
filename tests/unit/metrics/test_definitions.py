from pathlib import Path

import pytest

from readback.contracts.vocabulary import Dimension, Grain
from readback.errors import SourceError
from readback.metrics.definitions import definitions, read_definition

OF_THE_DESIGN = """fallback_frequency, recovery_time_median_s, recovery_time_p90_s, recovery_time_rmst_s,
recovered_within_15m, recovered_within_60m, open_episodes, degraded_minutes, rework_rate, override_rate,
review_coverage, downstream_error_rate, downstream_error_cost_usd, unattributed_share, continuity_rate,
policy_conformance_rate, silent_downgrades, added_latency_p95_ms, added_cost_usd"""

ADDED = {
    "recovered_within_240m", "oldest_open_episode_s", "mean_closed_minutes_biased", "answer_time_median_ms",
    "answer_time_p95_ms",
}  # fmt: skip


def test_every_metric_name_of_the_design_exists_and_those_added_since() -> None:
    assert set(definitions()) - ADDED == {name.strip() for name in OF_THE_DESIGN.replace("\n", " ").split(",")}
    assert set(definitions()) >= ADDED


def test_unit_agrees_with_the_suffix_of_the_name() -> None:
    suffixes = {"_s": "s", "_ms": "ms", "_usd": "usd", "_minutes": "minutes", "_rate": "fraction", "_share": "fraction"}
    for name, definition in definitions().items():
        told = {unit for suffix, unit in suffixes.items() if name.endswith(suffix)}
        assert told <= {definition.unit}, name


def test_question_is_one_question() -> None:
    for definition in definitions().values():
        assert definition.question.endswith("?"), definition.metric
        assert definition.question.count("?") == 1, definition.metric


def test_survival_has_no_figures_by_day_and_says_what_it_reads_off_the_curve() -> None:
    for definition in definitions().values():
        if definition.estimator == "survival":
            assert Grain.DAY not in definition.grains
            told = (definition.quantile, definition.horizon_s, definition.statistic)
            assert sum(part is not None for part in told) == 1


def test_cause_does_not_divide_the_denominator_of_frequency() -> None:
    assert definitions()["fallback_frequency"].undivided == (Dimension.CAUSE,)


def test_every_metric_has_a_case() -> None:
    cases = Path(__file__).parents[2] / "models"
    missing = [name for name in definitions() if not list((cases / name).glob("*.yaml"))]
    assert missing == []


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("-- [metric]\n-- estimator = 'mean'\n", "header is not a metric's"),
        ("-- question = 'what?'\n", "header is not a metric's"),
        ("-- [metric\n", "header is not TOML"),
    ],
)
def test_wrong_header_is_one_clear_sentence(tmp_path: Path, header: str, sentence: str) -> None:
    file = tmp_path / "x.sql"
    file.write_text(f"{header}select 1", encoding="utf-8")
    with pytest.raises(SourceError, match=sentence) as raised:
        read_definition(file)
    assert "\n" not in str(raised.value)
