"""Tables and texts that fit the terminal they are printed on: whole words, and no column for which there is no room.

Knows no table of readback; what is important is said by who fills it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

_GAP = 2


@dataclass(frozen=True)
class Column:
    """A column; those of rank 0 always stay, then the lowest rank. `least`: cells to which its texts may be cut."""

    title: str
    rank: int = 0
    is_number: bool = False
    least: int | None = None


@dataclass(frozen=True)
class Hanging:
    """A text that wraps beside its label: `indent` cells from the left, the label in the first of its lines."""

    text: Text
    indent: int
    label: str | Text = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its lines, without spaces at their ends."""
        label = self.label.copy() if isinstance(self.label, Text) else Text(self.label, style="dim")
        label.pad_right(self.indent - label.cell_len)
        for line in self.text.wrap(console, max(10, options.max_width - self.indent)):
            line.rstrip()
            yield label.append_text(line)
            label = Text(" " * self.indent)


@dataclass
class Fitted:
    """Rows of texts under columns, headings among them. Prints a hint below where columns had to go."""

    columns: Sequence[Column]
    hint: str = "--json has all"
    rows: list[Sequence[Text] | Text] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Cells that all columns need side by side."""
        return _total(self._widths())

    def add(self, *cells: str | Text) -> None:
        """Add a row, one cell per column."""
        self.rows.append([cell if isinstance(cell, Text) else Text(cell) for cell in cells])

    def head(self, words: str) -> None:
        """Add a heading over the rows that follow."""
        self.rows.append(Text(words, style="bold"))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The columns that fit, and what is missing."""
        widths = self._widths()
        least = [min(width, column.least or width) for column, width in zip(self.columns, widths, strict=True)]
        kept = fitting(self.columns, least, options.max_width)
        yield from self._lines(kept, widths, options.max_width)
        gone = [column.title for place, column in enumerate(self.columns) if place not in kept]
        if gone:
            yield Text(f"Too narrow for {_listed(gone)}; {self.hint}.", style="dim")

    def _widths(self) -> list[int]:
        cells = [row for row in self.rows if not isinstance(row, Text)]
        return [
            max([cell_len(column.title), *(row[place].cell_len for row in cells)])
            for place, column in enumerate(self.columns)
        ]

    def _lines(self, kept: Sequence[int], widths: Sequence[int], room: int) -> Iterator[Text]:
        over = max(0, _total([widths[place] for place in kept]) - room)
        fitted = dict(enumerate(widths))
        for place in kept:
            cut = min(over, max(0, widths[place] - (self.columns[place].least or widths[place])))
            fitted[place], over = widths[place] - cut, over - cut
        heads = [Text(column.title, style="dim") for column in self.columns]
        for row in (heads, *self.rows):
            yield row if isinstance(row, Text) else self._line(row, {place: fitted[place] for place in kept})

    def _line(self, row: Sequence[Text], widths: Mapping[int, int]) -> Text:
        line = Text(no_wrap=True, overflow="ellipsis")
        for place, width in widths.items():
            cell = row[place].copy()
            cell.truncate(width, overflow="ellipsis")
            free = " " * (width - cell.cell_len)
            line.append(free if self.columns[place].is_number else "").append_text(cell)
            line.append("" if self.columns[place].is_number else free).append(" " * _GAP)
        line.rstrip()
        return line


def fitting(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """Places of the columns to show, in their order: the least important go first, the later one of two equals.

    >>> fitting([Column("a"), Column("b", 2), Column("c", 1)], [10, 10, 10], 24)
    [0, 2]
    """
    kept = list(range(len(columns)))
    while _total([widths[place] for place in kept]) > room:
        last = max(kept, key=lambda place: (columns[place].rank, place))
        if columns[last].rank == 0:
            break
        kept.remove(last)
    return kept


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * max(0, len(widths) - 1)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
