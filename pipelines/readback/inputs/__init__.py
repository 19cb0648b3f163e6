"""Inputs: where logs lie (folders, object stores, tables of PostgreSQL), and how each comes to the ledger as a file.

`Place` and `Origin` are all that the ledger and the shells know of it. Credentials come from the environment only.
"""

from readback.inputs.folders import expand
from readback.inputs.objects import is_url
from readback.inputs.origins import LocalFile, Origin, Place, reached
from readback.inputs.places import check_source, fingerprint, logs, named_logs, place, places

__all__ = [
    "LocalFile", "Origin", "Place", "check_source", "expand", "fingerprint", "is_url", "logs", "named_logs", "place",
    "places", "reached",
]  # fmt: skip
