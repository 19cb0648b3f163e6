"""STEP: the metrics, from daily marts of the facts. What a metric is, the header of its SQL file says."""

from readback.metrics.definitions import Definition, definitions
from readback.metrics.step import refresh

__all__ = ["Definition", "definitions", "refresh"]
