"""Which labels could name the workflow of records that have none: names of tags, keys and columns, never a value.

The first records of a few files of each format are looked at while they are read; what a caller's metadata hold is
neither kept nor shown.
"""

import duckdb

from readback import store
from readback.contracts import LabelCandidate
from readback.feed import Feed
from readback.labels import names, with_labels
from readback.landing import columns_given, records_of
from readback.settings import Settings
from readback.sources import Source

SAMPLED_RECORDS = 500
SAMPLED_FILES = 10
"""Of each format so many files are looked at; the labels of one gateway change seldom."""

_NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"
"""What may stand as the name of a label; any other text may be a value, or hostile."""

_COLUMNS = ("key_alias", "route", "service", "team", "environment")
_OBJECTS = {"metadata": "metadata", "attributes": "attribute"}


def label_census(
    con: store.Connection, source: Source, feed: Feed, settings: Settings, file_id: str
) -> list[LabelCandidate]:
    """The labels of the first records of a file that name no workflow; empty where all do."""
    if source.header.emits != "attempts" or _is_known(con, source):
        return []
    try:
        found = con.execute(f"{_nameless(source, feed, settings)}\n{_labels(source)}").fetchall()
    except duckdb.Error:  # a file that can only be read line by line: what it holds was landed all the same
        return []
    return [
        LabelCandidate(
            file_id=file_id,
            source=source.name,
            label=label,
            record_count=records,
            value_count=values,
            nameless_count=nameless,
        )
        for label, records, values, nameless in found
    ]


def _is_known(con: store.Connection, source: Source) -> bool:
    seen = "select count(distinct file_id) from label_candidates where source = ?"
    return bool(con.execute(seen, [source.name]).fetchall()[0][0] >= SAMPLED_FILES)


def _nameless(source: Source, feed: Feed, settings: Settings) -> str:
    given = columns_given(source)
    readable = " and ".join(f'"{name}" is not null' for name in source.header.required)
    line = ", row_number() over () as line" if source.header.grain == "nested" else ""
    first = f"select *{line} from ({records_of(source, feed)} limit {SAMPLED_RECORDS}) where {readable}"
    kept = [name for name in ("tags", *_OBJECTS, *_COLUMNS) if name in given]
    return (
        f"with records as materialized ({first}),\n"
        f"nameless as materialized (select {', '.join([*kept, 'row_number() over () as record'])}\n"
        f"from {with_labels(source.body, settings, given)} where attempt_key is not null\n"
        f"and {names(settings, given)['workflow']} is null)"
    )


def _labels(source: Source) -> str:
    """One row per label: in how many records it stands, with how many values, of how many records."""
    given = columns_given(source)
    told = [
        f"select '{name}' as label, absent(cast({name} as varchar)) as told, record from nameless"
        for name in _COLUMNS
        if name in given
    ]
    if "tags" in given:
        told.append(
            "select 'tag:' || split_part(tag, ':', 1), absent(substr(tag, strpos(tag, ':') + 1)), record\n"
            f"from (select unnest(tags) as tag, record from nameless) where regexp_matches(tag, '^{_NAME}:')\n"
            "and not starts_with(tag, 'User-Agent:')"
        )
    for column, kind in _OBJECTS.items():
        if column in given:
            keys = f"case when json_valid({column}) and json_type({column}) = 'OBJECT' then json_keys({column}) end"
            value = f"json_extract_string({column}, '$.\"' || name || '\"')"
            told.append(
                f"select '{kind}:' || name, absent({value}), record\n"
                f"from (select unnest({keys}) as name, {column}, record from nameless)\n"
                f"where regexp_full_match(name, '{_NAME}')"
            )
    if not told:
        return "select null, null, null, null where false"
    return (
        "select label, count(distinct record), count(distinct told), (select count(*) from nameless)\n"
        f"from ({' union all '.join(told)}) where told is not null group by label order by label"
    )
