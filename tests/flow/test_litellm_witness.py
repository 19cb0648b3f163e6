"""What the witness tells of a real LiteLLM proxy, against what its clients and its upstreams saw, request by request.

The proxy comes from the registry; the upstreams are scripted. One proxy with two workers takes everything at once; one
with a single worker, which alone knows what cools down, is asked one request after the other.
"""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from litellm_proxy import OFFLINE, Proxy, Reply, environment, litellm_proxy
from scripted_upstream import SECRET, Seen, Upstream, scripted_upstream
from small_logs import open_ledger

from readback import integrate
from readback.policy.naming import canonical_names

pytestmark = pytest.mark.slow

UPSTREAM_KEY = "sk-upstream-0123456789abcdef"
PAYLOADS = """
import json
from litellm.integrations.custom_logger import CustomLogger

class Payloads(CustomLogger):
    def write(self, kwargs):
        with open("payloads.jsonl", "a") as file:
            file.write(json.dumps(kwargs["standard_logging_object"], default=str) + "\\n")

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.write(kwargs)

payloads = Payloads()
"""
"""The log that LiteLLM itself keeps, beside the witness."""

DEPLOYMENTS = {
    "big-a": "openai/gpt-4o",
    "mid-a": "openai/gpt-4.1",
    "small-a": "openai/gpt-4o-mini",
    "solo-a": "openai/gpt-4.1",
    "slow-a": "openai/gpt-4.1",
    "moderated-a": "openai/gpt-4o",
    "spread-a": "openai/gpt-4o",
    "spread-b": "openai/gpt-4o",
    "ordered-a": "openai/gpt-4.1",
    "ordered-b": "openai/gpt-4.1-mini",
    "fragile-a": "openai/gpt-4.1",
    "brittle-a": "openai/gpt-4.1",
    "above-a": "openai/gpt-4o",
    "opus-a": "anthropic/claude-opus-4-20250514",
    "haiku-a": "anthropic/claude-3-5-haiku-20241022",
}
SPECIAL = {"slow-a": {"timeout": 1}, "ordered-a": {"order": 1}, "ordered-b": {"order": 2}}
ROUTER = {
    "num_retries": 1,
    "retry_after": 0,
    "timeout": 20,
    "cooldown_time": 60,
    "fallbacks": [
        {"big": ["mid", "small"]}, {"slow": ["small"]}, {"ordered": ["small"]}, {"fragile": ["small"]},
        {"above": ["brittle", "small"]}, {"opus": ["haiku"]},
    ],
    "content_policy_fallbacks": [{"moderated": ["small"]}],
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One request: whom it asks, how the upstreams behave, and which groups the proxy passes over meanwhile."""

    group: str
    script: Mapping[str, list[str]] = field(default_factory=dict)
    stream: bool = False
    path: str = "/v1/chat/completions"
    passed_over: tuple[str, ...] = ()


MESSAGES = "/v1/messages"
AT_ONCE = [
    *[Case("big")] * 4,
    Case("big", {"big": ["500"]}),
    Case("big", {"big": ["429", "429"]}),
    Case("big", {"big": ["500", "503"], "mid": ["500", "503"]}),
    Case("big", {"big": ["429", "500"], "mid": ["503", "500"], "small": ["quota", "429"]}),
    Case("solo", {"solo": ["500"]}),
    Case("solo", {"solo": ["quota", "quota"]}),
    Case("solo", {"solo": ["context"]}),
    Case("slow", {"slow": ["slow", "slow"]}),
    Case("slow", {"slow": ["slow"]}),
    Case("moderated", {"moderated": ["policy"]}),
    Case("big", stream=True),
    Case("big", {"big": ["500", "500"]}, stream=True),
    Case("opus", path=MESSAGES),
    Case("opus", {"opus": ["429"]}, path=MESSAGES),
    Case("opus", {"opus": ["500", "500"]}, path=MESSAGES),
    Case("opus", {"opus": ["429", "500"], "haiku": ["500", "401"]}, path=MESSAGES),
    Case("opus", {"opus": ["503", "503"]}),
]
IN_ORDER = [
    Case("fragile", {"fragile": ["401"]}),
    Case("fragile", passed_over=("fragile",)),
    Case("brittle", {"brittle": ["401"]}),
    Case("above", {"above": ["500", "500"]}, passed_over=("brittle",)),
    Case("brittle", passed_over=("brittle",)),
    Case("ordered", {"ordered": ["500", "500"]}),
    Case("spread", {"spread": ["429"]}),
    Case("solo", {"solo": ["cut"]}, stream=True),
]

Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One request from all sides: the case, the client, the upstreams, and the request that readback derives."""

    case: Case
    reply: Reply
    seen: list[Seen]
    row: Row


@dataclass(frozen=True)
class Observed:
    """Both proxies' requests, and the bytes that the witness wrote."""

    told: list[Told]
    with_payloads: dict[str, Row]
    witness: str
    payload_count: int
    seen: list[Seen]
    keys: list[str]


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    root = tmp_path_factory.mktemp("witness")
    witness, payloads = root / "witness.jsonl", [root / name / "payloads.jsonl" for name in ("many", "one")]
    with scripted_upstream() as upstream:
        with proxy(root / "many", upstream, witness, workers=2) as many, ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda numbered: ask(many, *numbered), enumerate(AT_ONCE)))
        with proxy(root / "one", upstream, witness, workers=1) as one:
            replies += [ask(one, number, case) for number, case in enumerate(IN_ORDER, start=len(AT_ONCE))]
    rows = requests(root / "alone", witness)
    told = [
        Told(case, reply, upstream.of(f"t-{number}"), rows[f"t-{number}"])
        for number, (case, reply) in enumerate(zip([*AT_ONCE, *IN_ORDER], replies, strict=True))
    ]
    return Observed(
        told,
        requests(root / "beside", witness, *payloads),
        witness.read_text("utf-8"),
        sum(len(file.read_text("utf-8").splitlines()) for file in payloads),
        upstream.seen,
        [many.key, one.key],
    )


@contextmanager
def proxy(folder: Path, upstream: Upstream, witness: Path, workers: int) -> Iterator[Proxy]:
    """A proxy in a folder with the witness, as `readback integrate litellm` writes it, and LiteLLM's own log."""
    folder.mkdir()
    integrate.write("litellm", folder / "litellm_witness.py")
    (folder / "payloads.py").write_text(PAYLOADS, encoding="utf-8")
    callbacks = {"callbacks": ["litellm_witness.witness", "payloads.payloads"]}
    models = [deployment(name, model, upstream.port) for name, model in DEPLOYMENTS.items()]
    config = {"model_list": models, "router_settings": ROUTER, "litellm_settings": callbacks}
    with litellm_proxy(folder, config, {"READBACK_WITNESS_FILE": str(witness)}, workers) as running:
        yield running
        await_lines(witness, upstream)


def deployment(name: str, model: str, port: int) -> Row:
    base = f"http://127.0.0.1:{port}/{name}" + ("/v1" if model.startswith("openai/") else "")
    parameters = {"model": model, "api_base": base, "api_key": UPSTREAM_KEY, "max_retries": 0}
    return {
        "model_name": name.rsplit("-", 1)[0],
        "litellm_params": parameters | SPECIAL.get(name, {}),
        "model_info": {"id": name},
    }


def ask(proxy: Proxy, number: int, case: Case) -> Reply:
    question = json.dumps({"case": f"t-{number}", "script": case.script, "about": SECRET})
    tags = [f"run:t-{number}", "workflow:triage", f"patient:{SECRET}"]
    body = {
        "model": case.group,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": 100,
        "stream": case.stream,
        "metadata": {"tags": tags},
        "user": SECRET,
    }
    return proxy.post(case.path, body)


def await_lines(witness: Path, upstream: Upstream) -> None:
    """LiteLLM logs answers after they were given: until every call is told, or a minute is over."""
    waiting = threading.Event()
    for _ in range(600):
        lines = witness.read_text("utf-8").splitlines() if witness.exists() else []
        if sum(json.loads(line)["is_tried"] for line in lines) >= len(upstream.seen):
            return
        waiting.wait(0.1)


def requests(root: Path, *files: Path) -> dict[str, Row]:
    """The requests that files give, by run; and nothing of the files is left unread."""
    root.mkdir()
    copies = [shutil.copy(file, root / f"{place}.jsonl") for place, file in enumerate(files)]
    with open_ledger(root) as books:
        entries = books.load(*map(Path, copies), loaded_at=datetime.now(UTC) + timedelta(hours=1))
        assert [(entry.rows, entry.quarantined_lines) for entry in entries] == [(e.lines, 0) for e in entries]
        books.build()
        relation = books.con.sql("select * from requests")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    assert len({row["run_id"] for row in rows}) == len(rows)
    return {row["run_id"]: row for row in rows}


def models(seen: list[Seen]) -> list[str]:
    names = canonical_names([call.model for call in seen], ())
    return [names[call.model] or call.model for call in seen]


def option_count(one: Told) -> int:
    """Models that were called and groups that were passed over: what the request went through."""
    return len(set(models(one.seen))) + len(one.case.passed_over)


def test_every_request_of_a_client_is_one_request(observed: Observed) -> None:
    assert len(observed.told) == len(AT_ONCE) + len(IN_ORDER)
    assert {one.row["source"] for one in observed.told} == {"litellm_witness"}


def test_every_call_of_an_upstream_is_one_line(observed: Observed) -> None:
    lines = [json.loads(line) for line in observed.witness.splitlines()]
    tried = [line["deployment"] for line in lines if line["is_tried"]]
    assert sorted(tried) == sorted(call.deployment for call in observed.seen)
    assert len(lines) - len(tried) == sum(len(one.case.passed_over) for one in observed.told)
    assert observed.payload_count < len(lines)


def test_models_were_tried_in_the_order_that_the_upstreams_saw(observed: Observed) -> None:
    for one in observed.told:
        assert one.row["chain"] == models(one.seen), one
        assert one.row["attempt_count"] == len(one.seen) + len(one.case.passed_over), one


def test_retries_and_hops_are_those_of_the_upstreams(observed: Observed) -> None:
    for one in observed.told:
        assert one.row["retry_count"] == len(one.seen) - len(set(models(one.seen))), one
        assert one.row["fallback_count"] == max(option_count(one) - 1, 0), one
    assert {one.row["fallback_count"] for one in observed.told} == {0, 1, 2}


def test_fallback_is_told_exactly_where_a_request_left_its_first_option(observed: Observed) -> None:
    for one in observed.told:
        assert one.row["is_fallback"] is (option_count(one) > 1), one
        assert one.row["route"] == one.case.group


def test_who_answered_is_who_the_client_heard(observed: Observed) -> None:
    for one in observed.told:
        assert one.row["deployment"] == one.reply.deployment, one
        served = None if one.reply.deployment is None else models(one.seen)[-1]
        assert one.row["served_model"] == served, one


def test_nobody_answered_exactly_where_the_client_got_no_answer(observed: Observed) -> None:
    nobody = [one for one in observed.told if one.row["served_by"] == "nobody"]
    assert nobody == [one for one in observed.told if one.reply.status != 200]
    assert len(nobody) == 6


def test_answer_that_broke_off_is_partial(observed: Observed) -> None:
    partial = [one.case for one in observed.told if one.row["is_partial"]]
    assert partial == [case for case in IN_ORDER if case.script == {"solo": ["cut"]}]


def test_group_that_cooled_down_is_passed_over_without_an_attempt(observed: Observed) -> None:
    found = {one.case.group: one.row["detection"] for one in observed.told if one.case.passed_over}
    assert found == {"fragile": "preemptive", "above": "attempt_chain", "brittle": None}


@pytest.mark.parametrize(
    ("group", "first", "cause"),
    [
        ("big", "500", "provider_outage"),
        ("big", "429", "provider_throttled"),
        ("solo", "quota", "cost_ceiling"),
        ("solo", "context", "context_window"),
        ("slow", "slow", "latency_breach"),
        ("moderated", "policy", "content_policy"),
        ("fragile", "401", "auth"),
        ("opus", "429", "provider_throttled"),
    ],
)
def test_cause_is_the_provoked_one(observed: Observed, group: str, first: str, cause: str) -> None:
    causes = {one.row["first_cause"] for one in observed.told if one.case.script.get(group, [""])[0] == first}
    assert causes == {cause}


def test_labels_are_the_listed_ones_only(observed: Observed) -> None:
    assert {one.row["workflow"] for one in observed.told} == {"triage"}
    labels = {name for line in observed.witness.splitlines() for name in json.loads(line)["labels"]}
    assert labels == {"run", "workflow"}


def test_witness_holds_no_prompt_no_key_and_no_person(observed: Observed) -> None:
    for secret in (SECRET, "Rumpelstilzchen", UPSTREAM_KEY, *observed.keys, "Bearer", "authorization"):
        assert secret not in observed.witness


def test_litellms_own_log_beside_the_witness_only_fills_its_gaps(observed: Observed) -> None:
    alone = {one.row["run_id"]: one.row for one in observed.told}
    assert observed.payload_count > len(alone)
    assert observed.with_payloads.keys() == alone.keys()
    for run, row in alone.items():
        told = {name: value for name, value in row.items() if value is not None}
        assert {name: observed.with_payloads[run][name] for name in told} == told
    assert any(row["other_sources"] == ["litellm"] for row in observed.with_payloads.values())


HOSTILE = """
import asyncio, os, sys
from litellm_witness import Witness

async def tell(path, kwargs):
    witness = Witness(path)
    await witness.async_pre_call_deployment_hook(kwargs, "acompletion")
    await witness.async_post_call_failure_deployment_hook(kwargs, ValueError("x"), None, 1)
    await witness.async_log_failure_event(kwargs, None, None, None)
    await witness.async_log_success_event(kwargs, None, None, None)
    await witness.log_failure_fallback_event("big", kwargs, ValueError())
    await witness.async_post_call_failure_hook(kwargs, ValueError(), None)

ODD = [None, 1, "x", [1], {"a": None}, object(), float("nan"), b"x"]
NAMES = ["litellm_call_id", "metadata", "litellm_metadata", "litellm_params", "model_info", "standard_logging_object"]
for path in (None, "/nowhere/at/all", sys.argv[1]):
    for odd in ODD:
        for name in NAMES:
            asyncio.run(tell(path, {"litellm_call_id": "c", name: odd}))
        for name in ("model_group", "tags", "previous_models", "requester_metadata", "attempted_fallbacks"):
            asyncio.run(tell(path, {"litellm_call_id": "c", "metadata": {"model_group": "g", name: odd}}))
"""
WORKERS = """
import asyncio, os, sys
from litellm_witness import Witness

async def many(worker):
    witness = Witness(sys.argv[1])
    for number in range(500):
        noted = {"model_group": "g" * 3000, "model_info": {"id": "d"}}
        told = {"litellm_call_id": f"{worker}-{number}", "metadata": noted}
        await witness.async_pre_call_deployment_hook(told, "acompletion")
        await witness.async_log_success_event(told, None, None, None)

for worker in range(4):
    if os.fork() == 0:
        asyncio.run(many(worker))
        os._exit(0)
for worker in range(4):
    assert os.wait()[1] == 0
"""


def run_beside_litellm(folder: Path, program: str) -> list[Row]:
    """The lines that a program with the witness writes, in the proxy's environment."""
    integrate.write("litellm", folder / "litellm_witness.py")
    command = [str(environment() / "python"), "-c", program, "lines.jsonl"]
    subprocess.run(command, cwd=folder, check=True, timeout=300, env={"PATH": "", "HOME": str(folder), **OFFLINE})
    return [json.loads(line) for line in (folder / "lines.jsonl").read_text("utf-8").splitlines()]


def test_nothing_that_a_hook_is_given_reaches_the_proxy(tmp_path: Path) -> None:
    lines = run_beside_litellm(tmp_path, HOSTILE)
    assert {line["readback_witness"] for line in lines} == {1}


def test_lines_of_several_workers_do_not_mix(tmp_path: Path) -> None:
    lines = run_beside_litellm(tmp_path, WORKERS)
    assert {line["call_id"] for line in lines} == {f"{worker}-{number}" for worker in range(4) for number in range(500)}
    assert len(lines) == 2000
