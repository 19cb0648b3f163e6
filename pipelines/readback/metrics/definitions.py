"""What each metric is: the headers of `models/metrics/`, the only place where a metric is described.

The folder is the list. How a figure is computed from the rows of its SQL belongs to the other modules.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from readback import shipped
from readback.contracts.vocabulary import Dimension, Grain, MetricLane, OutcomeKind
from readback.errors import SourceError
from readback.sources import Capability
from readback.sql_header import read_sql

Estimator = Literal["proportion", "clustered_proportion", "survival", "rate", "total", "quantile"]


class Definition(BaseModel):
    """One metric, as the header of its SQL file describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: str = Field(description="Name: that of the file.")
    question: str = Field(description="What it answers, in one sentence.")
    unit: Literal["fraction", "s", "ms", "usd", "minutes", "episodes", "requests"]
    better: Literal["lower", "higher"]
    estimator: Estimator
    grains: tuple[Grain, ...] = tuple(Grain)
    dimensions: tuple[Dimension, ...] = tuple(Dimension)
    lanes: tuple[MetricLane, ...] = (MetricLane.ALL,)
    undivided: tuple[Dimension, ...] = Field(
        default=(), description="Dimensions whose members share the denominator of dimension all."
    )
    is_stock: bool = Field(default=False, description="What stands at the end of a period, not what flows in it.")
    interval: Literal["poisson"] | None = Field(default=None, description="Interval of a total.")
    quantile: float | None = Field(default=None, gt=0, lt=1, description="Which quantile, for survival and quantile.")
    horizon_s: float | None = Field(default=None, gt=0, description="How far ahead, in seconds, for survival.")
    statistic: Literal["closed_mean", "oldest_open"] | None = Field(
        default=None, description="What else is read off the episodes, for survival."
    )
    minimum_n: int | None = Field(
        default=None, ge=0, description="Units below which the figure is withheld; that of readback.toml where absent."
    )
    no_rows: Literal["null"] = "null"
    needs: tuple[Capability, ...] = Field(default=(), description="One of these must a loaded source be able to say.")
    outcome: OutcomeKind | None = Field(default=None, description="Kind of outcome that a source must be watching.")
    model: Literal["preferred", "served"] = Field(description="Which model dimension model speaks of.")
    definition_version: int = Field(ge=1)
    references: tuple[str, ...] = ()
    remarks: str = Field(default="", description="What its figure counts, in words.")

    def threshold(self, usual: int) -> int:
        """Units below which the figure is withheld."""
        if self.estimator == "total":
            return 0
        return usual if self.minimum_n is None else self.minimum_n


@cache
def definitions() -> Mapping[str, Definition]:
    """Every metric by name, read from the folder."""
    files = sorted((shipped.models() / "metrics").glob("*.sql"))
    return {file.stem: read_definition(file) for file in files}


def read_definition(file: Path) -> Definition:
    """One metric from its file.

    Raises:
        SourceError: the header is not the TOML that a metric needs.
    """
    sql = read_sql(file)
    try:
        return Definition(metric=file.stem, remarks=sql.remarks, **sql.facts["metric"])
    except (ValidationError, KeyError) as error:
        raise SourceError(f"header is not a metric's: {str(error).splitlines()[0]}", file=file) from None


def metrics_of(*estimators: Estimator) -> list[Definition]:
    """The metrics that one of the estimators serves, by name."""
    return [definition for definition in definitions().values() if definition.estimator in estimators]
