"""A week for one audience as one message, text and HTML from the same sentences: what changed, with n and interval.

Which audience gets it through which channel is said elsewhere; nothing is sent here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import jinja2

from readback import stats
from readback.contracts import MetricValue
from readback.decisions.messages import link
from readback.faces import asked, figures, questions, summary
from readback.faces.figures import COMPANIONS, HEADLINES, Definition
from readback.faces.notify import harmless
from readback.faces.period import FOREVER, Period, Span
from readback.store import Connection, query

_MOST = 12
_FALSE_SHARE = 0.05
_NAMES = [*HEADLINES, *COMPANIONS.values()]


@dataclass(frozen=True)
class Section:
    """A heading, sentences below it, and where to read on; empty where there is no dashboard."""

    heading: str
    sentences: Sequence[str]
    link: str = ""


@dataclass(frozen=True)
class Digest:
    """One week for one audience."""

    title: str
    sections: Sequence[Section]
    data_line: str

    @property
    def text(self) -> str:
        """As plain text; names from logs are made harmless, links stay."""
        told = [_block(section) for section in self.sections]
        return "\n\n".join([harmless(self.title), *told, harmless(self.data_line)]) + "\n"

    @property
    def html(self) -> str:
        """As one self-contained fragment of HTML for an e-mail."""
        shown = [
            Section(section.heading, [harmless(each) for each in section.sentences], section.link)
            for section in self.sections
        ]
        return _template().render(title=self.title, sections=shown, data_line=self.data_line)


def week_digest(
    con: Connection,
    audience: str,
    workflows: Sequence[str],
    week: Period,
    definitions: Mapping[str, Definition],
    dashboard_url: str | None,
) -> Digest:
    """What a week was like for those workflows; `*` alone means all, and what belongs to none."""
    members = [name for name in questions.members(con) if _fits(name, workflows)]
    is_whole = "*" in workflows
    page = _page(dashboard_url, "", week)
    sections = [
        *([Section("All workflows", _sentences(con, week, definitions), page)] if is_whole else []),
        Section("What changed by more than chance", _changed(con, members, week, definitions), page),
        Section(
            "Outcome rates that rose in the last 4 mature weeks", _risen(con, members), link(dashboard_url, "alerts")
        ),
        Section("Alerts", _alerts(con, members, week, is_whole), link(dashboard_url, "alerts")),
        Section("Held back", _held(con, members, week, is_whole), link(dashboard_url, "alerts")),
        Section("Suggested changes", _advice(con, members, is_whole), link(dashboard_url, "recommendations")),
    ]
    as_of = questions.as_of(con)
    told = f"From the logs up to {as_of:%Y-%m-%d %H:%M} UTC." if as_of else "No figure yet."
    return Digest(f"Continuity digest for {audience}: {week.label}", sections, told)


def _fits(name: str, workflows: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in workflows)


def _page(dashboard_url: str | None, page: str, week: Period, workflow: str | None = None) -> str:
    address = link(dashboard_url, page, workflow)
    day = week.start.isoformat()[:10]
    return f"{address}{'&' if workflow else '?'}grain=week&period={day}" if address else ""


def _sentences(con: Connection, week: Period, definitions: Mapping[str, Definition]) -> list[str]:
    now, before = _figures(con, week, None), _figures(con, week.previous or week, None)
    return summary.sentences(now, before, "the week before", definitions)


def _changed(con: Connection, members: Sequence[str], week: Period, definitions: Mapping[str, Definition]) -> list[str]:
    """What stands out although so many comparisons are made at once (Benjamini & Hochberg, for a one-shot list)."""
    found = [each for member in members for each in _compared(con, member, week, definitions)]
    listed = stats.benjamini_hochberg([change.p_value for change, _ in found], _FALSE_SHARE) if found else ()
    told = [sentence for (change, sentence), is_listed in zip(found, listed, strict=True) if is_listed]
    many = f"{len(found):,} comparison{'' if len(found) == 1 else 's'} with the week before"
    return [*_short(told), f"Of {many}; at most 5% of such a list are chance."] if told else [f"Nothing, in {many}."]


def _compared(
    con: Connection, member: str, week: Period, definitions: Mapping[str, Definition]
) -> Iterator[tuple[figures.Change, str]]:
    """The headline figures of a workflow that can be held against those of the week before, and how that is told."""
    now, before = _figures(con, week, member), _figures(con, week.previous or week, member)
    current, earlier = figures.by_metric(now), figures.by_metric(before)
    told = zip(HEADLINES, summary.sentences(now, before, "the week before", definitions), strict=True)
    for metric, sentence in told:
        found = figures.change(current.get(metric), earlier.get(metric), _better(metric, definitions))
        if found is not None:
            yield found, f"{member}: {sentence[0].lower()}{sentence[1:]}"


def _risen(con: Connection, members: Sequence[str]) -> list[str]:
    """The list of the month: rates against their baselines, over all workflows at once."""
    sql = "select * from monitors where month_evidence is not null order by month_evidence desc, workflow, metric"
    own = [row for row in asked.frame(con, sql).to_dicts() if row["workflow"] in members]
    told = [
        f"{row['workflow']}: {figures.label(row['metric']).lower()} of {100 * row['month_rate']:.1f}% "
        f"({100 * row['month_low']:.1f}–{100 * row['month_high']:.1f}, n={row['month_n']:,.0f}), against "
        f"{100 * row['baseline_rate']:.1f}% in its baseline; evidence {row['month_evidence']:,.0f} to 1."
        for row in own
        if row["is_listed"]
    ]
    rates = f"{len(own):,} rate{'' if len(own) == 1 else 's'} with a full baseline"
    return [*_short(told), f"Of {rates}; at most 5% of such a list are chance."] if told else [f"None, of {rates}."]


def _better(metric: str, definitions: Mapping[str, Definition]) -> figures.Better | None:
    return definitions[metric].better if metric in definitions else None


def _figures(con: Connection, week: Period, workflow: str | None) -> list[MetricValue]:
    place = {} if workflow is None else {"dimension": "workflow", "member": workflow}
    return figures.values(questions.figures(con, _NAMES, "week", week.start, **place))


def _alerts(con: Connection, members: Sequence[str], week: Period, is_whole: bool) -> list[str]:
    """Those that held in the week, and those that fired since: who reads of a week must not miss what stands open."""
    rows = questions.alerts(con, span=Span(week.start, FOREVER)).to_dicts()
    own = [row for row in rows if row["parent_id"] is None and _is_own(row["workflow"], members, is_whole)]
    told = [f"{row['tier'].upper()}, {row['state']}: {row['title']}" for row in own]
    return _short(told) or ["None fired."]


def _held(con: Connection, members: Sequence[str], week: Period, is_whole: bool) -> list[str]:
    """What nobody was told of, and why: looks inside a quiet time, and messages that were held."""
    sql = """
        select a.workflow, n.reason, count(*) as messages from notifications as n
        left join alerts as a on n.alert_id = a.alert_id
        where n.state in ('held', 'dead') and n.created_at >= $start and n.created_at < $ending
        group by all order by messages desc, a.workflow, n.reason
    """
    rows = query(con, sql, {"start": week.start, "ending": week.end}).fetchall()
    messages = [
        f"{count} message{'' if count == 1 else 's'} of {workflow or 'no workflow'}: {reason}"
        for workflow, reason, count in rows
        if _is_own(workflow, members, is_whole)
    ]
    return _short(_quiet(con, members, week, is_whole) + messages) or ["Nothing."]


def _quiet(con: Connection, members: Sequence[str], week: Period, is_whole: bool) -> list[str]:
    """Matches inside a quiet time that reached into the week, or that ended in it because the alert fired again."""
    sql = """
        select title, workflow, held_count from alerts
        where held_count > 0 and fired_at < $ending
          and (quiet_ends_at > $start or (quiet_ends_at is null and fired_at >= $start))
        order by held_count desc, title, alert_id
    """
    return [
        f"{title}: held at {count} more look{'' if count == 1 else 's'} in its quiet time"
        for title, workflow, count in query(con, sql, {"start": week.start, "ending": week.end}).fetchall()
        if _is_own(workflow, members, is_whole)
    ]


def _advice(con: Connection, members: Sequence[str], is_whole: bool) -> list[str]:
    rows = questions.recommendations(con).to_dicts()
    told = [row["title"] for row in rows if is_whole or row["workflow"] in members]
    return _short(told) or ["The evidence asks for no change of policy."]


def _is_own(workflow: str | None, members: Sequence[str], is_whole: bool) -> bool:
    return is_whole or workflow in members


def _short(told: list[str]) -> list[str]:
    return told if len(told) <= _MOST else [*told[:_MOST], f"And {len(told) - _MOST} more."]


def _block(section: Section) -> str:
    lines = [section.heading, *(f"- {harmless(' '.join(each.split()))}" for each in section.sentences)]
    return "\n".join([*lines, *([section.link] if section.link else [])])


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("readback.faces", "."), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("digest.html.j2")
