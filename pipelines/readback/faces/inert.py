"""Texts from logs made harmless before they are shown: every face passes a log's words through here.

On a terminal, plain text goes into `rich.text.Text`, which reads no markup.
"""

import re
import unicodedata

LONGEST = 900
"""Characters of a detail that a face shows; more than the rules write, so that no warning is cut off."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@&/])")
_INVISIBLE = ("Cc", "Cf", "Co", "Cs")
_SPACES = re.compile(r"\s+")


def plain(text: str | None, limit: int = 300) -> str:
    r"""One line without escape sequences, control characters or direction overrides, at most `limit` characters.

    >>> plain("\x1b[31mred\x1b[0m\u202e\n done")
    'red done'
    """
    shown = _visible(_SPACES.sub(" ", _ANSI.sub("", text or ""))).strip()
    return shown if len(shown) <= limit else shown[: limit - 1].rstrip() + "…"


def code(text: str | None) -> str:
    """Several lines, each of them plain; for SQL and other text that keeps its line breaks."""
    return "\n".join(_visible(line).rstrip() for line in (text or "").split("\n"))


def markdown(text: str | None, limit: int = 300) -> str:
    r"""Plain text in which Markdown finds no link, image, markup, formula or directive.

    >>> markdown("![x](http://evil)")
    '\\!\\[x\\]\\(http\\:\\/\\/evil\\)'
    """
    return _MARKDOWN.sub(r"\\\1", plain(text, limit))


def _visible(text: str) -> str:
    return "".join(char for char in _ANSI.sub("", text) if unicodedata.category(char) not in _INVISIBLE)
