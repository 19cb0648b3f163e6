"""Texts from logs made harmless before they are shown. Any face that shows a log's words passes them through here."""

import re
import unicodedata

from rich.markup import escape as _escape_markup

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&/])")
_SPACES = re.compile(r"\s+")


def plain(text: str | None, limit: int = 300) -> str:
    """One line without escape sequences, control characters or direction overrides, at most `limit` characters.

    >>> plain("\\x1b[31mred\\x1b[0m\\u202e\\n done")
    'red done'
    """
    without_ansi = _ANSI.sub("", text or "")
    spaced = _SPACES.sub(" ", without_ansi)
    visible = "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs"))
    shown = visible.strip()
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def markup(text: str | None, limit: int = 300) -> str:
    """Plain text in which rich finds no markup.

    >>> markup("[red]x[/red]")
    '\\\\[red]x\\\\[/red]'
    """
    return _escape_markup(plain(text, limit))


def markdown(text: str | None, limit: int = 300) -> str:
    """Plain text in which Markdown finds no link, image, markup, formula or directive.

    >>> markdown("![x](http://evil)")
    '\\\\!\\\\[x\\\\]\\\\(http\\\\:\\\\/\\\\/evil\\\\)'
    """
    return _MARKDOWN.sub(r"\\\1", plain(text, limit))
