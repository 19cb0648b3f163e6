"""A project's own life: begin it, read its logs, say how it stands."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from readback import shipped, store
from readback.cli.progress import progress
from readback.cli.running import refresh, show
from readback.cli.shell import HERE, JsonOption, MomentOption, ProjectOption, near, now, out, print_json, say
from readback.errors import ProjectError
from readback.settings import POLICY_FILE, SETTINGS_FILE, open_project


def init(
    folder: Annotated[Path, typer.Argument(help="Folder of the new project.")],
    gateway_file: Annotated[
        Path | None, typer.Option("--from", help="A gateway's configuration to draft from.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write readback.toml and a draft of policy.yaml.

    The draft is drawn from a gateway's configuration where one is given; what no gateway knows stays open.
    """
    from readback.policy.importing import draft
    from readback.policy.schema import FILE_NAME, schema_text

    made = draft(gateway_file, now()) if gateway_file else None
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SETTINGS_FILE, POLICY_FILE):
        if (folder / name).exists():
            raise ProjectError(f"{name} exists already; nothing was changed", file=folder)
    for name in (SETTINGS_FILE, POLICY_FILE):
        shutil.copyfile(shipped.starter() / name, folder / name)
    (folder / FILE_NAME).write_text(schema_text(), encoding="utf-8")
    if made is not None:
        (folder / POLICY_FILE).write_text(made.text, encoding="utf-8")
    if as_json:
        gaps = list(made.gaps) if made else None
        print_json([{"settings": folder / SETTINGS_FILE, "policy": folder / POLICY_FILE, "left_open": gaps}])
        return
    if made is not None:
        say(f"{len(made.gaps)} things are left open in {POLICY_FILE}; `readback policy check` lists them.")
    written = f"Wrote {folder / SETTINGS_FILE} and {folder / POLICY_FILE}."
    say(f"{written} Next: readback run --project {folder}")


def run(
    project: ProjectOption = HERE,
    full: Annotated[bool, typer.Option("--full", help="Forget what was read and start over.")] = False,
    as_of: MomentOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read new log files and show what there is to decide.

    Prints the five metrics, the open alerts and the changes to the policy that the evidence suggests; as JSON what the
    run read and published.
    """
    opened = open_project(project)
    summary = refresh(opened, full=full, as_of=as_of)
    if as_json:
        print_json([asdict(summary)])
    else:
        show(opened)


def load(
    paths: Annotated[list[str], typer.Argument(help="Files, folders, or URLs such as s3://bucket/prefix.")],
    project: ProjectOption = HERE,
    source: Annotated[str | None, typer.Option("--source", help="Their format, such as litellm.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read files now.

    A file of an unknown format is listed with the nearest guess, and nothing of it is read.
    """
    from readback import inputs, ledger
    from readback.faces.tables import files_table

    opened, at = open_project(project), now()
    places = [inputs.place(opened, _existing(path), source) for path in paths]
    with store.warehouse(opened) as con, progress("looking") as shown:
        ledger.create_tables(con)
        logs = inputs.reached(inputs.logs(con, opened, places, at))
        loaded = ledger.load(con, opened, logs, at, lambda log: shown(f"read {log.name}", 1))
    if as_json:
        print_json([file.model_dump(mode="json") for file in loaded.new])
        return
    out.print(files_table([file.model_copy(update={"path": _typed(file.path)}) for file in loaded.new]))
    if loaded.known:
        out.print(f"{len(loaded.known)} of {len(loaded.known) + len(loaded.new)} files were known already.")


def status(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Show freshness per source, what each line became, what the logs do not say, and how the messages stand.

    Exit 1 when the ledger does not balance.
    """
    from readback.faces import answers, dispatches, gaps, questions
    from readback.faces.tables import balance, ledger_table

    opened = open_project(project)
    with store.reader(opened) as con:
        lost = answers.imbalance(con)
        frame = questions.ledger(con)
        if as_json:
            print_json(frame.to_dicts())
        else:
            out.print(ledger_table(frame, questions.as_of(con)))
            out.print(balance(answers.refused(con), lost))
            out.print(gaps.listed(con, opened.settings.workflow.from_))
            out.print(dispatches.standing(answers.standing(con), now(), opened.settings))
    if lost.height:
        raise typer.Exit(1)


def _existing(path: str) -> str:
    """A URL as it stands; a path from the folder in which the command runs."""
    from readback import inputs

    if inputs.is_url(path):
        return path
    if not Path(path).exists():
        raise ProjectError("no such file or folder", file=path)
    return str(Path(path).resolve())


def _typed(address: str) -> str:
    """A file as one would type it here; the address of an object or a table as it stands."""
    return address if "://" in address else str(near(Path(address)))
