"""Messages reach real receivers: at least once, once only where nobody dies, with one reference, and never unsaid.

The receivers are servers of this machine: HTTP of the standard library, SMTP of aiosmtpd. Every sender is a process of
its own, so that it can be killed between sending and recording.
"""

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from rich.console import Console

from readback import alerting, store
from readback.contracts import Notification
from readback.decisions import deliveries
from readback.decisions.outbox import read_notifications
from readback.definitions import run_in_process
from readback.faces import answers, dispatches
from readback.settings import SETTINGS_FILE, Project, open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
NOW = END + timedelta(minutes=30)
CHANNELS = """
[alerts]
dashboard_url = "http://127.0.0.1:8501"

[[channels]]
name = "ops"
url_env = "OPS_URL"
heartbeat = true

[[channels]]
name = "mail"
url_env = "MAIL_URL"
tiers = ["page"]

[[audiences]]
name = "operations"
channels = ["mail"]
"""


@dataclass
class Receiver:
    """An HTTP server that keeps what it got; `answers` are its next statuses, and `kill` a process to end first."""

    got: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    kill_sender: bool = False
    sender: int | None = None
    port: int = 0

    @property
    def references(self) -> list[str]:
        return [reference for reference, _ in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kept.got.append((self.headers["Idempotency-Key"], body))
            if kept.kill_sender and kept.sender is not None:
                kept.kill_sender = False
                os.kill(kept.sender, signal.SIGKILL)
            self.send_response(kept.answers.pop(0) if kept.answers else 200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


class Mailbox:
    """An SMTP server's memory."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mail() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, f"mailto://127.0.0.1:{port}?from=readback@example.org&to=ops@example.org&mode=insecure"
    controller.stop()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which something fired, with two channels."""
    folder = tmp_path_factory.mktemp("fleet")
    simulate(folder, 3000, 9.0, 5, END)
    with (folder / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
        settings.write(CHANNELS)
    run_in_process(open_project(folder), loaded_at=END)
    return folder


@pytest.fixture
def project(fleet: Path, tmp_path: Path) -> Project:
    shutil.copytree(fleet, tmp_path / "fleet", symlinks=True)
    return open_project(tmp_path / "fleet")


def sending(project: Project, now: datetime, urls: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process that delivers what is due at a moment."""
    script = (
        "import os, sys; from datetime import datetime; from pathlib import Path;"
        "from readback import alerting; from readback.settings import open_project;"
        "alerting.deliver(open_project(Path(sys.argv[1])), os.environ, lambda: datetime.fromisoformat(sys.argv[2]))"
    )
    path = os.pathsep.join(part for part in sys.path if part)
    environment = {"PYTHONPATH": path, "PATH": os.environ["PATH"], **urls}
    return subprocess.Popen([sys.executable, "-c", script, str(project.root), now.isoformat()], env=environment)


def told(project: Project, channel: str = "ops") -> list[Notification]:
    """What the published ledger says of a channel."""
    with store.reader(project) as con:
        return [row for row in read_notifications(con) if row.channel == channel]


def deliver(project: Project, now: datetime, **urls: str) -> alerting.Delivered:
    return alerting.deliver(project, urls, lambda: now)


def http(receiver: Receiver) -> str:
    return f"json://127.0.0.1:{receiver.port}/hook"


def test_every_message_reaches_a_real_receiver_once(
    project: Project, receiver: Receiver, mail: tuple[Mailbox, str]
) -> None:
    box, address = mail
    delivered = deliver(project, NOW, OPS_URL=http(receiver), MAIL_URL=address)
    assert delivered.failed == delivered.dead == 0
    assert sorted(receiver.references) == sorted(row.notification_id for row in told(project))
    assert {row.state.value for row in told(project)} == {"sent"}
    assert len(box.got) == len(told(project, "mail")) > 0
    assert deliver(project, NOW + timedelta(days=9), OPS_URL=http(receiver), MAIL_URL=address) == (0, 0, 0)


def test_a_message_holds_counts_and_a_link_and_no_address(project: Project, receiver: Receiver) -> None:
    deliver(project, NOW, OPS_URL=http(receiver))
    body = next(body["message"] for _, body in receiver.got if "silent downgrade" in body["title"])
    assert "http://127.0.0.1:8501/alerts?workflow=" in body
    assert "requests of" in body
    with store.reader(project) as con:
        rows = con.execute("select * from notifications").fetchall()
    assert "json://" not in str(rows)
    assert str(receiver.port) not in str(rows)


def test_mail_is_text_with_its_reference(project: Project, mail: tuple[Mailbox, str]) -> None:
    box, address = mail
    deliver(project, NOW, MAIL_URL=address)
    first = box.got[0]
    assert str(first["Subject"]).startswith("[PAGE")
    assert first["Idempotency-Key"] in [row.notification_id for row in told(project, "mail")]


def test_killed_between_send_and_record_it_is_sent_again_with_the_same_reference(
    project: Project, receiver: Receiver
) -> None:
    receiver.kill_sender = True
    sender = sending(project, NOW, {"OPS_URL": http(receiver)})
    receiver.sender = sender.pid
    assert sender.wait(timeout=300) == -signal.SIGKILL
    (first,) = receiver.references
    with store.warehouse(project) as con:
        (claimed,) = [row for row in read_notifications(con) if row.notification_id == first]
    assert (claimed.state.value, claimed.attempts, claimed.sent_at) == ("pending", 1, None)
    assert sending(project, NOW + timedelta(seconds=30), {"OPS_URL": http(receiver)}).wait(timeout=300) == 0
    assert receiver.references.count(first) == 1, "the claim of the killed sender still lasts"
    assert sending(project, NOW + timedelta(seconds=61), {"OPS_URL": http(receiver)}).wait(timeout=300) == 0
    assert receiver.references.count(first) == 2
    assert sorted(set(receiver.references)) == sorted(row.notification_id for row in told(project))
    assert {row.state.value for row in told(project)} == {"sent"}


def test_parallel_workers_send_each_message_once(project: Project, receiver: Receiver) -> None:
    workers = [sending(project, NOW, {"OPS_URL": http(receiver)}) for _ in range(3)]
    assert [worker.wait(timeout=300) for worker in workers] == [0, 0, 0]
    assert sorted(receiver.references) == sorted(row.notification_id for row in told(project))


def test_a_receiver_that_fails_is_tried_again_later_and_then_given_up(project: Project, receiver: Receiver) -> None:
    receiver.answers = [503] * 1000
    now, counts = NOW, []
    for attempt in range(1, deliveries.MOST_ATTEMPTS + 1):
        counts.append(deliver(project, now, OPS_URL=http(receiver), MAIL_URL=""))
        now += deliveries.pause(attempt)
    count, every = len(told(project)), [*told(project), *told(project, "mail")]
    assert [counts[0].failed, counts[-1].dead] == [len(every), len(every)]
    assert {(row.state.value, row.reason) for row in told(project)} == {("dead", "the receiver answered 503")}
    assert len(receiver.got) == count * deliveries.MOST_ATTEMPTS


def test_dead_messages_stand_in_the_status_and_can_be_made_due_again(project: Project, receiver: Receiver) -> None:
    with alerting.changed(project, NOW) as con:
        con.execute("update notifications set state = 'dead', reason = 'the receiver answered 503', attempts = 8")
    with store.reader(project) as con:
        found = answers.standing(con)
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(dispatches.standing(found, NOW, project.settings))
    shown = console.export_text()
    assert shown.count("DEAD MESSAGE") == min(5, len(found.dead))
    assert "(the receiver answered 503)" in shown
    with alerting.changed(project, NOW) as con:
        assert deliveries.retry(con) == len(found.dead)
    assert deliver(project, NOW, OPS_URL=http(receiver)).sent == len(told(project))


def test_a_channel_without_an_address_says_which_variable_is_missing(project: Project) -> None:
    deliver(project, NOW)
    assert {row.reason for row in told(project)} == {"the environment has no OPS_URL"}


def test_an_address_that_is_none_is_never_shown(project: Project) -> None:
    deliver(project, NOW, OPS_URL="nosuch://secret-token")
    assert {row.reason for row in told(project)} == {"the address is not one that Apprise knows"}


def test_old_data_are_told_with_their_age_on_top(project: Project, receiver: Receiver) -> None:
    deliver(project, END + timedelta(days=3), OPS_URL=http(receiver))
    for _, body in receiver.got:
        assert body["title"].startswith("[STALE DATA] ")
        assert body["message"].startswith("STALE DATA: the newest record behind this is 3 d")
    assert {row.is_stale for row in told(project)} == {True}


def test_a_heartbeat_comes_once_a_turn(project: Project, receiver: Receiver) -> None:
    for minutes in (0, 10, 20):
        alerting.look(project, NOW + timedelta(minutes=minutes))
    alerting.look(project, NOW + timedelta(days=1))
    deliver(project, NOW + timedelta(days=1), OPS_URL=http(receiver))
    beats = [body["title"] for _, body in receiver.got if "[heartbeat]" in body["title"]]
    assert len(beats) == 2
    assert re.search(r"nothing fired, \d open, data as of 2026-10-31 23:59 UTC", beats[0])


def test_looking_again_at_the_same_watermark_changes_nothing(project: Project) -> None:
    with store.warehouse(project) as con:
        before = [con.execute(f"select * from {table} order by all").fetchall() for table in ("alerts", "monitors")]
    alerting.look(project, NOW)
    with store.warehouse(project) as con:
        after = [con.execute(f"select * from {table} order by all").fetchall() for table in ("alerts", "monitors")]
        messages = con.execute("select count(*) from notifications where kind = 'alert'").fetchall()
    alerting.look(project, NOW + timedelta(hours=1))
    with store.reader(project) as con:
        assert con.execute("select count(*) from notifications where kind = 'alert'").fetchall() == messages
    assert before == after


def test_the_digest_reaches_its_audience_once_as_html_and_text(project: Project, mail: tuple[Mailbox, str]) -> None:
    box, address = mail
    for _ in range(2):
        alerting.queue_digests(project, NOW)
        deliver(project, NOW, MAIL_URL=address)
    (digest,) = [each for each in box.got if "digest" in str(each["Subject"])]
    html = digest.get_body(("html",))
    assert html is not None
    assert "What changed by more than chance" in html.get_content()
    assert "http://127.0.0.1:8501/?grain=week&amp;period=2026-10-19" in html.get_content()
