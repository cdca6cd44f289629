"""CSV (RFC 4180) into packed columns, with the line of each record.

General readers give rows, but not where a row stands once quoted line breaks, blank or ragged lines come before it;
here every fault names its line, and five million rows still take seconds.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.compiled import compiled
from models.columns.packed_text import PackedText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COMMA: Final = ord(",")
QUOTE: Final = ord('"')
LINE_FEED: Final = ord("\n")
CARRIAGE_RETURN: Final = ord("\r")
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """The names in a file's first line that is not blank."""

    names: list[str]
    line: int
    end: int
    """Where it ends, in bytes."""
    text: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """n records in columns; a field that a short record lacks is empty, what a long one has in excess is dropped."""

    columns: list[PackedText]
    line: NDArray[np.int64]
    """The line where each record begins; 1 is the first of the file."""
    fields: NDArray[np.int32]
    """How many fields each record has."""
    unclosed: bool
    """The last record ends within quotes."""


def read_header(data: NDArray[np.uint8]) -> Header | None:
    """Return the header of a file's bytes; None if there are only blank lines."""
    start = len(BYTE_ORDER_MARK) if data[: len(BYTE_ORDER_MARK)].tobytes() == BYTE_ORDER_MARK else 0
    start, line = _skip_blank_lines(data, start, 1)
    end = _line_end(data, start)
    if start == end:
        return None
    text = data[start:end].tobytes().decode("utf-8", "replace")
    return Header(next(csv.reader([text])), line, end, text)


def read_records(data: NDArray[np.uint8], header: Header, names: Sequence[str]) -> Records:
    """Return the columns of the given names, each of which the header has."""
    column_of_field = np.array([names.index(name) if name in names else -1 for name in header.names], np.int32)
    nothing = np.empty(0, np.uint8)
    no_offsets = np.empty((len(names), 0), np.int64)
    rows, sizes, _, _, _ = _split(data, header.end, header.line, column_of_field, nothing, no_offsets)
    start = np.concatenate([[0], np.cumsum(sizes)])
    blob = np.empty(start[-1], np.uint8)
    offsets = np.empty((len(names), rows + 1), np.int64)
    offsets[:, 0] = start[:-1]
    _, _, line, fields, unclosed = _split(data, header.end, header.line, column_of_field, blob, offsets)
    columns = [
        PackedText(blob[start[column] : start[column + 1]], offsets[column] - start[column])
        for column in range(len(names))
    ]
    return Records(columns, line, fields, unclosed)


@compiled
def _line_end(data: NDArray[np.uint8], at: int) -> int:
    while at < len(data) and data[at] != LINE_FEED and data[at] != CARRIAGE_RETURN:
        at += 1
    return at


@compiled
def _breaks_line(data: NDArray[np.uint8], at: int) -> bool:
    """Tell the last byte of a line break: LF, or CR that no LF follows."""
    if data[at] == CARRIAGE_RETURN:
        return at + 1 == len(data) or data[at + 1] != LINE_FEED
    return bool(data[at] == LINE_FEED)


@compiled
def _skip_blank_lines(data: NDArray[np.uint8], at: int, line: int) -> tuple[int, int]:
    while at < len(data) and (data[at] == LINE_FEED or data[at] == CARRIAGE_RETURN):
        line += _breaks_line(data, at)
        at += 1
    return at, line


@compiled
def _quoted(data: NDArray[np.uint8], at: int, blob: NDArray[np.uint8], place: int) -> tuple[int, int, int, bool]:
    """Copy what stands within quotes, from behind the opening one to behind the closing one."""
    breaks = 0
    while at < len(data):
        if data[at] == QUOTE:
            if at + 1 == len(data) or data[at + 1] != QUOTE:
                return at + 1, place, breaks, True
            at += 1  # two quotes are one
        breaks += _breaks_line(data, at)
        if len(blob):
            blob[place] = data[at]
        place += 1
        at += 1
    return at, place, breaks, False


@compiled
def _unquoted(data: NDArray[np.uint8], at: int, blob: NDArray[np.uint8], place: int) -> tuple[int, int]:
    while at < len(data) and data[at] != COMMA and data[at] != LINE_FEED and data[at] != CARRIAGE_RETURN:
        if len(blob):
            blob[place] = data[at]
        place += 1
        at += 1
    return at, place


@compiled
def _split(
    data: NDArray[np.uint8],
    at: int,
    line: int,
    column_of_field: NDArray[np.int32],
    blob: NDArray[np.uint8],
    offsets: NDArray[np.int64],
) -> tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.int32], bool]:
    """Go through all records, once to measure (empty `offsets`) and once to copy each column to its place in `blob`.

    Returns the number of records, where each column ends, each record's line and number of fields (while copying), and
    whether the file ends within quotes.
    """
    copying = offsets.shape[1] > 0
    rows = max(offsets.shape[1] - 1, 0)
    lines, fields = np.empty(rows, np.int64), np.empty(rows, np.int32)
    place = offsets[:, 0].copy() if copying else np.zeros(len(offsets), np.int64)
    row, closed = 0, True
    at, line = _skip_blank_lines(data, at, line)
    while at < len(data):
        field, first_line = 0, line
        going_on = True
        while going_on:
            column = column_of_field[field] if field < len(column_of_field) else -1
            target, start = (blob, place[column]) if column >= 0 else (blob[:0], 0)
            if at < len(data) and data[at] == QUOTE:
                at, start, breaks, closed = _quoted(data, at + 1, target, start)
                line += breaks
            at, start = _unquoted(data, at, target, start)
            if column >= 0:
                place[column] = start
            field += 1
            going_on = at < len(data) and data[at] == COMMA
            at += going_on
        if copying:
            offsets[:, row + 1] = place
            lines[row], fields[row] = first_line, field
        row += 1
        at, line = _skip_blank_lines(data, at, line)
    return row, place, lines, fields, not closed
