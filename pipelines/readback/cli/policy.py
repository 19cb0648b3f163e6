"""The fallback policy: judge it, explain a verdict, read it from a gateway and give it to one."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from readback import store
from readback.cli.replay import replay
from readback.cli.shell import (
    HERE,
    JsonOption,
    MomentOption,
    ProjectOption,
    err,
    examples,
    near,
    now,
    out,
    print_json,
    say,
    utc,
    write_files,
)
from readback.errors import PolicyError, ProjectError
from readback.settings import SETTINGS_FILE, Project, open_project

app = typer.Typer(
    help="Check, explain, import and export the fallback policy.",
    no_args_is_help=True,
    epilog=examples("readback policy check", "readback policy import litellm-config.yaml --out policy.yaml"),
)

_MOST_ROWS = 20
_TOO_WIDE = (
    "verdict_rules", "policy_digest", "first_at", "judged", "silent_upgrades", "wrong_order", "missed_fallbacks",
    "without_reason", "breach_fraction_low",
)  # fmt: skip
"""Columns that a terminal has no room for; --json has them."""

app.command(
    "replay",
    epilog=examples("readback policy replay candidate.yaml", "readback policy replay candidate.yaml --json"),
)(replay)

GatewayOption = Annotated[str | None, typer.Option("--from", help="Gateway of the file; recognized when absent.")]


@app.command("check", epilog=examples("readback policy check", "readback policy check --json"))
def check(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Validate policy.yaml and tell what to do.

    Every finding has a code, a level, a place and a line. Published figures, where there are some, tell more. Exit 1 on
    an error.
    """
    from readback.faces.tables import findings
    from readback.policy.loading import load_policies
    from readback.policy.observing import observed, published_digests
    from readback.policy.validation import validate

    opened = open_project(project)
    seen, known = None, {}
    if opened.published.exists():
        with store.reader(opened) as con:
            seen, known = observed(con), published_digests(con)
    found = validate(load_policies(near(opened.policy_file)), known, now(), seen)
    if as_json:
        print_json([asdict(finding) for finding in found])
    else:
        out.print(findings(found))
    if any(finding.level == "error" for finding in found):
        raise typer.Exit(1)


@app.command("schema", epilog=examples("readback policy schema > policy.schema.json"))
def schema(
    as_json: Annotated[bool, typer.Option("--json", help="The same: the schema is one JSON object.")] = False,
) -> None:
    """Print the JSON Schema of policy.yaml, for editors."""
    from readback.policy.schema import schema_text

    sys.stdout.write(schema_text())


@app.command("explain", epilog=examples("readback policy explain FALLBACK_ID"))
def explain(
    judged: Annotated[str, typer.Argument(help="Id of a fallback, or of a request.")],
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Show why a request was judged as it was.

    From the lines of the log over the policy in force to the verdict, which is computed again.
    """
    from readback.policy.explanation import explain as explained
    from readback.policy.loading import load_policies

    opened = open_project(project)
    with store.reader(opened) as con:
        told = explained(con, judged, load_policies(opened.policy_file))
    if as_json:
        print_json([asdict(told)])
        return
    for link in told.chain:
        for n, sentence in enumerate(link.sentences):
            say(f"{'' if n else link.title:9} {sentence}")


@app.command(
    "import",
    epilog=examples(
        "readback policy import litellm-config.yaml",
        "readback policy import litellm-config.yaml --out policy.yaml",
    ),
)
def import_(
    file: Annotated[Path, typer.Argument(help="A gateway's configuration: YAML, JSON or TOML.")],
    gateway: GatewayOption = None,
    target: Annotated[Path | None, typer.Option("--out", help="File to write; printed when absent.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a draft of a policy from a gateway's configuration.

    What no gateway knows stays open and is listed; no approval is invented.
    """
    from readback.policy.importing import draft

    if target is not None and target.exists():
        raise PolicyError("exists already; nothing was changed", file=target)
    made = draft(file, now(), gateway)
    if target is not None:
        target.write_text(made.text, encoding="utf-8")
    if as_json:
        print_json([{"gateway": made.gateway.NAME, "file": target, "policy": made.text, "left_open": made.gaps}])
        return
    if target is None:
        sys.stdout.write(made.text)
    _tell("Left open", [f"- {gap}" for gap in made.gaps])


@app.command(
    "export",
    epilog=examples("readback policy export --to litellm", "readback policy export --to envoy --out gateway/"),
)
def export(
    gateway: Annotated[str, typer.Option("--to", help="litellm, portkey, envoy, bifrost, kong, …")],
    project: ProjectOption = HERE,
    target: Annotated[Path | None, typer.Option("--out", help="Folder to write to; printed when absent.")] = None,
    as_of: MomentOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the policy in force as a gateway's configuration.

    What the gateway cannot be told is listed; what must pause is never written as a fallback.
    """
    from readback.policy import gateways
    from readback.policy.exporting import export as exported
    from readback.policy.exporting import file_text, sole_in_force

    chosen, moment = gateways.named(gateway), utc(as_of) or now()
    written = exported(sole_in_force(open_project(project).policy_file, moment), chosen, moment)
    texts = {name: file_text(name, content) for name, content in written.files.items()}
    if target is not None:
        write_files(target, texts)
    if as_json:
        losses = [{"subject": loss.subject, "what": loss.what} for loss in written.losses]
        print_json([{"gateway": chosen.NAME, "folder": target, "files": texts, "losses": losses}])
        return
    for name, text in texts.items():
        sys.stdout.write(text) if target is None else say(f"Wrote {target / name}.")
    _tell("Not in the file" if texts else "Nothing may be exported", _bullets(written.losses))


@app.command("drift", epilog=examples("readback policy drift litellm-config.yaml"))
def drift(
    config: Annotated[
        Path | None, typer.Argument(help="The gateway's live configuration; those of readback.toml when absent.")
    ] = None,
    project: ProjectOption = HERE,
    gateway: GatewayOption = None,
    as_of: MomentOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare a gateway's live configuration with the policy in force.

    Exit 1 where they differ.
    """
    from readback.faces.tables import differences_table
    from readback.policy.drift import differences
    from readback.policy.exporting import sole_in_force
    from readback.policy.importing import read_gateway

    opened, moment = open_project(project), utc(as_of) or now()
    policy = sole_in_force(opened.policy_file, moment)
    found = {}
    for file, name in [(config, gateway)] if config else _configured(opened):
        chosen, live = read_gateway(file, name)
        found[file] = differences(policy, chosen, live, moment)
    if as_json:
        print_json([{"config": str(file)} | asdict(each) for file, several in found.items() for each in several])
    else:
        for file, several in found.items():
            if config is None:
                out.print(str(file), style="bold", markup=False, soft_wrap=True)
            out.print(differences_table(several))
    if any(found.values()):
        raise typer.Exit(1)


def _configured(project: Project) -> list[tuple[Path, str | None]]:
    """The files that readback.toml names, each with its gateway."""
    if not project.settings.gateways:
        told = "name a gateway's file, or give `[[gateways]]` with `config` once"
        raise ProjectError(told, file=project.root / SETTINGS_FILE)
    return [(project.root / each.config, each.kind) for each in project.settings.gateways]


@app.command("conformance", epilog=examples("readback policy conformance", "readback policy conformance --json"))
def conformance(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Show how the policy is kept to.

    Verdicts by class and week with their limits, every rule that was broken, silent downgrades and upgrades, overdue
    reviews, approvals that end, concentration by failure domain, triggers that never fired, and causes that no trigger
    declares.
    """
    from polars import selectors

    from readback.faces import questions
    from readback.faces.conformance import views
    from readback.faces.tables import rows_table

    opened = open_project(project)
    with store.reader(opened) as con:
        found = views(con, questions.as_of(con) or now())
    if as_json:
        print_json([{"view": name, **row} for name, frame in found.items() for row in frame.to_dicts()])
        return
    for name, frame in found.items():
        out.print(f"\n{name.replace('_', ' ').capitalize()}", style="bold underline")
        shown = frame.head(_MOST_ROWS).drop(_TOO_WIDE, strict=False)
        out.print(rows_table(shown.with_columns(selectors.float().round(4))) if frame.height else "none")
        if frame.height > _MOST_ROWS:
            out.print(f"and {frame.height - _MOST_ROWS} more; --json gives all")


def _bullets(losses: Any) -> list[str]:
    return list(dict.fromkeys(f"- {loss.subject}: {loss.what}" for loss in losses))


def _tell(title: str, lines: list[str]) -> None:
    """What is said beside the result, so that a pipe gets the result alone."""
    if lines:
        err.print(f"{title}:", *lines, sep="\n", markup=False)
