"""The continuity checklist, answered from data."""

from dataclasses import asdict
from itertools import groupby

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, out, print_json
from readback.errors import ProjectError
from readback.settings import open_project


def checklist(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Answer the continuity checklist from the data, each point with its evidence and what to do next."""
    from readback.decisions.checklist import checklist as answered
    from readback.faces import questions
    from readback.faces.inert import LONGEST, plain

    opened = open_project(project)
    with store.reader(opened) as con:
        moment = questions.as_of(con)
        if moment is None:
            raise ProjectError("no request was read yet; `readback run` reads the logs", file=opened.root)
        items = answered(con, moment)
    if as_json:
        print_json([asdict(item) for item in items])
        return
    for question, group in groupby(items, key=lambda item: item.question):
        out.print(f"\n{question}", style="bold", markup=False, soft_wrap=True)
        for item in group:
            out.print(f"  {item.answer.value:8} {plain(item.subject)}: {plain(item.evidence, LONGEST)}", markup=False)
            out.print(f"           Next: {plain(item.next_action, LONGEST)}", markup=False, style="dim")
