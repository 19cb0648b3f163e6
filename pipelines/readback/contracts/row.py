"""The base of every contract: a pydantic row that knows its table, and the facts derived from it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, ClassVar, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

SQL_TYPES: dict[type, str] = {
    bool: "BOOLEAN",
    int: "BIGINT",
    float: "DOUBLE",
    str: "VARCHAR",
    datetime: "TIMESTAMP WITH TIME ZONE",
    date: "DATE",
}


class Row(BaseModel):
    """One row of one table. The class docstring says what a row is; each field says what it means."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Column:
    """What a contract says of one column; DDL, comments, dictionary and checks are derived from it."""

    name: str
    sql_type: str
    is_nullable: bool
    description: str
    allowed: tuple[str, ...] | None
    minimum: float | None
    maximum: float | None


def columns(row: type[Row]) -> list[Column]:
    """The columns of a contract, in order."""
    return [_column(name, field) for name, field in row.model_fields.items()]


def _column(name: str, field: FieldInfo) -> Column:
    inner, is_nullable = _without_none(field.annotation)
    return Column(
        name=name,
        sql_type=_sql_type(inner),
        is_nullable=is_nullable,
        description=field.description or "",
        allowed=_allowed(inner),
        minimum=_bound(field, annotated_types.Ge, "ge"),
        maximum=_bound(field, annotated_types.Le, "le"),
    )


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not NoneType]
        return members[0], True
    return annotation, False


def _sql_type(annotation: Any) -> str:
    if get_origin(annotation) is list:
        return _sql_type(get_args(annotation)[0]) + "[]"
    if issubclass(annotation, StrEnum):
        return "VARCHAR"
    return SQL_TYPES[annotation]


def _allowed(annotation: Any) -> tuple[str, ...] | None:
    member = get_args(annotation)[0] if get_origin(annotation) is list else annotation
    return tuple(member) if issubclass(member, StrEnum) else None


def _bound(field: FieldInfo, kind: type, attribute: str) -> float | None:
    found = [getattr(fact, attribute) for fact in field.metadata if isinstance(fact, kind)]
    return float(found[0]) if found else None
