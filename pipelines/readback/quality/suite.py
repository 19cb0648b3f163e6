"""Checks and facts → a Great Expectations suite and its verdicts. The only file that imports Great Expectations.

Importing it takes seconds, so that this module is imported where checks run and never on a reader's path.
"""

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal

import pandas as pd  # type: ignore[import-untyped]

from readback.quality.checks import Check

with warnings.catch_warnings():
    # Its own imports warn of deprecations that concern its authors only.
    warnings.simplefilter("ignore")
    import great_expectations as gx
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.core import (  # type: ignore[attr-defined]
        ExpectColumnDistinctValuesToEqualSet,
        ExpectColumnPairValuesAToBeGreaterThanB,
    )

_ABSENT: Literal["either_value_is_missing"] = "either_value_is_missing"
_FORMAT = {"result_format": "COMPLETE", "unexpected_index_column_names": ["check"]}


def suite(name: str, asked: Sequence[Check]) -> gx.ExpectationSuite:
    """The suite of one table, over a frame with one row per check: each was measured, and lies between its limits.

    One expectation serves all checks of a table, since Great Expectations takes 5 ms for each.
    """
    return gx.ExpectationSuite(
        name=name,
        expectations=[
            ExpectColumnDistinctValuesToEqualSet(column="check", value_set=[each.name for each in asked]),
            ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="fact", column_B="least", or_equal=True, ignore_row_if=_ABSENT
            ),
            ExpectColumnPairValuesAToBeGreaterThanB(
                column_A="greatest", column_B="fact", or_equal=True, ignore_row_if=_ABSENT
            ),
        ],
    )


def judge(asked: Sequence[Check], facts: Mapping[str, float | None]) -> dict[str, bool]:
    """Whether each check holds, by name; a fact without any value breaks no limit."""
    frame = pd.DataFrame(
        [(each.name, facts[each.name], each.least, each.greatest) for each in asked],
        columns=["check", "fact", "least", "greatest"],
    ).astype({"fact": "float64", "least": "float64", "greatest": "float64"})
    batch = _context().data_sources.pandas_default.read_dataframe(frame)
    result = batch.validate(suite(asked[0].table, asked), result_format=_FORMAT)
    broken = {name for each in result.results if not each.success for name in _named(each.result, asked)}
    return {each.name: each.name not in broken for each in asked}


def _named(result: Mapping[str, Any], asked: Sequence[Check]) -> list[str]:
    """The checks that an unmet expectation names; all of them where it names none, as when it could not be judged."""
    named = [str(row["check"]) for row in result.get("unexpected_index_list") or ()]
    return named or [each.name for each in asked]


@cache
def _context() -> EphemeralDataContext:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context
