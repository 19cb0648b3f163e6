"""Checks and facts → a Great Expectations suite and its verdicts. The only file that imports Great Expectations.

Importing it takes seconds, so that this module is imported where checks run and never on a reader's path.
"""

import warnings
from collections.abc import Mapping, Sequence
from functools import cache

import pandas as pd  # type: ignore[import-untyped]

from readback.quality.checks import Check

with warnings.catch_warnings():
    # Its own imports warn of deprecations that concern its authors only.
    warnings.simplefilter("ignore")
    import great_expectations as gx
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.core.expect_column_values_to_be_between import ExpectColumnValuesToBeBetween


def suite(name: str, asked: Sequence[Check]) -> gx.ExpectationSuite:
    """The suite of one table: one expectation per check, over a frame with one row and a column of that name."""
    expected = [
        ExpectColumnValuesToBeBetween(column=each.name, min_value=each.least, max_value=each.greatest) for each in asked
    ]
    return gx.ExpectationSuite(name=name, expectations=expected)


def judge(asked: Sequence[Check], facts: Mapping[str, float | None]) -> dict[str, bool]:
    """Whether each check holds, by name; a fact without any value breaks no limit."""
    frame = pd.DataFrame({each.name: [facts[each.name]] for each in asked}, dtype="float64")
    batch = _context().data_sources.pandas_default.read_dataframe(frame)
    result = batch.validate(suite(asked[0].table, asked))
    configured = [(each.expectation_config, each.success) for each in result.results]
    return {str(config.kwargs["column"]): bool(success) for config, success in configured if config is not None}


@cache
def _context() -> EphemeralDataContext:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context
