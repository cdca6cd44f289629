"""JSON lines in bulk: columns are laid beside each other as bytes, many thousand lines at once.

A line is made of parts: constant bytes, or a column that gives an array of bytes for a range of rows. Shorter texts are
padded with zero bytes, which JSON cannot hold, and all padding is dropped at the end.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray

    from models.columns.packed_text import PackedText

    Column = Callable[[slice], NDArray[np.bytes_]]
    Part = bytes | Column

_ROWS_AT_ONCE: Final = 1 << 15
_DAY_MS: Final = 86_400_000


def write_lines(stream: BinaryIO, parts: Sequence[Part], rows: int) -> None:
    """Write so many lines, each the parts in their order and a line end."""
    chunks = (slice(first, min(first + _ROWS_AT_ONCE, rows)) for first in range(0, rows, _ROWS_AT_ONCE))
    stream.writelines(_render([*parts, b"\n"], chunk) for chunk in chunks)


def _render(parts: Sequence[Part], rows: slice) -> bytes:
    size = rows.stop - rows.start
    columns = [np.full(size, part) if isinstance(part, bytes) else part(rows) for part in parts]
    sheet = np.hstack([column.view(np.uint8).reshape(size, -1) for column in columns]).ravel()
    line_bytes: NDArray[np.uint8] = sheet[sheet != 0]
    return line_bytes.tobytes()


def json_texts(names: PackedText, positions: NDArray[np.integer]) -> Column:
    """Return a column of JSON strings: the names at these positions; position -1 is nothing at all."""
    return _texts(names, positions, orjson.dumps, b'"\\' + bytes(range(32)), b'"')


def csv_texts(names: PackedText, positions: NDArray[np.integer]) -> Column:
    """Return a column of CSV fields: the names at these positions; position -1 is nothing at all."""
    return _texts(names, positions, csv_text, b',"\r\n\0', b"")


def csv_text(text: str) -> bytes:
    """Return a text as a field of CSV (RFC 4180)."""
    if any(mark in text for mark in ',"\r\n'):
        text = '"' + text.replace('"', '""') + '"'
    return text.encode()


def _texts(
    names: PackedText, positions: NDArray[np.integer], encode: Callable[[str], bytes], special: bytes, quote: bytes
) -> Column:
    """Copy the names' bytes as they are, unless one of them holds a special byte and each has to be encoded."""
    is_special = np.isin(np.arange(256), np.frombuffer(special, np.uint8))
    if is_special[names.blob].any():
        used, place = np.unique(positions, return_inverse=True)
        texts = np.array(
            [b""] * int((used < 0).sum()) + [encode(name) for name in names.take(used[used >= 0])] or [b""]
        )
        return lambda rows: texts[place[rows]]

    blob = names.blob if len(names.blob) else np.zeros(1, np.uint8)

    def column(rows: slice) -> NDArray[np.bytes_]:
        at = positions[rows]
        start = np.where(at < 0, 0, names.offsets[at])
        length = np.where(at < 0, 0, names.offsets[at + 1] - names.offsets[at])
        reach = np.arange(max(int(length.max()), 1))
        inside = reach < length[:, None]
        sheet = np.where(inside, blob[np.where(inside, start[:, None] + reach, 0)], np.uint8(0))
        quotes = np.where(at < 0, b"", quote)
        return _beside(quotes, sheet.view(f"S{len(reach)}").ravel(), quotes)

    return column


def chosen(texts: Sequence[str], codes: NDArray[np.integer]) -> Column:
    """Return a column of few different texts, as they are."""
    table = np.array([text.encode() for text in texts])
    return lambda rows: table[codes[rows]]


def numbered(prefix: str) -> Column:
    """Return a column of the rows' numbers, unique in their file."""
    digits = _four_digits()

    def column(rows: slice) -> NDArray[np.bytes_]:
        number = np.arange(rows.start, rows.stop)
        head = np.full(len(number), prefix.encode())
        return _beside(head, digits[number // 10_000], digits[number % 10_000])

    return column


def iso_times(at: NDArray[np.int64]) -> Column:
    """Return a column of times in ISO 8601, UTC with milliseconds."""
    seconds, thousandths = _times_of_day(), _three_digits()

    def column(rows: slice) -> NDArray[np.bytes_]:
        day, of_day = np.divmod(at[rows], _DAY_MS)
        first = int(day.min())
        dates = np.arange(first, int(day.max()) + 1).astype("datetime64[D]").astype("S10")
        split, zone = np.full(len(day), b"T"), np.full(len(day), b"Z")
        return _beside(dates[day - first], split, seconds[of_day // 1000], thousandths[of_day % 1000], zone)

    return column


@cache
def _four_digits() -> NDArray[np.bytes_]:
    return np.array([b"%04d" % number for number in range(10_000)])


@cache
def _three_digits() -> NDArray[np.bytes_]:
    return np.array([b"%03d" % number for number in range(1000)])


@cache
def _times_of_day() -> NDArray[np.bytes_]:
    """Give `hh:mm:ss.` of each second of a day."""
    return np.array([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}.".encode() for s in range(86_400)])


def optional(prefix: bytes, column: Column, given: NDArray[np.bool_], suffix: bytes) -> Column:
    """Return a column with a prefix and a suffix where it is given, and nothing elsewhere."""

    def shown(rows: slice) -> NDArray[np.bytes_]:
        size = rows.stop - rows.start
        whole = _beside(np.full(size, prefix), column(rows), np.full(size, suffix))
        whole[~given[rows]] = b""
        return whole

    return shown


def _beside(*columns: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    """Lay columns beside each other into one, padding and all."""
    sheet = np.hstack([column.view(np.uint8).reshape(len(column), -1) for column in columns])
    return sheet.view(f"S{sheet.shape[1]}").ravel()
