"""Files that make the logs of other software tell more."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from readback.cli.shell import JsonOption, print_json, say


def integrate(
    software: Annotated[Literal["litellm", "opentelemetry"], typer.Argument(help="Whose logs shall tell more.")],
    file: Annotated[Path | None, typer.Option("--out", help="Where to write it; by default here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write what makes a gateway or an application tell every attempt.

    litellm: a callback that writes one line per attempt. opentelemetry: the spans that a fallback needs.
    """
    from readback import integrate as handed_over

    chosen = handed_over.INTEGRATIONS[software]
    target = file or Path(chosen.file)
    handed_over.write(software, target)
    if as_json:
        print_json([{"file": target, "todo": chosen.todo, "lines": list(chosen.lines)}])
        return
    for line in (f"Wrote {target}. {chosen.todo}", "", *(f"    {line}" for line in chosen.lines)):
        say(line)
