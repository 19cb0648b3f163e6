"""Scrapes of a Prometheus endpoint saved as text: each becomes one record, with the counters that it tells.

The text has no time of its own unless Prometheus itself wrote it (`/federate`), so the time stands before the scrape,
as in `# scraped_at 2026-10-05T12:00:00Z`, or in the name of its file, as in `litellm-20261005T120000Z.prom`. What is
left of the name tells the replicas of a gateway apart. Labels may name people: they stay in the record only until the
connector has taken the ones that it names; a series is known by a hash of all of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import xxhash

_SCRAPED_AT = re.compile(r"^#\s*scraped_at[\s:=]+(?P<time>\S+)[ \t]*(?P<instance>.*)$", re.MULTILINE)
_HEADER = re.compile(rb"^# (TYPE|HELP) [A-Za-z_:]|^#\s*scraped_at[\s:=]", re.MULTILINE)
_NAMED_TIME = re.compile(
    r"(?<!\d)(?P<day>20\d\d-?[01]\d-?[0-3]\d)[T_.-]?(?P<hour>[0-2]\d)[-_:]?(?P<minute>[0-5]\d)([-_:]?(?P<second>[0-5]\d))?Z?(?!\d)"
)
_NAMED_EPOCH = re.compile(r"(?<!\d)(?P<epoch>1\d{9})(?!\d)")
_ENDING = re.compile(r"(\.(prom|txt|text|metrics|log|gz|zst|openmetrics))+$")
_STARTED_AT = "process_start_time_seconds"


@dataclass(frozen=True)
class Scrape:
    """One scrape: the line that it begins on, and its record, or why it cannot be one."""

    line: int
    record: dict[str, Any] | None = None
    fault: str | None = None


def is_exposition(text: bytes) -> bool:
    """Whether a text is in the exposition format: comments that declare families come before their samples.

    >>> is_exposition(b"# TYPE requests_total counter"), is_exposition(b"# a log of requests")
    (True, False)
    """
    return text.lstrip()[:1] == b"#" and _HEADER.search(text) is not None


def scrapes(text: str, name: str) -> Iterator[Scrape]:
    """Every scrape of a file, in order; one that is damaged says nothing at all.

    A scrape without its end would make counters look new that were only cut off.
    """
    named_at, named_instance = _named(name)
    marks = list(_SCRAPED_AT.finditer(text))
    starts = [mark.start() for mark in marks]
    if not marks or text[: starts[0]].strip():
        yield _scrape(text[: starts[0] if starts else None], 1, named_at, named_instance)
    for mark, end in zip(marks, [*starts, len(text)][1:], strict=True):
        line = text.count("\n", 0, mark.start()) + 1
        instance = mark["instance"].strip() or named_instance
        yield _scrape(text[mark.end() : end], line, _moment(mark["time"]), instance)


def _scrape(text: str, line: int, at: datetime | None, instance: str) -> Scrape:
    # Imported here: the library registers collectors of this process, which a run without scrapes need not wait for.
    from prometheus_client.parser import text_string_to_metric_families

    record: dict[str, Any] = {"scraped_at": at and at.isoformat(), "instance": instance, "process_started_at": None}
    try:
        for family in text_string_to_metric_families(text):
            counted = {"counter": "_total", "histogram": "_count", "summary": "_count"}.get(family.type)
            if counted:
                record.setdefault(family.name + counted, [])
            for sample in family.samples:
                if sample.name.endswith(_STARTED_AT):
                    record["process_started_at"] = float(sample.value)
                elif family.type == "unknown" or (counted and sample.name.endswith(counted)):
                    record.setdefault(sample.name, []).append(_reading(sample, instance))
    except (ValueError, KeyError, IndexError):  # its text would show labels
        return Scrape(line, fault="not a whole scrape: a line of it is cut off or malformed; save it again")
    return Scrape(line, record)


def _reading(sample: Any, instance: str) -> dict[str, Any]:
    series = xxhash.xxh3_64(orjson.dumps(sample.labels, option=orjson.OPT_SORT_KEYS)).hexdigest()
    at = datetime.fromtimestamp(float(sample.timestamp), UTC).isoformat() if sample.timestamp else None
    named = {"series": series, "instance": sample.labels.get("instance") or instance, "read_at": at}
    return {**named, "total": float(sample.value), "labels": sample.labels}


def _named(name: str) -> tuple[datetime | None, str]:
    """The time that a file's name tells, in UTC, and what is left of the name."""
    if found := _NAMED_TIME.search(name):
        day = found["day"].replace("-", "")
        told = _moment(f"{day}T{found['hour']}{found['minute']}{found['second'] or '00'}")
    elif found := _NAMED_EPOCH.search(name):
        told = _moment(found["epoch"])
    else:
        return None, _ENDING.sub("", name)
    rest = name[: found.start()] + name[found.end() :]
    return told, _ENDING.sub("", rest).strip("-_. ")


def _moment(text: str) -> datetime | None:
    """ISO 8601 or seconds since 1970; a time without a zone is UTC."""
    try:
        if re.fullmatch(r"\d{10}(\.\d+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
