"""How long the preferred model itself was failing: a span where nobody tried it meanwhile."""

from typing import Any

import pytest

from readback.faces import story


@pytest.mark.parametrize(
    ("low", "high", "is_probed", "told"),
    [
        (None, None, False, ("–", "no failure of it was seen")),
        (600.0, None, True, ("over 10 min", "no answer since")),
        (0.0, 3600.0, False, ("0 s to 1 h", "nobody tried it meanwhile, so nobody knows when it ended")),
        (1200.0, 1800.0, True, ("20 min to 30 min", "from its last failure to its first answer")),
        (1800.0, 1801.0, True, ("30 min", "from its last failure to its first answer")),
        (None, 1800.0, None, ("30 min", "from its last failure to its first answer")),
    ],
)
def test_an_outage_is_told_as_far_as_it_is_known(
    low: float | None, high: float | None, is_probed: bool | None, told: tuple[str, str]
) -> None:
    row: dict[str, Any] = {"outage_low_s": low, "outage_s": high, "is_probed": is_probed}
    assert story.outage(row) == told
