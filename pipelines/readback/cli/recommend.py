"""Changes to the policy that the evidence suggests: show them, decide on them, take them as a patch."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, now, out, print_json, say, write_files
from readback.errors import ProjectError
from readback.settings import Project, open_project

if TYPE_CHECKING:
    from readback.contracts import Recommendation

_ACTIONS = ("show", "list", "backtest", "accept", "reject")


def recommend(
    action: Annotated[str, typer.Argument(help="show, list, backtest, accept or reject.")] = "show",
    recommendation_id: Annotated[str | None, typer.Argument(help="The recommendation, for accept and reject.")] = None,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
    patch: Annotated[bool, typer.Option("--patch", help="A reviewable patch of policy.yaml.")] = False,
    target: Annotated[Path | None, typer.Option("--out", help="With --patch: folder for patch and records.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for accept and reject.")] = None,
    who: Annotated[str, typer.Option(help="Role or group that decides.")] = "operator",
) -> None:
    """Show the changes to the policy that the evidence suggests.

    `list` shows all, with what became of them; `accept` and `reject` take an id; `backtest` holds those of four weeks
    ago to what the last four weeks show. `--patch` prints a diff, and of what no edit can state, why.
    `--patch --out DIR` writes a patch that `git am` takes (the next version, as a draft), a changelog entry and an
    approval record to fill in.
    """
    opened = open_project(project)
    if action not in _ACTIONS:
        raise ProjectError(f"unknown action {action!r}; expected {', '.join(_ACTIONS)}", key="recommend")
    if action in ("accept", "reject"):
        decided = _decided(opened, action, recommendation_id or "", who, reason)
        _tell(decided, as_json=as_json)
    elif action == "backtest":
        _backtest(opened, as_json=as_json)
    elif patch:
        _patch(opened, target, as_json=as_json)
    else:
        _show(opened, is_all=action == "list", as_json=as_json)


def _show(opened: Project, *, is_all: bool, as_json: bool) -> None:
    from readback.decisions.acceptance import read_recommendations
    from readback.faces import answers, terminal

    with store.reader(opened) as con:
        rows = read_recommendations(con) if is_all else answers.recommendations(con)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
    else:
        out.print(terminal.decided(rows) if is_all else terminal.recommendations(rows))


def _backtest(opened: Project, *, as_json: bool) -> None:
    from readback.decisions.backtest import backtest
    from readback.faces import backtested, questions

    with store.reader(opened) as con:
        as_of = questions.as_of(con)
        if as_of is None:
            raise ProjectError("no request was read yet; `readback run` reads the logs", file=opened.root)
        told = backtest(con, opened.settings, as_of)
    if as_json:
        print_json([asdict(told) | {"held": told.held, "scored": told.scored, "share": told.share}])
        return
    for line in backtested.lines(told):
        out.print(line, markup=False, soft_wrap=True)


def _decided(opened: Project, action: str, wanted: str, who: str, reason: str | None) -> "Recommendation":
    from readback.deciding import Writer

    if not wanted:
        raise ProjectError("needs the id of a recommendation; `readback recommend list` shows them", key=action)
    if action == "reject" and not (reason or "").strip():
        raise ProjectError("a rejection needs a reason: --reason says why, for whoever looks next", key="reject")
    writer = Writer(opened, now())
    if action == "accept":
        return writer.accept(wanted, who, reason)
    return writer.reject(wanted, who, reason or "")


def _tell(decided: "Recommendation", *, as_json: bool) -> None:
    from readback.contracts.vocabulary import EvidenceClass, RecommendationState
    from readback.decisions.submission import TRIAL_ONLY
    from readback.faces.inert import plain

    if as_json:
        print_json([decided.model_dump(mode="json")])
        return
    say(plain(f"{decided.state.value.capitalize()} by {decided.decided_by}: {decided.title}"))
    if decided.evidence_class is EvidenceClass.TRIAL and decided.state is RecommendationState.ACCEPTED:
        say(TRIAL_ONLY)


def _patch(opened: Project, target: Path | None, *, as_json: bool) -> None:
    from readback.decisions.patch import diff, written
    from readback.decisions.submission import next_version, submission
    from readback.faces import answers

    text = opened.policy_file.read_text(encoding="utf-8") if opened.policy_file.exists() else ""
    with store.reader(opened) as con:
        rows = answers.recommendations(con)
    told = written(rows, text) if target is None else next_version(rows, text).changed
    files = {"policy.patch": diff(text, told.text)} if target is None else submission(rows, text)
    if target is not None:
        write_files(target, files)
    if as_json:
        left = [{"recommendation_id": each, "reason": reason} for each, reason in told.reasons.items()]
        print_json([{"folder": target, "files": files, "not_in_patch": left}])
        return
    for line in _left_out(rows, told.reasons):
        sys.stdout.write(f"# {line}\n") if target is None else say(line)
    for name, content in files.items():
        sys.stdout.write(content) if target is None else say(f"Wrote {target / name}.")


def _left_out(rows: "list[Recommendation]", reasons: dict[str, str]) -> Iterator[str]:
    """One sentence for each recommendation that no edit of the policy can state."""
    from readback.faces.inert import plain

    for row in rows:
        if row.recommendation_id in reasons:
            yield plain(f"Not in the patch: {row.title}: {reasons[row.recommendation_id]}.")
