"""Hands one message to one receiver, by Apprise. Decides nothing, stores nothing, and never tells an address.

The only module that imports Apprise; it takes a second, so whoever sends nothing never waits for it.
"""

import re
import warnings
from dataclasses import dataclass

from readback.faces.inert import plain

SERVICE_TIMEOUT_S = 30
"""Time that a receiver is given; a lease on a message lasts longer."""

REFERENCE_HEADER = "Idempotency-Key"
"""Header that tells a receiver which messages are the same one, where the service carries headers."""

_LONGEST_LINE = 2_000
_STATUS = re.compile(r"error=(\d{3})\b")


@dataclass(frozen=True)
class Message:
    """What one receiver is told; `reference` is the same whenever it is sent again."""

    title: str
    body: str
    body_html: str | None
    reference: str


def send(address: str, message: Message, dashboard_url: str | None = None) -> str | None:
    """Deliver a message to an Apprise URL; the reason in words where that failed, else None.

    A reason never holds the address: it may be shown and stored.
    """
    with warnings.catch_warnings():
        # Its own imports, made when the first address is read, warn of deprecations that concern its authors only.
        warnings.simplefilter("ignore")
        import apprise

        # Names come from logs: a template or an escape in one of them must stay as it is written.
        asset = apprise.AppriseAsset(
            app_id="readback",
            app_desc="Continuity analytics for AI",
            async_mode=False,
            storage_mode="memory",
            allow_templates=False,
            interpret_escapes=False,
            service_timeout=SERVICE_TIMEOUT_S,
        )
        plugin = apprise.Apprise.instantiate(address, asset=asset)
    if plugin is None:
        return "the address is not one that Apprise knows"
    headers = getattr(plugin, "headers", None)
    if isinstance(headers, dict):
        headers[REFERENCE_HEADER] = message.reference
    receiver = apprise.Apprise(asset=asset)
    receiver.add(plugin)
    html = message.body_html if plugin.resolve_format() == apprise.NotifyFormat.HTML else None
    told: list[str] = []
    is_accepted = receiver.notify(
        title=harmless(message.title, dashboard_url),
        body=html or harmless(message.body, dashboard_url),
        body_format=apprise.NotifyFormat.HTML if html else apprise.NotifyFormat.TEXT,
        log_callback=lambda entry, _: told.append(entry.message),
    )
    return None if is_accepted else _reason(told)


def harmless(text: str, dashboard_url: str | None = None) -> str:
    r"""Text in which a chat finds no mention, markup or link but those to the dashboard.

    >>> print(harmless("<!channel> @here https://evil.example\nhttp://me/x", "http://me"))
    ‹!channel› ＠here https:∕∕evil.example
    http://me/x
    """
    return "\n".join(_harmless(line, dashboard_url) for line in text.split("\n"))


def _harmless(line: str, dashboard_url: str | None) -> str:
    shown = plain(line, _LONGEST_LINE)
    if dashboard_url and shown.startswith(f"{dashboard_url}/") and " " not in shown:
        return shown
    return shown.translate(_REPLACED).replace("://", ":∕∕").replace("](", "] (")


_REPLACED = str.maketrans({"<": "‹", ">": "›", "@": "＠", "`": "ʼ"})


def _reason(told: list[str]) -> str:
    """A status that a receiver answered; Apprise's own words may hold the host, so they are not told."""
    found = next((match[1] for line in told if (match := _STATUS.search(line))), None)
    return f"the receiver answered {found}" if found else "the receiver could not be reached, or refused"
