"""Same arguments, same bytes."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from readback.simulate import Truth, simulate

END = datetime(2026, 11, 1, tzinfo=UTC)


def digests(root: Path) -> dict[str, str]:
    files = [path for path in sorted(root.rglob("*")) if path.is_file()]
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_same_seed_gives_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        simulate(tmp_path / name, requests=2000, days=2, seed=5, end=END)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_another_seed_gives_other_logs(tmp_path: Path) -> None:
    for seed in (5, 6):
        simulate(tmp_path / str(seed), requests=1500, days=1, seed=seed, end=END)
    one, two = digests(tmp_path / "5"), digests(tmp_path / "6")
    logs = [name for name in one if name.startswith("logs/")]
    assert logs
    assert all(one[name] != two[name] for name in logs)


def test_shorter_simulation_in_the_same_folder_leaves_no_old_day(tmp_path: Path) -> None:
    simulate(tmp_path, requests=3000, days=4, seed=5, end=END)
    simulate(tmp_path, requests=1500, days=1, seed=5, end=END)
    written = {name for name in digests(tmp_path) if "/" in name}
    told = Truth.model_validate_json((tmp_path / "truth.json").read_bytes())
    assert written == set(told.files)


def test_files_of_others_survive(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "mine.txt").write_text("kept")
    for _ in range(2):
        simulate(tmp_path, requests=1500, days=1, seed=5, end=END)
    assert (tmp_path / "logs" / "mine.txt").read_text() == "kept"


@pytest.mark.parametrize(
    ("requests", "days", "end", "words"),
    [
        (200, 3.0, END, "requests must be at least"),
        (2000, 0.5, END, "days must be at least 1"),
        (2000, 3.0, datetime(2026, 11, 1), "time zone"),  # noqa: DTZ001
    ],
)
def test_impossible_fleet_is_refused_in_one_sentence(
    tmp_path: Path, requests: int, days: float, end: datetime, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        simulate(tmp_path / "none", requests=requests, days=days, seed=1, end=end)
    assert not (tmp_path / "none").exists()
