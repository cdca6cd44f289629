"""Records of a raw partition as ingest takes them: values, offsets, log times, and what is no event."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from confluent_kafka import Message

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.records.dead_letters.dead_letter import headers_of
from adapters.kafka.records.marks import mark_header
from models.ingest.readers.rows import RecordColumns
from models.times.iso8601 import LATEST, YEAR_2000

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from adapters.kafka.clients.consumer import Run

MOST_BYTES: Final = 8 << 20
"""Bytes of values that are decoded, or wait as dead letters, at once: records can be a megabyte each."""
_TIME: Final = itemgetter(1)


def record_columns(run: Run, log_time: int) -> tuple[list[bytes], RecordColumns]:
    """Give the values of records of one partition, empty for none, with their offsets and log times.

    `log_time` is that of the record before: log times never fall. A record without a time that can be believed, from
    2000 to 9999, has that of the one before; 0 says that none had one yet.
    """
    values: list[Any] = list(map(Message.value, run.messages))
    for place in run.empty():
        values[place] = b""
    times = np.fromiter(map(_TIME, map(Message.timestamp, run.messages)), np.int64, len(values))
    times[(times < YEAR_2000) | (times > LATEST)] = 0
    times[0] = max(int(times[0]), log_time)
    return values, RecordColumns(_offsets(run.messages), np.maximum.accumulate(times))


def _offsets(messages: list[Message]) -> NDArray[np.int64]:
    """Give the offsets of records that follow each other; mostly none is left out between the first and the last."""
    first, last = offset_of(messages[0]), offset_of(messages[-1])
    if last - first == len(messages) - 1:
        return np.arange(first, last + 1)
    return np.fromiter(map(offset_of, messages), np.int64, len(messages))


def marks_of(run: Run) -> dict[int, bytes]:
    """Find control records, which have no value: what each says, by its place."""
    found = ((place, mark_header(headers_of(run.messages[place]))) for place in run.empty())
    return {place: header for place, header in found if header is not None}


def bounded(run: Run) -> Iterator[Run]:
    """Divide records so that their values together stay small, one record apart."""
    if run.size <= MOST_BYTES:
        yield run
        return
    start = size = 0
    for place, length in enumerate(run.sizes.tolist()):
        if place > start and size + length > MOST_BYTES:
            yield run.part(start, place)
            start, size = place, 0
        size += length
    yield run.part(start, len(run.messages))


def time_of(message: Message, log_time: int) -> int:
    """Give the log time at a record; `log_time` is that of the record before."""
    at = message.timestamp()[1]
    return max(at, log_time) if YEAR_2000 <= at <= LATEST else log_time
