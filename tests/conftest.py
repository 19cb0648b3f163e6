"""What holds for every test: a property may take its time on a busy machine, and a table is as wide as in a pipe."""

import os

from hypothesis import settings

# Set in processes that run tests side by side.
os.environ.pop("COLUMNS", None)

settings.register_profile("readback", deadline=None)
settings.load_profile("readback")
