"""A trial of a substitute: pairs of a shadow run by Newcombe and McNemar, independent arms by Miettinen-Nurminen."""

from pathlib import Path

import pytest

from readback.errors import UnreadableFile
from readback.metrics.trials import trial


def written(tmp_path: Path, header: str, *lines: str) -> Path:
    file = tmp_path / "trial.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return file


def test_a_shadow_run_is_compared_in_pairs(tmp_path: Path) -> None:
    """14, 5, 0, 22: Altman et al. 2000 print 0.011 to 0.226."""
    lines = ["1,1"] * 14 + ["0,1"] * 5 + ["0,0"] * 22
    found = trial(written(tmp_path, "preferred,substitute", *lines)).row(0, named=True)
    assert (found["design"], found["n_preferred"], found["left_out"]) == ("paired", 41, 0)
    assert [round(found[name], 4) for name in ("difference", "low", "high", "p_value")] == [
        0.122,
        0.0115,
        0.2265,
        0.0625,
    ]


def test_requests_sent_by_chance_are_compared_as_independent(tmp_path: Path) -> None:
    """56 of 70 against 48 of 80: Miettinen & Nurminen's published limits .0528 to .3382."""
    lines = ["substitute,1"] * 56 + ["substitute,0"] * 14 + ["preferred,1"] * 48 + ["preferred,0"] * 32
    found = trial(written(tmp_path, "arm,event", *lines)).row(0, named=True)
    assert (found["design"], found["p_value"]) == ("independent", None)
    assert [round(found[name], 4) for name in ("difference", "low", "high")] == [0.2, 0.0528, 0.3382]


def test_workflows_stand_below_everything(tmp_path: Path) -> None:
    found = trial(written(tmp_path, "workflow,preferred,substitute", "b,0,1", "a,yes,NO", ",true,false"))
    assert found["workflow"].to_list() == ["*", "(none)", "a", "b"]
    assert found["difference"].to_list() == [pytest.approx(-1 / 3), -1, -1, 1]


def test_answers_that_nobody_judged_are_left_out_and_counted(tmp_path: Path) -> None:
    found = trial(written(tmp_path, "preferred,substitute", "1,", ",0", "0,0")).row(0, named=True)
    assert (found["n_preferred"], found["left_out"]) == (1, 2)


def test_without_a_judged_answer_there_is_no_difference(tmp_path: Path) -> None:
    found = trial(written(tmp_path, "arm,event", "preferred,1", "substitute,")).row(0, named=True)
    assert (found["difference"], found["low"], found["rate_preferred"]) == (None, None, 1)


@pytest.mark.parametrize(
    ("header", "line", "told"),
    [
        ("a,b", "1,0", "expected columns preferred and substitute"),
        ("preferred,substitute", "1,maybe", "'maybe' is neither 1 nor 0"),
        ("arm,event", "control,1", "'control' is no arm"),
    ],
)
def test_what_is_no_trial_is_refused_in_a_sentence(tmp_path: Path, header: str, line: str, told: str) -> None:
    with pytest.raises(UnreadableFile, match=told):
        trial(written(tmp_path, header, line))


def test_a_file_that_is_absent_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read as CSV"):
        trial(tmp_path / "nowhere.csv")
