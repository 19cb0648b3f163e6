"""Portkey's real open-source gateway: installed from the registry into a folder of its own, run on the loopback."""

import fcntl
import hashlib
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent / "portkey_gateway_package"
CACHE = Path(__file__).parents[1] / ".cache"
START_S = 240


@dataclass(frozen=True)
class Gateway:
    """A gateway that listens."""

    url: str

    def ask(self, config: Mapping[str, Any], question: str) -> tuple[int, dict[str, Any]]:
        """Status and body of one question under a config object, which goes with the request."""
        body = {"model": "none", "max_tokens": 9, "messages": [{"role": "user", "content": question}]}
        headers = {"content-type": "application/json", "x-portkey-config": json.dumps(config)}
        request = urllib.request.Request(f"{self.url}/v1/chat/completions", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())


@contextmanager
def portkey_gateway(folder: Path) -> Iterator[Gateway]:
    """The gateway on a free port, with its output in a folder."""
    program = _installed() / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    gateway = Gateway(f"http://127.0.0.1:{(port := _free_port())}")
    log = folder / "gateway.log"
    with log.open("wb") as out:
        command = ["node", str(program), f"--port={port}", "--headless"]
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out)
    try:
        _await_start(gateway, process, log)
        yield gateway
    finally:
        process.terminate()
        process.wait(30)


def _installed() -> Path:
    """The folder of the package and what it needs; installed by the first run and kept for those after."""
    digest = hashlib.sha256((PACKAGE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = CACHE / f"portkey-gateway-{digest}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "installing-portkey").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(PACKAGE, folder)
            quietly = ("--silent", "--ignore-scripts", "--no-audit", "--no-fund")
            done = subprocess.run(["npm", "ci", *quietly], cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
            (folder / "ready").touch()
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_start(gateway: Gateway, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(gateway.url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the gateway did not start: {log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
