"""A project that an older readback built goes on after the upgrade, without reading its logs again."""

from datetime import UTC, datetime
from pathlib import Path

from readback import store
from readback.definitions import run_in_process
from readback.settings import open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)


def test_tables_of_another_shape_are_filled_again(tmp_path: Path) -> None:
    simulate(tmp_path, 3000, 5.0, 5, END)
    project = open_project(tmp_path)
    run_in_process(project, loaded_at=END)
    with store.warehouse(project) as con:
        before = con.execute("select count(*), count(distinct decision_id) from fallback_events").fetchall()
        con.execute("alter table fallback_events drop column decision_id")
        con.execute("drop table unanswered_requests")
        con.execute("drop table admin_switches")
    run_in_process(project, loaded_at=END)
    with store.reader(project) as con:
        assert con.execute("select count(*), count(distinct decision_id) from fallback_events").fetchall() == before
