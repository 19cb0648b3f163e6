"""Whoever asks for a figure that is not there gets a row that says why, with the counts of its member."""

from faces_project import AS_OF

from readback.contracts import MetricValue
from readback.faces import absences, drill, figures, questions
from readback.store import Connection

OCTOBER = AS_OF.replace(day=1, hour=0, minute=0)
MISSING = "policy_conformance_rate"
"""Published of everything together alone, in the project of the faces."""


def asked(con: Connection, *metrics: str, is_filter: bool = False) -> dict[str, MetricValue]:
    found = absences.figures(con, metrics, "month", OCTOBER, "workflow", "code-review", is_filter)
    return dict(figures.by_metric(figures.values(found)))


def test_a_figure_without_a_row_explains_itself_by_the_requests_of_its_member(con: Connection) -> None:
    told = asked(con, "fallback_frequency", MISSING)
    traffic, missing = told["fallback_frequency"], told[MISSING]
    assert traffic.value is not None
    assert (missing.status, missing.member, missing.value) == ("no_data", "code-review", None)
    counts = f"{traffic.numerator:,.0f} fallbacks of {traffic.denominator:,.0f} requests"
    assert missing.explanation == f"No fallback to count: {counts}."
    assert figures.evidence(missing) == missing.explanation


def test_a_member_without_requests_says_that(con: Connection) -> None:
    found = absences.figures(con, [MISSING], "month", OCTOBER, "workflow", "never-seen")
    assert found["explanation"].to_list() == ["No request was read."]


def test_a_filter_says_how_much_it_leaves_out(con: Connection) -> None:
    (whole,) = figures.values(questions.figures(con, [MISSING], "month", OCTOBER))
    told = asked(con, MISSING, is_filter=True)[MISSING].explanation
    assert told is not None
    assert told.endswith(f" Filtered out: {whole.denominator:,.0f} fallbacks of every other workflow.")
    assert "Filtered" not in (asked(con, MISSING)[MISSING].explanation or "")


def test_everything_together_is_left_as_it_was_published(con: Connection) -> None:
    found = absences.figures(con, ["fallback_frequency", MISSING], "month", OCTOBER, is_filter=True)
    assert found.equals(questions.figures(con, ["fallback_frequency", MISSING], "month", OCTOBER))


def test_every_member_has_every_metric(con: Connection) -> None:
    found = absences.of_members(con, ["fallback_frequency", MISSING], "month", OCTOBER)
    known = questions.members(con)
    assert found.select("member", "metric").rows() == [
        (member, metric) for member in sorted(known) for metric in ("fallback_frequency", MISSING)
    ]
    assert absences.absent(found)["metric"].to_list() == [MISSING] * len(known)


def test_the_page_of_a_workflow_lists_what_it_cannot_tell(con: Connection) -> None:
    found = drill.absent(con, "month", OCTOBER, "code-review")
    assert MISSING in found["metric"].to_list()
    assert all(any(letter.isdigit() for letter in why) for why in found["explanation"])
