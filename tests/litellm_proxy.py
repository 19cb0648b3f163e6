"""A real LiteLLM proxy: installed from the registry into an environment of its own, since its pins clash with ours."""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent / "litellm-proxy.lock"
CACHE = Path(__file__).parents[1] / ".cache"
START_S = 240
OFFLINE = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "true",
    "LITELLM_LOCAL_BLOG_POSTS": "true",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "true",
    "LITELLM_LOCAL_AUTOROUTER_PRESETS": "true",
}
"""What LiteLLM would else fetch when it starts."""


@dataclass(frozen=True)
class Reply:
    """What a client saw of one request."""

    status: int
    text: str

    @property
    def deployment(self) -> str | None:
        """Who answered, by the answer's own words; None where nobody did."""
        found = re.search(r'"(?:content|text)": ?"([a-z]+-[a-z]):', self.text)
        return found[1] if found and self.status == 200 else None


@dataclass(frozen=True)
class Proxy:
    """A proxy that listens, and the key that it asks for."""

    url: str
    key: str = field(repr=False)

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """One request of a client, to the last byte of its answer."""
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.key}"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return Reply(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.read().decode())


def environment() -> Path:
    """Folder of the proxy's programs; installed by the first run and kept for those after."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    digest = hashlib.sha256(LOCK.read_bytes() + version.encode()).hexdigest()[:12]
    folder = CACHE / f"litellm-proxy-{digest}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "installing").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _install(folder)
            (folder / "ready").touch()
    return folder / "bin"


def virtual_environment(name: str, pinned: Sequence[str]) -> Path:
    """Folder of the programs of an environment with a few pinned packages alone; kept for later runs."""
    digest = hashlib.sha256(repr((pinned, sys.version_info[:2])).encode()).hexdigest()[:12]
    folder = CACHE / f"{name}-{digest}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"installing-{name}").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _run(sys.executable, "-m", "venv", folder)
            _run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pinned)
            (folder / "ready").touch()
    return folder / "bin"


@contextmanager
def litellm_proxy(
    folder: Path, config: Mapping[str, Any], variables: Mapping[str, str], workers: int = 1
) -> Iterator[Proxy]:
    """A proxy with this configuration that runs in a folder, where its callbacks stand."""
    (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
    proxy = Proxy(f"http://127.0.0.1:{_free_port()}", f"sk-{secrets.token_hex(24)}")
    port = proxy.url.rpartition(":")[2]
    command = [str(environment() / "litellm"), "--config", "config.yaml", "--host", "127.0.0.1", "--port", port]
    command += ["--num_workers", str(workers), "--telemetry", "False"]
    told = {"PATH": os.environ["PATH"], "HOME": str(folder), "LITELLM_MASTER_KEY": proxy.key, "TZ": "America/New_York"}
    log = folder / "proxy.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env={**told, **OFFLINE, **variables}, stdout=out, stderr=out)
    try:
        _await_start(proxy, process, log)
        yield proxy
    finally:
        process.terminate()
        process.wait(30)


def _install(folder: Path) -> None:
    uv = shutil.which("uv")
    if uv:
        _run(uv, "venv", "--quiet", "--python", sys.executable, folder)
        _run(uv, "pip", "sync", "--quiet", "--require-hashes", "--python", folder / "bin" / "python", LOCK)
    else:
        _run(sys.executable, "-m", "venv", folder)
        quietly = ("install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes")
        _run(folder / "bin" / "python", "-m", "pip", *quietly, "--requirement", LOCK)


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_start(proxy: Proxy, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{proxy.url}/health/liveliness", timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the proxy did not start: {log.read_text(encoding='utf-8', errors='replace')[-3000:]}")
