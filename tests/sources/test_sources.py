"""Every connector in `models/sources/` has a sample, golden rows and a place in the documentation.

To accept changed rows: `python -c "from source_samples import *; from readback.sources import sources;
[write_golden(s) for s in sources().values()]"` with `pipelines` and `tests` on the path, then read the difference.
"""

import json
import re
from pathlib import Path

import pytest
from small_logs import open_ledger
from source_samples import PARAMETERS, golden_file, golden_lines, landed_sample, recognized, sample_files, session

from readback import documentation, ledger, shipped, store
from readback.contracts.vocabulary import Cause, Lane
from readback.feed import Feed
from readback.landing import landing_sql, records_of
from readback.provider_errors import read_providers
from readback.settings import Settings
from readback.sources import Source, recognize, sources

EVERY = pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.name)
REPOSITORY = Path(__file__).parents[2]


@EVERY
def test_has_a_sample_with_a_stated_origin(source: Source) -> None:
    readme = (shipped.samples() / "README.md").read_text(encoding="utf-8")
    files = sample_files(source.name)
    assert files
    assert [file.name for file in files if f"{source.name}/{file.name}" not in readme] == []


@EVERY
def test_sample_is_recognized_without_a_hint(source: Source) -> None:
    for file in sample_files(source.name):
        found = recognized(file)
        assert found is not None
        assert found.name == source.name, file.name


@EVERY
def test_sample_gives_the_golden_rows(source: Source) -> None:
    expected = [json.loads(line) for line in golden_file(source.name).read_text(encoding="utf-8").splitlines()]
    assert [json.loads(line) for line in golden_lines(source)] == expected


@EVERY
def test_every_line_of_a_sample_is_accounted_for(source: Source) -> None:
    for file in sample_files(source.name):
        result, rows = landed_sample(source.name, file)
        assert result.lines == result.records
        assert min(result.row_lines, result.ignored_lines, len(result.broken)) >= 0
        assert result.rows == len(rows)


def test_ledger_balances_after_every_sample(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as books:
        files = books.load(*(file for name in sources() for file in sample_files(name)))
        assert {file.state for file in files} == {"loaded"}
        assert ledger.imbalance(books.con) == []


@pytest.mark.parametrize("name", [name for name, source in sources().items() if source.header.grain == "line"])
def test_record_of_one_row_is_landed_without_a_join(name: str, tmp_path: Path) -> None:
    """A row's line is its place, and a join forgets the order; so do sorts and windows, which look at other lines."""
    log = tmp_path / "log.jsonl"
    log.write_text("{}\n", encoding="utf-8")
    source = sources()[name]
    sql = landing_sql(source, records_of(source, Feed(log)), Settings())
    with store.in_order(session()):
        ((_, plan),) = session().execute(f"explain {sql}", store.bound(sql, PARAMETERS | {"source": name})).fetchall()
    assert "Projection" in plan
    assert re.findall("Join|Window|Order|Group|Union", "\n".join(re.findall("╭─ .+", plan))) == []


def test_no_two_formats_are_believed_alike(tmp_path: Path) -> None:
    """One of two that tell of a call must give way, or it would be counted twice."""
    with open_ledger(tmp_path) as books:
        books.load(*sample_files("litellm"))
        books.build()
        found = books.rows("select source, place from observers order by place")
    assert {source for source, _ in found} == set(sources())
    assert len({place for _, place in found}) == len(found)
    places = dict(found)
    assert places["litellm_witness"] < places["litellm"] < places["litellm_spend"] < places["otlp"] < places["bedrock"]


@EVERY
def test_body_names_no_prompt_or_answer(source: Source) -> None:
    content = re.compile(r"\b(messages|response_body|inputBodyJson|outputBodyJson|input\.value|output\.value|prompt)\b")
    assert not content.search(" ".join([*source.columns, *source.columns.values()]))


@EVERY
def test_is_documented(source: Source) -> None:
    page = (REPOSITORY / "docs" / "sources.md").read_text(encoding="utf-8")
    assert f"| [`{source.name}`](#{source.name}) |" in page


def test_sources_page_is_what_the_headers_say() -> None:
    assert (REPOSITORY / "docs" / "sources.md").read_text(encoding="utf-8") == documentation.sources_page()


def test_metrics_page_is_what_the_headers_say() -> None:
    assert (REPOSITORY / "docs" / "metrics.md").read_text(encoding="utf-8") == documentation.metrics_page()


def test_sql_page_is_what_the_questions_say() -> None:
    assert (REPOSITORY / "docs" / "sql.md").read_text(encoding="utf-8") == documentation.sql_page()


def test_tables_page_is_what_the_contracts_say() -> None:
    assert (REPOSITORY / "docs" / "tables.md").read_text(encoding="utf-8") == documentation.tables_page()


def test_causes_page_is_what_the_rule_table_makes_of_the_corpus() -> None:
    providers = read_providers(REPOSITORY / "tests" / "sources" / "provider_errors.yaml")
    assert (REPOSITORY / "docs" / "causes.md").read_text(encoding="utf-8") == documentation.causes_page(providers)


def test_otlp_accepts_exactly_the_causes_and_lanes_of_the_vocabulary() -> None:
    body = sources()["otlp"].body
    accepted = re.search(r"list_contains\(\[([^\]]+)\], facts\['readback.stated_cause'\]\)", body)
    assert accepted is not None
    assert set(re.findall(r"'(\w+)'", accepted[1])) == set(Cause)
    assert {"manual", "hold"} == set(Lane) - {Lane.MODEL}


def test_every_cause_but_capability_missing_stands_in_a_sample() -> None:
    told = {
        cause
        for source in sources().values()
        if source.header.emits == "attempts"
        for file in sample_files(source.name)
        for cause in (row["cause"] for row in landed_sample(source.name, file)[1])
    }
    assert set(Cause) - told == {Cause.CAPABILITY_MISSING}


def test_no_word_of_a_prompt_reaches_a_row() -> None:
    for source in sources().values():
        for line in golden_lines(source):
            assert "plausible?" not in line
            assert "Draft the letter" not in line
            assert "Dear customer" not in line


def test_person_is_only_ever_hashed() -> None:
    told = "\n".join(line for source in sources().values() for line in golden_lines(source))
    assert "user_hash" in told
    for name in ("jo.doe", "clerk-4", "customer-17", "worker-1", "reviewer-17"):
        assert name not in told


def test_record_of_no_format_is_not_recognized() -> None:
    assert recognize([{"hello": "world"}]) is None
