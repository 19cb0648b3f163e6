"""Nouns of the bookkeeping: files, quarantined lines, checks, and the dictionary of all columns."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

from readback.contracts.row import Row
from readback.contracts.vocabulary import FileState


class LedgerFile(Row):
    """One input file by content, and what each of its lines became."""

    table: ClassVar[str] = "files"
    key: ClassVar[tuple[str, ...]] = ("file_id",)

    file_id: str = Field(description="Hash of the content (xxh3-128); the name does not matter.")
    path: str = Field(description="Where it was first seen.")
    source: str | None = Field(description="Log format; NULL where none was recognized.")
    other_sources: list[str] = Field(description="Further formats that stood in the file, line by line.")
    state: FileState = Field(description="What became of it.")
    reason: str | None = Field(description="Why it was not loaded.")
    bytes: int = Field(ge=0, description="Size on disk.")
    lines: int = Field(ge=0, description="Lines, or elements, that are not blank.")
    row_lines: int = Field(ge=0, description="Lines that became at least one row.")
    duplicate_lines: int = Field(ge=0, description="Lines that repeat a row already held.")
    ignored_lines: int = Field(ge=0, description="Lines that hold nothing for readback, by a rule of the format.")
    quarantined_lines: int = Field(ge=0, description="Lines that could not be read.")
    ignored_rule: str | None = Field(description="The rule that ignored lines.")
    rows: int = Field(ge=0, description="Rows that it gave.")
    first_at: datetime | None = Field(description="Earliest time in it.")
    last_at: datetime | None = Field(description="Latest time in it.")
    continues_file_id: str | None = Field(description="The shorter file of which this one is an appended copy.")
    skipped_lines: int = Field(ge=0, description="Leading lines already read as part of that file.")
    loaded_at: datetime = Field(description="When it was read.")


class LabelCandidate(Row):
    """One label that records without a workflow bear, and that could name it: its name, never its values."""

    table: ClassVar[str] = "label_candidates"
    key: ClassVar[tuple[str, ...]] = ("file_id", "label")

    file_id: str = Field(description="The file, of which the first records were looked at.")
    source: str = Field(description="Log format.")
    label: str = Field(description="As `[workflow] from` of readback.toml names it, such as `metadata:project`.")
    record_count: int = Field(ge=1, description="Records without a workflow that bear it.")
    value_count: int = Field(ge=1, description="Distinct values among them.")
    nameless_count: int = Field(ge=1, description="Records without a workflow that were looked at.")


class QuarantinedLine(Row):
    """One line that could not be read, with the exact reason and its scrubbed bytes."""

    table: ClassVar[str] = "quarantine"
    key: ClassVar[tuple[str, ...]] = ("file_id", "line")

    file_id: str = Field(description="The file.")
    path: str = Field(description="Where it was first seen.")
    line: int = Field(ge=1, description="Line, counted from 1.")
    byte_offset: int = Field(ge=0, description="Offset of the line in the uncompressed file.")
    source: str | None = Field(description="Log format that was expected.")
    reason: str = Field(description="Why it could not be read.")
    content: str = Field(description="At most 500 scrubbed characters; contents of prompts are cut out.")


class QualityResult(Row):
    """One check of one table, with sample rows where it failed."""

    table: ClassVar[str] = "quality_results"
    key: ClassVar[tuple[str, ...]] = ("table_name", "check_name")

    table_name: str = Field(description="Table checked.")
    column_name: str | None = Field(description="Column checked; NULL for a whole table.")
    check_name: str = Field(description="What was checked.")
    is_passed: bool = Field(description="Held.")
    is_blocking: bool = Field(description="A failure stops the publication.")
    observed: float | None = Field(description="Violations, or the observed extreme.")
    row_count: int = Field(ge=0, description="Rows looked at.")
    sample: str | None = Field(description="JSON of up to five failing rows.")
    as_of: datetime = Field(description="Watermark.")


class DictionaryEntry(Row):
    """One column of the published database, as its contract describes it."""

    table: ClassVar[str] = "data_dictionary"
    key: ClassVar[tuple[str, ...]] = ("table_name", "column_name")

    table_name: str = Field(description="Table.")
    table_description: str = Field(description="What a row is.")
    position: int = Field(ge=1, description="Order of the column.")
    column_name: str = Field(description="Column.")
    sql_type: str = Field(description="DuckDB type.")
    is_nullable: bool = Field(description="May be absent.")
    is_key: bool = Field(description="Part of what identifies a row.")
    description: str = Field(description="What it means.")
    allowed_values: list[str] | None = Field(description="The closed set, where there is one.")
    minimum: float | None = Field(description="Least value allowed.")
    maximum: float | None = Field(description="Greatest value allowed.")
