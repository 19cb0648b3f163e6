"""Configurations of gateways, one module each: read into chains of models, and written from them."""

from typing import Any

from readback.errors import PolicyError
from readback.policy.gateways import (
    agentcore,
    bifrost,
    cloudflare,
    databricks,
    envoy,
    kong,
    litellm,
    mlflow,
    openrouter,
    portkey,
    tensorzero,
)
from readback.policy.gateways.chain import Gateway

GATEWAYS: dict[str, Gateway] = {
    gateway.NAME: gateway
    for gateway in (
        litellm, portkey, envoy, bifrost, kong, tensorzero, databricks, mlflow, cloudflare, agentcore, openrouter,
    )
}  # fmt: skip
"""By name, in the order in which a file is tried: what is recognized by little comes last."""


def named(name: str) -> Gateway:
    """The gateway of a name.

    Raises:
        PolicyError: there is none.
    """
    if name not in GATEWAYS:
        raise PolicyError(f"unknown gateway {name!r}; expected one of {', '.join(GATEWAYS)}", key="gateway")
    return GATEWAYS[name]


def recognized(config: Any) -> Gateway | None:
    """The gateway whose configuration a parsed file is; None where it looks like no gateway's."""
    return next((gateway for gateway in GATEWAYS.values() if gateway.is_mine(config)), None)
