"""Small LiteLLM logs with known content, and the ledger that reads them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from readback import continuity, ledger, store, stretches
from readback.contracts import LedgerFile
from readback.inputs import LocalFile
from readback.policy.version import Policy
from readback.settings import Project, Settings

NOON = 1791201600.0
"""2026-10-05T12:00:00Z in epoch seconds."""

LOADED_AT = datetime(2026, 11, 1, tzinfo=UTC)
GROUPS = {"big": "openai/gpt-4o", "small": "openai/gpt-4o-mini", "other": "anthropic/claude-3-5-haiku-20241022"}

Record = dict[str, Any]


def answer(call: str, at: float = NOON, group: str = "big", workflow: str = "letters", **changed: Any) -> Record:
    """The record of an answer, of one second."""
    return {
        "id": f"chatcmpl-{call}",
        "litellm_call_id": call,
        "trace_id": f"trace-{call}",
        "status": "success",
        "startTime": at,
        "endTime": at + 1.0,
        "completionStartTime": at + 1.0,
        "stream": None,
        "model": GROUPS[group],
        "model_group": group,
        "model_id": f"{group}-1",
        "custom_llm_provider": GROUPS[group].split("/")[0],
        "cache_hit": None,
        "response_cost": 0.25,
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "request_tags": [f"workflow:{workflow}", "User-Agent: python-httpx"],
        "end_user": "",
        "error_information": {"error_code": "", "error_class": "", "error_message": ""},
        "metadata": {"user_api_key_alias": "app", "user_api_key_team_alias": "Claims"},
        "hidden_params": {"additional_headers": {}},
    } | changed


def failure(call: str, at: float = NOON, group: str = "big", workflow: str = "letters", **changed: Any) -> Record:
    """The record of a first failed attempt: the provider answered 503."""
    error = {"error_code": "503", "error_class": "ServiceUnavailableError", "error_message": "overloaded"}
    failed = {"id": call, "status": "failure", "endTime": at + 0.5, "response_cost": 0.0, "prompt_tokens": 0}
    blank = {"completion_tokens": 0, "error_str": "overloaded", "error_information": error, "hidden_params": None}
    return answer(call, at, group, workflow) | failed | blank | changed


def cooldown(call: str, at: float = NOON, group: str = "big", workflow: str = "letters") -> Record:
    """The record of a failure that tried no deployment: all of them are cooling down."""
    error = {"error_class": "RouterRateLimitError", "normalized_error": "429_NO_HEALTHY_DEPLOYMENTS"}
    untried = {"model": group, "model_id": "", "custom_llm_provider": None, "trace_id": f"trace-{call}-cooldown"}
    return failure(call, at, group, workflow) | untried | {"error_information": error, "error_str": "No deployments"}


def fallback(call: str, at: float = NOON, workflow: str = "letters", first: Any = failure) -> list[Record]:
    """Both records of a call that `big` failed and `small` answered."""
    return [first(call, at, "big", workflow), answer(call, at + 0.6, "small", workflow)]


def before_call_ids(record: Record) -> Record:
    """A payload as LiteLLM 1.80 wrote it: no call id, no counters, a model without its provider."""
    kept = {key: value for key, value in record.items() if key != "litellm_call_id"}
    return kept | {"model": record["model"].rpartition("/")[2], "hidden_params": {"additional_headers": None}}


def spend_rows(records: Iterable[Record]) -> list[Record]:
    """The spend log of some payloads: one row a call, of its answer, else of its failure, which began when it ended."""
    last = {record["trace_id"].removesuffix("-cooldown"): record for record in records}
    return [_spend_row(record) for record in last.values()]


def _spend_row(record: Record) -> Record:
    failed = record["status"] == "failure"
    times = {"startTime": record["endTime" if failed else "startTime"], "endTime": record["endTime"]}
    kept = ("model", "model_group", "model_id", "custom_llm_provider", "status", "litellm_call_id")
    return {
        **{key: datetime.fromtimestamp(at, UTC).isoformat() for key, at in times.items()},
        **{key: record[key] for key in kept if key in record},
        "request_id": record["id"],
        "call_type": "acompletion",
        "spend": record["response_cost"],
        "session_id": f"{record['trace_id']}{'-of-its-own' if failed else ''}",
        "metadata": {"error_information": record["error_information"]},
    }


def span_of(record: Record, **attributes: str) -> Record:
    """The span in which an application saw the answer of a record, with the id of that answer."""
    facts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": record["custom_llm_provider"],
        "gen_ai.request.model": record["model"],
        "gen_ai.response.model": record["model"],
        "gen_ai.response.id": record["id"],
    } | attributes
    call = record["litellm_call_id"].encode().hex()
    span = {
        "traceId": f"{call:0>32}",
        "spanId": f"{call:0>16}",
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(int(record["startTime"] * 1e9)),
        "endTimeUnixNano": str(int(record["endTime"] * 1e9)),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in facts.items()],
    }
    return {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}


def lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    """Records as JSON lines."""
    return b"".join(line(record) + b"\n" for record in records)


def line(record: Mapping[str, Any]) -> bytes:
    """One record without its newline."""
    return json.dumps(record).encode()


def days(*range_days: str) -> list[stretches.Range]:
    """The stretches of some days."""
    return stretches.join_days(datetime.fromisoformat(day).date() for day in range_days)


@dataclass(frozen=True)
class Ledger:
    """An open ledger in a scratch project."""

    con: store.Connection
    project: Project

    def load(self, *files: Path, source: str | None = None, loaded_at: datetime = LOADED_AT) -> list[LedgerFile]:
        """What became of the files that were not known yet."""
        return ledger.load(self.con, self.project, [LocalFile(str(file), source) for file in files], loaded_at).new

    def load_bytes(self, content: bytes, name: str = "log.jsonl", source: str | None = None) -> LedgerFile:
        """What became of one file with this content."""
        file = self.project.root / name
        file.write_bytes(content)
        (entry,) = self.load(file, source=source)
        return entry

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.con.execute(sql).fetchall()

    def calls(self) -> list[str]:
        """The calls whose attempts were read, in order."""
        return [call.removeprefix("litellm:") for (call,) in self.rows("select request_id from attempts order by all")]

    def quarantined(self) -> list[tuple[int, str]]:
        """Line and reason of every line that could not be read."""
        return self.rows("select line, reason from quarantine order by all")

    def build(self, policies: Sequence[Policy] = (), as_of: datetime | None = None) -> None:
        """The continuity steps for what is dirty, as a run takes them."""
        until = as_of or continuity.watermark(self.con)
        if until is None:
            return
        continuity.declare_policies(self.con, policies)
        continuity.renew_switches(self.con, policies)
        ranges = continuity.dirty_ranges(self.con)
        continuity.build_requests(self.con, policies, ranges)
        since = continuity.build_episodes(self.con, self.project.settings.episodes, ranges, until)
        continuity.build_fallback_events(self.con, ranges, since)
        self.con.execute("delete from ledger.dirty_days")


@contextmanager
def open_ledger(root: Path, settings: Settings | None = None) -> Iterator[Ledger]:
    """An empty ledger in memory; its lake lies in the folder."""
    con = store.memory()
    con.execute("set threads = 1")
    try:
        store.create_tables(con)
        ledger.create_tables(con)
        yield Ledger(con, Project(root, settings or Settings()))
    finally:
        con.close()
