"""Where things stand in the text of a YAML file: the lines of a list item, the end of a line, the kind of break."""

import re
from typing import NamedTuple

import yaml

_LIST_ITEM = re.compile(r"[ ]*-[ ]+")


class Edit(NamedTuple):
    """Characters to replace."""

    start: int
    end: int
    text: str


def item_lines(text: str, entry: yaml.Node) -> tuple[int, int] | None:
    """First and last character of the lines of a list item; None where it shares its first line with anything else.

    The parser's own end of a block lies behind the comments that follow it, which belong to what comes next.
    """
    start = text.rfind("\n", 0, entry.start_mark.index) + 1
    if not _LIST_ITEM.fullmatch(text[start : entry.start_mark.index]):
        return None
    dash = text.index("-", start) - start
    end = position = line_end(text, start)
    while position < len(text):
        end_of_line = line_end(text, position)
        line = text[position:end_of_line]
        if line.strip() and not line.lstrip().startswith("#"):
            if len(line) - len(line.lstrip(" ")) <= dash:
                break
            end = end_of_line
        position = end_of_line
    return start, end


def line_end(text: str, position: int) -> int:
    """Just after the line break that ends the line."""
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


def newline(text: str) -> str:
    """The kind of line break that the text uses."""
    return "\r\n" if "\r\n" in text else "\n"
