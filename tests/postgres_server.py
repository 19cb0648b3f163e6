"""A PostgreSQL server of Debian's package, started for a test in a folder of its own and reached by a Unix socket."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=Path("/usr/lib/postgresql/initdb")).parent
IS_INSTALLED = (BINARIES / "initdb").exists()
OWNER = "litellm"
PASSWORD = "canary/p@ss word"
_PATIENCE_S = 120.0


@contextmanager
def server() -> Iterator[Path]:
    """The folder of the socket of a running server, whose superuser is `litellm` with a password."""
    # Not pytest's folder: a socket's path must be short, and the server's user must be able to enter.
    folder = Path(tempfile.mkdtemp(prefix="readback-pg-", dir="/tmp"))
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    user = _unprivileged()
    if user is not None:
        for path in (folder, folder / "password"):
            shutil.chown(path, user, user)
    try:
        _run(folder, user, "initdb", "-D", "data", "-U", OWNER, "-A", "scram-sha-256", "--pwfile", "password", "-N",
             "-E", "UTF8", "--locale", "C.UTF-8")  # fmt: skip
        with _started(folder, user):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def dsn(folder: Path, user: str = OWNER, password: str = PASSWORD, database: str = "postgres", more: str = "") -> str:
    """A connection string as the users of Prisma write it."""
    return f"postgresql://{user}:{quote(password, safe='')}@{quote(str(folder), safe='')}/{database}{more}"


@contextmanager
def _started(folder: Path, user: str | None) -> Iterator[None]:
    command = [str(BINARIES / "postgres"), "-D", "data", "-k", str(folder), "-c", "listen_addresses=", "-F"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, user=user, group=user, stdout=log, stderr=log) as process,
    ):
        try:
            _wait(folder, process)
            yield
        finally:
            process.send_signal(signal.SIGINT)


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            psycopg.connect(dsn(folder)).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((folder / "log").read_text(encoding="utf-8", errors="replace")) from None
            time.sleep(0.1)


def _run(folder: Path, user: str | None, program: str, *arguments: str) -> None:
    subprocess.run(
        [BINARIES / program, *arguments], cwd=folder, user=user, group=user, check=True, stdout=subprocess.DEVNULL
    )


def _unprivileged() -> str | None:
    """Who runs the server: root may not, so Debian's own user for it does."""
    return pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
