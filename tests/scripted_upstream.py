"""A loopback provider in the shape of OpenAI's chat completions: what it answers stands in the question.

A question is JSON: {"case": "t-1", "script": {"big": ["429", "ok"]}}. The first call of a deployment of group `big`
for that case is throttled, the second answered; what no script names is answered. Every call is noted, in order.
"""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "the patient's name is Rumpelstilzchen"
"""Stands in every question, every answer and every error; it may stand in no log."""
SLOW_S = 1.6
CUT_AFTER_S = 0.5

FAILURES: dict[str, tuple[int, str, str, str]] = {
    "429": (429, "requests", "rate_limit_exceeded", "Rate limit reached for requests per min."),
    "quota": (429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota."),
    "500": (500, "server_error", "server_error", "The server had an error."),
    "503": (503, "server_error", "overloaded", "The engine is currently overloaded."),
    "401": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    "policy": (400, "invalid_request_error", "content_policy_violation", "Rejected by our safety system."),
    "context": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "This model's maximum context length is 8192.",
    ),
}
"""By what a script calls for: HTTP status, and the type, code and message of the error body."""


@dataclass(frozen=True)
class Seen:
    """One call as the provider saw it."""

    case: str
    deployment: str
    model: str
    behaviour: str


@dataclass
class Upstream:
    """The provider's address and everything that it was asked."""

    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _taken: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def of(self, case: str) -> list[Seen]:
        """The calls of one case, in order."""
        with self.lock:
            return [call for call in self.seen if call.case == case]

    def take(self, deployment: str, body: dict[str, Any]) -> str:
        """Note a call and say how it shall end."""
        content = body["messages"][-1]["content"]
        question = json.loads(content if isinstance(content, str) else content[0]["text"])
        group = deployment.rsplit("-", 1)[0]
        with self.lock:
            place = self._taken[question["case"], group]
            self._taken[question["case"], group] += 1
            steps = question.get("script", {}).get(group, [])
            behaviour = str(steps[place]) if place < len(steps) else "ok"
            self.seen.append(Seen(question["case"], deployment, body["model"], behaviour))
        return behaviour


@contextmanager
def scripted_upstream() -> Iterator[Upstream]:
    """A provider that listens on a free port of the loopback interface."""
    upstream = Upstream()
    server = _Server(upstream)
    upstream.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, upstream: Upstream) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = upstream

    def handle_error(self, *_: Any) -> None:
        """A proxy that stops waiting closes the connection: that is part of the script."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Keep the test's output quiet."""

    def do_POST(self) -> None:
        deployment = self.path.split("/")[1]
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert isinstance(self.server, _Server)
        behaviour = self.server.upstream.take(deployment, body)
        if behaviour == "slow":
            time.sleep(SLOW_S)
        if behaviour in FAILURES:
            self._fail(behaviour)
        elif self.path.endswith("/messages"):
            self._reply(200, _message(deployment, body["model"]))
        elif body.get("stream"):
            self._stream(deployment, body["model"], is_cut=behaviour == "cut")
        else:
            self._reply(200, _answer(deployment, body["model"]))

    def _fail(self, behaviour: str) -> None:
        status, kind, code, message = FAILURES[behaviour]
        told = {"error": {"message": f"{message} {SECRET}", "type": kind, "param": None, "code": code}}
        self._reply(status, told, retry_after="1" if status == 429 else None)

    def _reply(self, status: int, told: dict[str, Any], retry_after: str | None = None) -> None:
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.send_header("x-request-id", f"req-{time.monotonic_ns()}")
        if retry_after:
            self.send_header("retry-after", retry_after)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, deployment: str, model: str, *, is_cut: bool) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for told in _chunks(deployment, model):
            self._chunk(f"data: {json.dumps(told)}\n\n".encode())
            if is_cut:
                time.sleep(CUT_AFTER_S)
                self.close_connection = True
                return
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _chunk(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")


def _answer(deployment: str, model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": f"{deployment}: {SECRET}"}
    return {
        "id": f"chatcmpl-{time.monotonic_ns()}",
        "object": "chat.completion",
        "created": 1790000000,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


def _message(deployment: str, model: str) -> dict[str, Any]:
    return {
        "id": f"msg_{time.monotonic_ns()}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": f"{deployment}: {SECRET}"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 11, "output_tokens": 7},
    }


def _chunks(deployment: str, model: str) -> Iterator[dict[str, Any]]:
    head = {"id": f"chatcmpl-{time.monotonic_ns()}", "object": "chat.completion.chunk", "created": 1790000000}
    for delta, reason in (
        ({"role": "assistant", "content": f"{deployment}:"}, None),
        ({"content": "x"}, None),
        ({}, "stop"),
    ):
        yield head | {"model": model, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
