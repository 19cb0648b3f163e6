"""The continuity checklist, answered from data."""

from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, out, print_json
from readback.settings import Project, open_project

if TYPE_CHECKING:
    from readback.decisions.checklist import Item


def checklist(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Answer the continuity checklist from the data, each point with its evidence and what to do next."""
    from readback.faces.inert import LONGEST, plain

    items = _items(open_project(project))
    if as_json:
        print_json([asdict(item) for item in items])
        return
    for question, group in groupby(items, key=lambda item: item.question):
        out.print(f"\n{question}", style="bold", markup=False, soft_wrap=True)
        for item in group:
            out.print(f"  {item.answer.value:8} {plain(item.subject)}: {plain(item.evidence, LONGEST)}", markup=False)
            out.print(f"           Next: {plain(item.next_action, LONGEST)}", markup=False, style="dim")


def _items(project: Project) -> "list[Item]":
    """The answers from what was published; where nothing was, every question with what to do first."""
    from readback.decisions.checklist import checklist as answered
    from readback.decisions.checklist import unanswered
    from readback.faces import questions

    if not project.published.exists():
        return unanswered()
    with store.reader(project) as con:
        moment = questions.as_of(con)
        return answered(con, moment) if moment else unanswered()
