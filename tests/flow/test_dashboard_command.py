"""`readback dashboard` serves on loopback in its own process, and is gone when that ends."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import faces_project
import pytest

import readback


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as told:
            return bool(told.status == 200)
    except OSError:
        return False


def wait_for(port: int, expected: bool) -> None:
    for _ in range(300):
        if answers(port) == expected:
            return
        time.sleep(0.2)
    pytest.fail(f"the server {'did not start' if expected else 'outlived its command'}")


@pytest.mark.slow
def test_server_ends_with_the_command(tmp_path: Path) -> None:
    project, port = faces_project.build(tmp_path / "project"), free_port()
    command = [sys.executable, "-m", "readback", "dashboard", "--project", str(project.root), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path(readback.__file__).parents[1])}
    with subprocess.Popen([*command, "--read-only"], env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            wait_for(port, expected=True)
        finally:
            server.terminate()
    wait_for(port, expected=False)
