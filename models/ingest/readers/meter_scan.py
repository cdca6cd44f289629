"""Meter events read in one compiled pass over a batch's bytes: what nearly all lines look like, and nothing else.

A line is read here if it is a flat JSON object of the contract's fields, plain texts in ASCII without escapes, times in
their common spelling, no field twice. All else, right or wrong, is left to `models.decoding.line_decoder`, so this
file has no say in what is accepted: a property test holds both to the same answer.

A head-end writes its lines alike. The shape of a line once read, which bytes are texts and which are not, is kept by
length: a line of the same length is compared with it sixteen bytes at a time, and only its times are read anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled, inlined
from models.columns.packed_text import PackedText
from models.evidence.kinds import METER_KINDS
from models.evidence.sources import source_at
from models.times.iso8601_kernel import UNREAD, read_common_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

STRING, INTEGER, FRACTION, NULL = 1, 2, 4, 8
FIELDS: Final = {
    "event_id": STRING,
    "meter_id": STRING,
    "kind": STRING,
    "observed_at": STRING,
    "received_at": STRING,
    "source": STRING,
    "voltage": INTEGER | FRACTION | NULL,
    "code": STRING | INTEGER | NULL,
    "reboot_count": INTEGER | NULL,
    "outage_started_at": STRING | NULL,
    "usage_point_id": STRING | NULL,
}
"""The contract's fields, and which values of them are read here."""
REQUIRED: Final = 0b111111
_METER_ID, _KIND, _OBSERVED_AT, _RECEIVED_AT, _SOURCE, _STARTED_AT = 1, 2, 3, 4, 5, 9
_PLACES: Final = 2 * len(FIELDS)
"""A shape holds where each field's content starts and ends, 0 and 0 if the field is absent or no text."""
_SHAPES: Final = 8
_LONGEST: Final = 1024
"""Bytes of a line that is read here."""
_QUOTE, _BACKSLASH, _COLON, _COMMA, _OPEN, _CLOSE, _POINT = map(ord, '"\\:,{}.')
_ZERO, _NINE, _N = map(ord, "09n")
_MOST_DIGITS: Final = 15
_SHORTEST_TIME: Final = 20


def _packed(names: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    packed = PackedText.of(names)
    return packed.blob.copy(), packed.offsets.copy()


_FIELD_BLOB, _FIELD_OFFSETS = _packed(tuple(FIELDS))
_KIND_BLOB, _KIND_OFFSETS = _packed(METER_KINDS)
_ALLOWED: Final = np.array(tuple(FIELDS.values()), np.int64)
_NULL_TEXT, _NULL_OFFSETS = _packed(("null",))


class Scanned(NamedTuple):
    """What was read of n lines; where `read` is 0 the other columns say nothing."""

    read: NDArray[np.uint8]
    meter_start: NDArray[np.int64]
    """Where the meter's id stands in the joined bytes."""
    meter_end: NDArray[np.int64]
    kind: NDArray[np.uint8]
    observed_at: NDArray[np.int64]
    received_at: NDArray[np.int64]
    started_at: NDArray[np.int64]
    """0 for none."""
    source: NDArray[np.uint32]

    def taken(self, rows: NDArray[np.intp]) -> Scanned:
        """Give some of the lines."""
        return Scanned(*(column.take(rows) for column in self))  # type: ignore[arg-type]


def scan(lines: Sequence[bytes]) -> tuple[NDArray[np.uint8], Scanned]:
    """Read lines; returns their joined bytes, and the columns."""
    blob = np.frombuffer(b"".join(lines), np.uint8)
    offsets = np.zeros(len(lines) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, lines), np.int64, len(lines)), out=offsets[1:])
    return blob, Scanned(*_scan(blob, offsets))


@inlined
def _skip(blob: NDArray[np.uint8], at: int, end: int) -> int:
    """The first place that is no white space."""
    while at < end and (blob[at] == 32 or 9 <= blob[at] <= 10 or blob[at] == 13):
        at += 1
    return at


@inlined
def _text_end(blob: NDArray[np.uint8], at: int, end: int) -> int:
    """Where the text that begins here has its closing quote; -1 if it is no plain one."""
    while at < end and blob[at] != _QUOTE:
        if blob[at] < 32 or blob[at] > 126 or blob[at] == _BACKSLASH:
            return -1
        at += 1
    return at if at < end else -1


@inlined
def _digits_end(blob: NDArray[np.uint8], at: int, end: int) -> int:
    while at < end and _ZERO <= blob[at] <= _NINE:
        at += 1
    return at


@inlined
def _which(blob: NDArray[np.uint8], at: int, end: int, texts: NDArray[np.uint8], offsets: NDArray[np.int64]) -> int:
    """The number of the known text that stands here; -1 none."""
    found = -1
    for which in range(len(offsets) - 1):
        start, stop = offsets[which], offsets[which + 1]
        if found < 0 and end - at == stop - start:
            same = True
            for place in range(stop - start):
                same = same and blob[at + place] == texts[start + place]
            if same:
                found = which
    return found


@inlined
def _value(blob: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Read a value: its type (0 for none that is read here), and the place after it."""
    kind, stop = 0, at
    if at < end and blob[at] == _QUOTE:
        closing = _text_end(blob, at + 1, end)
        kind, stop = (STRING, closing + 1) if closing >= 0 else (0, at)
    elif at < end and _ZERO <= blob[at] <= _NINE:
        stop = _digits_end(blob, at, end)
        kind = INTEGER if stop - at <= _MOST_DIGITS and (blob[at] != _ZERO or stop - at == 1) else 0
        if kind and stop < end and blob[stop] == _POINT:
            digits = stop + 1
            stop = _digits_end(blob, digits, end)
            kind = FRACTION if 0 < stop - digits <= _MOST_DIGITS else 0
    elif at + 4 <= end and _which(blob, at, at + 4, _NULL_TEXT, _NULL_OFFSETS) == 0:
        kind, stop = NULL, at + 4
    return kind, stop


@compiled
def _learn(blob: NDArray[np.uint8], start: int, end: int, places: NDArray[np.int64], fixed: NDArray[np.uint8]) -> bool:
    """Read a line's shape: where its texts stand from its start on, and which bytes must be the same in another."""
    places[:] = 0
    fixed[:] = 255
    at = _skip(blob, start, end)
    seen, more = 0, at < end and blob[at] == _OPEN
    while more:
        at = _skip(blob, at + 1, end)
        closing = _text_end(blob, at + 1, end) if at < end and blob[at] == _QUOTE else -1
        field = _which(blob, at + 1, closing, _FIELD_BLOB, _FIELD_OFFSETS) if closing >= 0 else -1
        at = _skip(blob, closing + 1, end)
        if field < 0 or seen >> field & 1 or at >= end or blob[at] != _COLON:
            return False
        seen |= 1 << field
        begin = _skip(blob, at + 1, end)
        kind, stop = _value(blob, begin, end)
        if kind & _ALLOWED[field] == 0:
            return False
        if kind == STRING:
            places[2 * field], places[2 * field + 1] = begin + 1 - start, stop - 1 - start
            if field != _KIND:
                fixed[begin + 1 - start : stop - 1 - start] = 0
        at = _skip(blob, stop, end)
        more = at < end and blob[at] == _COMMA
    ended = at < end and blob[at] == _CLOSE and _skip(blob, at + 1, end) == end
    return ended and seen & REQUIRED == REQUIRED


@inlined
def _alike(
    blob: NDArray[np.uint8], start: int, length: int, shape: NDArray[np.uint8], fixed: NDArray[np.uint8]
) -> bool:
    """Whether a line has a shape: the same bytes where they are fixed, plain text elsewhere.

    No way out in between, so that many bytes are compared at once.
    """
    begin, wrong = np.uint64(start), np.uint8(0)
    for place in range(np.uint64(length)):
        byte = blob[begin + place]
        odd = np.uint8(byte < 32) | np.uint8(byte > 126) | np.uint8(byte == 34) | np.uint8(byte == 92)
        wrong |= ((byte ^ shape[place]) & fixed[place]) | (odd & ~fixed[place])
    return bool(wrong == 0)


@inlined
def _time(blob: NDArray[np.uint8], start: int, end: int) -> int:
    """Read a time; UNREAD if it is none of the common spelling."""
    return read_common_time(blob, start, end) if end - start >= _SHORTEST_TIME else UNREAD


@compiled
def _scan(blob: NDArray[np.uint8], offsets: NDArray[np.int64]) -> tuple[Any, ...]:
    count = len(offsets) - 1
    read, kinds = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
    meter_start, meter_end = np.zeros(count, np.int64), np.zeros(count, np.int64)
    observed, received, started = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    source = np.zeros(count, np.uint32)
    lengths, kind_of, places = np.full(_SHAPES, -1), np.full(_SHAPES, -1), np.zeros((_SHAPES, _PLACES), np.int64)
    shapes, fixed = np.zeros((_SHAPES, _LONGEST), np.uint8), np.zeros((_SHAPES, _LONGEST), np.uint8)
    for row in range(count):
        start, end = offsets[row], offsets[row + 1]
        length = end - start
        if length > _LONGEST:
            continue
        slot = length % _SHAPES
        if lengths[slot] != length or not _alike(blob, start, length, shapes[slot], fixed[slot]):
            lengths[slot] = -1
            if not _learn(blob, start, end, places[slot], fixed[slot]):
                continue
            lengths[slot] = length
            shapes[slot, :length] = blob[start:end]
            begin, stop = start + places[slot, 2 * _KIND], start + places[slot, 2 * _KIND + 1]
            kind_of[slot] = _which(blob, begin, stop, _KIND_BLOB, _KIND_OFFSETS)
        at, kind = places[slot], kind_of[slot]
        observed[row] = _time(blob, start + at[2 * _OBSERVED_AT], start + at[2 * _OBSERVED_AT + 1])
        received[row] = _time(blob, start + at[2 * _RECEIVED_AT], start + at[2 * _RECEIVED_AT + 1])
        if at[2 * _STARTED_AT + 1]:
            started[row] = _time(blob, start + at[2 * _STARTED_AT], start + at[2 * _STARTED_AT + 1])
        meter_start[row], meter_end[row] = start + at[2 * _METER_ID], start + at[2 * _METER_ID + 1]
        source[row] = source_at(blob, start + at[2 * _SOURCE], start + at[2 * _SOURCE + 1])
        kinds[row] = max(kind, 0)
        read[row] = kind >= 0 and observed[row] != UNREAD and received[row] != UNREAD and started[row] != UNREAD
    return read, meter_start, meter_end, kinds, observed, received, started, source
