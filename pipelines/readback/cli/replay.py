"""`readback policy replay`: a candidate over the logged requests."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from readback import store
from readback.cli.shell import HERE, JsonOption, MomentOption, ProjectOption, err, print_json, say, utc
from readback.errors import PolicyError
from readback.settings import open_project


def replay(
    candidate: Annotated[Path, typer.Argument(help="The candidate: a policy document.")],
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
    since: Annotated[
        datetime | None, typer.Option(help="From this UTC day; else since the version came into force.")
    ] = None,
    as_of: MomentOption = None,
) -> None:
    """Run the logged requests through a candidate policy.

    Tells what would have differed from history: fallbacks, holds, failures, waiting, cost, verdicts; with bounds where
    the log cannot say.
    """
    from readback.decisions.replay import replay as replayed
    from readback.faces import questions
    from readback.faces.replayed import faults, lines
    from readback.policy.loading import load_policies

    opened = open_project(project)
    if not candidate.exists():
        raise PolicyError("no such file; expected the YAML document of a candidate", file=candidate)
    found = load_policies(candidate)
    if not found:
        raise PolicyError("holds no policy; expected the YAML document of a candidate", file=candidate)
    for fault in faults(found[-1]):
        err.print(f"readback: {fault}", markup=False)
    with store.reader(opened) as con:
        moment = utc(as_of) or questions.as_of(con)
        if moment is None:
            raise PolicyError("no request was read yet; `readback run` reads the logs", file=opened.root)
        told = replayed(con, load_policies(opened.policy_file), found[-1], moment, since=utc(since))
    if as_json:
        print_json([asdict(told) | {"is_history": told.is_history}])
        return
    for line in lines(told):
        say(line)
