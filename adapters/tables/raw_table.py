"""A table as its file gives it, and the list of what is wrong with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from models.columns.packed_text import PackedText

MOST_ALIKE: Final = 5
"""Faults that differ in a value at most and are told one by one."""
_VALUE: Final = re.compile(r"'[^']*'|\"[^\"]*\"|\bline \d+")
HEADER: Final = -1
"""In place of a row: the fault is the table's."""


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """Columns of n rows. A number that its file keeps as text is still text here; NaN is none."""

    path: Path
    rows: int
    columns: dict[str, PackedText | NDArray[np.float64]]
    line: NDArray[np.int64] | None
    """The line of each row; None where each row has one line and line 1 is the header."""
    header_line: int = 1
    empty_rows: int = 0
    """Rows in which nothing stands, as spreadsheets leave them: they are passed over."""
    ragged: frozenset[int] = frozenset()
    """Rows with too few or too many fields: nothing more is said about them."""
    faults: list[tuple[int, str]] = field(default_factory=list)
    """Row (or `HEADER`) and sentence."""

    def text(self, column: str) -> PackedText | None:
        """Return a column of text, None if the table lacks it."""
        found = self.columns.get(column)
        return None if isinstance(found, np.ndarray) else found

    def add_fault(self, row: int, sentence: str) -> None:
        """Note what is wrong with a row, or with the table."""
        if row not in self.ragged:
            self.faults.append((row, sentence))

    def add_faults(self, rows: Iterable[int], sentence: str) -> None:
        """Note the same of many rows."""
        for row in rows:
            self.add_fault(int(row), sentence)

    def line_of(self, row: int) -> int:
        """Return the line where a row stands."""
        if row == HEADER:
            return self.header_line
        return row + 2 if self.line is None else int(self.line[row])

    def report(self) -> list[str]:
        """Return all faults in the order of the lines, each with its place; of many that are alike the first few."""
        placed = sorted({(self.line_of(row), sentence) for row, sentence in self.faults})
        alike: dict[str, list[int]] = {}
        shown = []
        for line, sentence in placed:
            lines = alike.setdefault(_VALUE.sub("...", sentence), [])
            lines.append(line)
            if len(lines) <= MOST_ALIKE:
                shown.append(f"{self.path}:{line}: {sentence}")
        return shown + [
            f"{self.path}: {len(lines) - MOST_ALIKE:,} more lines alike, up to line {lines[-1]}: {sentence}"
            for sentence, lines in alike.items()
            if len(lines) > MOST_ALIKE
        ]


def shown(text: str) -> str:
    """Quote a value for a sentence, cut short if it is long."""
    return repr(text if len(text) <= 60 else text[:57] + "...")
