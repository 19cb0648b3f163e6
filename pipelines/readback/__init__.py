"""readback: continuity analytics for AI, from the logs that gateways and providers already write."""

__version__ = "0.1.0"
