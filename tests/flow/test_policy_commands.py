"""`readback policy`: what it prints, its JSON, its exit codes, and one sentence for every mistake."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from command_line import Command, command

from readback import store
from readback.contracts.vocabulary import VerdictReason
from readback.decisions.checklist import QUESTIONS
from readback.definitions import run_in_process
from readback.faces.conformance import views
from readback.policy.explanation import REASONS, explain
from readback.policy.judging import judged_by
from readback.policy.loading import load_policies, read_policies
from readback.settings import Project, open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)

LITELLM = """\
model_list:
  - {model_name: chat, litellm_params: {model: openai/gpt-4o, api_key: sk-0123456789abcdef}}
  - {model_name: spare, litellm_params: {model: anthropic/claude-sonnet-4}}
router_settings: {fallbacks: [{chat: [spare]}], num_retries: 1}
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("fleet")
    simulate(folder, 6000, 9.0, 5, END)
    project = open_project(folder)
    run_in_process(project, loaded_at=END)
    return project


@pytest.fixture
def policy(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return command(capsys, monkeypatch)


def test_check_as_json_has_code_level_place_line_and_help(policy: Command, tmp_path: Path) -> None:
    policy("init", tmp_path / "p")
    file = tmp_path / "p" / "policy.yaml"
    file.write_text(
        file.read_text().replace("on_expiry: escalate", "on_expiry: degrade").replace("[throttled, ", "[x, ")
    )
    code, out, _ = policy("policy", "check", "--project", tmp_path / "p", "--json")
    (found,) = [row for row in json.loads(out) if row["code"] == "P009"]
    assert code == 1
    assert found["level"] == "error"
    assert found["path"] == "workflow_classes[0].substitutes[0].triggers"
    assert "[x, " in file.read_text().splitlines()[found["line"] - 1]
    assert found["help"] == "Define the trigger, or complete its `when`."


def test_check_looks_at_what_was_published(policy: Command, fleet: Project, tmp_path: Path) -> None:
    shutil.copytree(fleet.root, tmp_path / "p", symlinks=True)
    file = tmp_path / "p" / "policy.yaml"
    text = file.read_text()
    head, _, rest = text.partition("- id: code-fix")
    assert rest
    file.write_text(f"{head}- id: code-mend{rest}".replace("effective_from: '2026-0", "effective_from: '2025-0"))
    with store.warehouse(open_project(tmp_path / "p")) as con:
        con.execute(
            "update requests set started_at = started_at - interval 120 day where workflow_class = 'claim-letter'"
        )
        store.publish(con, open_project(tmp_path / "p"), "older")
    _, out, _ = policy("policy", "check", "--project", tmp_path / "p", "--json")
    found = [row["message"] for row in json.loads(out) if row["code"] == "P015"]
    assert any("class 'claim-letter' was not seen since" in message for message in found)
    assert any("class 'code-mend' was not seen in any log" in message for message in found)


def test_check_knows_what_was_published_under_a_number(policy: Command, fleet: Project, tmp_path: Path) -> None:
    shutil.copytree(fleet.root, tmp_path / "p", symlinks=True)
    file = tmp_path / "p" / "policy.yaml"
    file.write_text(file.read_text().replace("cadence: 365d", "cadence: 300d"))
    code, out, _ = policy("policy", "check", "--project", tmp_path / "p", "--json")
    assert code == 1
    assert "P013" in {row["code"] for row in json.loads(out)}


def test_schema_is_json(policy: Command) -> None:
    code, out, _ = policy("policy", "schema")
    assert code == 0
    assert json.loads(out)["title"] == "readback fallback policy"


def test_init_puts_the_schema_where_the_hint_points(policy: Command, tmp_path: Path) -> None:
    policy("init", tmp_path / "p")
    hint = (tmp_path / "p" / "policy.yaml").read_text().splitlines()[0]
    assert (tmp_path / "p" / hint.partition("=")[2]).exists()


def test_explain_goes_from_log_line_to_verdict(policy: Command, fleet: Project) -> None:
    with store.reader(fleet) as con:
        ((fallback_id, line),) = con.execute(
            """select e.fallback_id, min(a.line) from fallback_events as e
            join attempts as a on a.request_id = e.request_id
            where list_contains(e.verdict_reasons, 'unapproved_substitute') group by all order by all limit 1"""
        ).fetchall()
    code, out, _ = policy("policy", "explain", fallback_id, "--project", fleet.root)
    assert code == 0
    assert f":{line}: " in out.splitlines()[0]
    for words in (
        "preferred ",
        "simulated-fleet@1 in force since",
        ", unchanged",
        "policy.yaml:",
        "does not list what",
    ):
        assert words in out
    assert "computed again, the same" in out.splitlines()[-1]


def test_every_verdict_is_reproduced(fleet: Project) -> None:
    policies = load_policies(fleet.policy_file)
    with store.reader(fleet) as con:
        sample = con.execute(
            """select fallback_id from fallback_events qualify row_number() over (
                partition by verdict_reasons order by fallback_id) <= 2
            union all select request_id from unanswered_requests"""
        ).fetchall()
        assert len(sample) > 10
        assert all(explain(con, judged, policies).is_reproduced for (judged,) in sample)


def test_an_edited_policy_is_told(fleet: Project) -> None:
    text = fleet.policy_file.read_text().replace("cadence: 365d", "cadence: 300d")
    with store.reader(fleet) as con:
        ((judged,),) = con.execute("select min(fallback_id) from fallback_events").fetchall()
        told = explain(con, judged, read_policies(text.encode(), fleet.policy_file))
    assert told.is_reproduced
    assert any("EDITED since it judged" in sentence for link in told.chain for sentence in link.sentences)


def test_a_project_that_was_moved_has_to_run_first(policy: Command, fleet: Project, tmp_path: Path) -> None:
    shutil.copytree(fleet.root, tmp_path / "p", symlinks=True)
    with store.reader(fleet) as con:
        ((judged,),) = con.execute("select min(fallback_id) from fallback_events").fetchall()
    code, _, err = policy("policy", "explain", judged, "--project", tmp_path / "p")
    assert (code, "the log lies elsewhere" in err) == (1, True)
    assert policy("policy", "check", "--project", tmp_path / "p")[0] == 0


def test_every_reason_has_its_clause() -> None:
    assert set(REASONS) == set(VerdictReason)


def test_explaining_nothing_is_one_sentence(policy: Command, fleet: Project) -> None:
    code, out, err = policy("policy", "explain", "nonsense", "--project", fleet.root)
    assert (code, out) == (1, "")
    assert "no judged request has the id 'nonsense'" in err


def test_the_policy_in_force_replays_history(fleet: Project) -> None:
    """On a fleet of several formats, the judge gives the verdicts that were published."""
    policies = load_policies(fleet.policy_file)
    whole = (datetime(2026, 10, 1, tzinfo=UTC), END)
    with store.reader(fleet) as con, judged_by(con, policies, whole):
        ((requests, differing),) = con.execute(
            """select (select count(*) from requests),
                (select count(*) from (select * from requests except select * from main.requests))"""
        ).fetchall()
        ((unlike,),) = con.execute(
            """select count(*) from verdicts as v full outer join (
                select request_id, decision_id from main.fallback_events
                union all select request_id, decision_id from main.unanswered_requests
            ) as e on e.request_id = v.request_id where v.decision_id is distinct from e.decision_id"""
        ).fetchall()
    assert (requests, differing, unlike) == (6000, 0, 0)


def test_import_prints_a_draft_and_tells_the_gaps_beside(policy: Command, tmp_path: Path) -> None:
    (tmp_path / "litellm-config.yaml").write_text(LITELLM)
    code, out, err = policy("policy", "import", tmp_path / "litellm-config.yaml")
    assert code == 0
    assert yaml.safe_load(out)["metadata"]["status"] == "draft"
    assert "leaves out stage, risk, boundary" in err
    assert "sk-" not in out + err


def test_import_changes_nothing_that_is_there(policy: Command, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(LITELLM)
    code, _, err = policy("policy", "import", tmp_path / "c.yaml", "--out", tmp_path / "c.yaml")
    assert (code, "exists already" in err) == (1, True)
    assert (tmp_path / "c.yaml").read_text() == LITELLM


def test_init_from_a_gateway_makes_a_project_that_runs(policy: Command, tmp_path: Path) -> None:
    (tmp_path / "litellm-config.yaml").write_text(LITELLM)
    code, out, _ = policy("init", tmp_path / "p", "--from", tmp_path / "litellm-config.yaml")
    assert code == 0
    assert "things are left open in policy.yaml" in out
    assert "openai/gpt-4o" in (tmp_path / "p" / "policy.yaml").read_text()
    assert policy("run", "--project", tmp_path / "p")[0] == 0


def test_init_from_what_is_none_writes_nothing(policy: Command, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("hello: world\n")
    code, _, err = policy("init", tmp_path / "p", "--from", tmp_path / "c.yaml")
    assert (code, "does not look like the configuration" in err) == (1, True)
    assert not (tmp_path / "p").exists()


def test_an_export_shows_no_drift_and_a_change_of_it_does(policy: Command, fleet: Project, tmp_path: Path) -> None:
    code, _, err = policy("policy", "export", "--to", "litellm", "--project", fleet.root, "--out", tmp_path)
    assert code == 0
    assert "claim-payment: is not exported: its boundary is pause" in err
    file = tmp_path / "litellm.yaml"
    assert policy("policy", "drift", file, "--project", fleet.root)[0] == 0
    config = yaml.safe_load(file.read_text())
    route, targets = next(iter(config["router_settings"]["fallbacks"][0].items()))
    config["model_list"].append({"model_name": "rogue", "litellm_params": {"model": "openai/gpt-3.5-turbo"}})
    config["router_settings"]["fallbacks"][0] = {route: [*targets, "rogue"]}
    file.write_text(yaml.safe_dump(config))
    code, out, _ = policy("policy", "drift", file, "--project", fleet.root, "--json")
    assert code == 1
    assert [(row["kind"], row["level"], row["route"]) for row in json.loads(out)] == [
        ("unapproved_substitute", "error", route)
    ]


def test_drift_takes_the_files_that_the_settings_name(policy: Command, fleet: Project, tmp_path: Path) -> None:
    root = tmp_path / "named"
    root.mkdir()
    for file in (fleet.policy_file, fleet.root / "readback.toml"):
        (root / file.name).write_bytes(file.read_bytes())
    code, _, err = policy("policy", "drift", "--project", root)
    assert code == 1
    assert "give `[[gateways]]` with `config` once" in err
    policy("policy", "export", "--to", "litellm", "--project", root, "--out", root)
    with (root / "readback.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[[gateways]]\nconfig = "litellm.yaml"\nkind = "litellm"\n')
    code, out, _ = policy("policy", "drift", "--project", root)
    assert code == 0
    assert "litellm.yaml" in out
    assert "No drift" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["export", "--to", "lightllm"], "unknown gateway 'lightllm'; expected one of litellm, portkey"),
        (["export", "--to", "litellm", "--as-of", "2020-01-01"], "no version is active at 2020-01-01; expected one"),
        (["drift", "missing.yaml"], "cannot be read"),
        (["import", "missing.yaml"], "cannot be read"),
    ],
)
def test_mistakes_end_in_one_sentence(policy: Command, fleet: Project, arguments: list[str], sentence: str) -> None:
    project = [] if arguments[0] == "import" else ["--project", fleet.root]
    code, out, err = policy("policy", *arguments, *project)
    assert (code, out) == (1, "")
    assert sentence in err
    assert "Traceback" not in err


def test_conformance_shows_every_view(policy: Command, fleet: Project) -> None:
    code, out, _ = policy("policy", "conformance", "--project", fleet.root)
    assert code == 0
    with store.reader(fleet) as con:
        names = list(views(con, datetime(2026, 11, 1, tzinfo=UTC)))
    assert {"weekly_verdicts", "violations", "silent_downgrades", "silent_upgrades", "concentration"} <= set(names)
    assert all(name.replace("_", " ").capitalize() in out for name in names)
    _, out, _ = policy("policy", "conformance", "--project", fleet.root, "--json")
    rows = json.loads(out)
    weekly = [row for row in rows if row["view"] == "weekly_verdicts"]
    with store.reader(fleet) as con:
        ((events,),) = con.execute("select count(*) from fallback_events").fetchall()
        ((unanswered,),) = con.execute("select count(*) from unanswered_requests").fetchall()
    assert sum(row["request_count"] for row in weekly) == events + unanswered
    assert all(row["breach_fraction"] <= row["breach_fraction_high"] for row in weekly if row["judged"])


def test_the_checklist_of_an_empty_project_answers_all_five_questions(policy: Command, tmp_path: Path) -> None:
    policy("init", tmp_path / "empty")
    code, out, _ = policy("checklist", "--project", tmp_path / "empty", "--json")
    items = json.loads(out)
    assert code == 0
    assert [item["question"] for item in items] == list(QUESTIONS)
    assert {item["answer"] for item in items} == {"unknown"}
    assert all(item["evidence"] and item["next_action"] for item in items)


def test_the_checklist_of_a_fleet_answers_all_five_questions(policy: Command, fleet: Project) -> None:
    code, out, _ = policy("checklist", "--project", fleet.root, "--json")
    items = json.loads(out)
    assert code == 0
    assert list(dict.fromkeys(item["question"] for item in items)) == list(QUESTIONS)
    assert any("silent downgrades (" in item["evidence"] for item in items if item["question"] == QUESTIONS[3])
