"""Batches of evidence cut at an offset, and records of a bounded size."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from models.times.units import END_OF_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.evidence.batch import AnyRows, EvidenceBatch, WorkRow

MOST_ROWS: Final = 8_000
"""Rows about usage points or devices in one record."""
MOST_BYTES: Final = 1 << 20
"""Bytes of crew reports, planned works, commands and refused lines in one record; one line alone may be larger."""
WORK_BYTES: Final = 64
"""Of a planned work besides its id."""


def cut(batch: EvidenceBatch, begin: int, end: int = END_OF_TIME) -> EvidenceBatch:
    """Keep what stands at offsets from `begin` to below `end`; counts stay as they are."""
    return replace(
        batch,
        points=_cut_rows(batch.points, begin, end),
        devices=_cut_rows(batch.devices, begin, end),
        crew=[row for row in batch.crew if begin <= row.offset < end],
        works=[row for row in batch.works if begin <= row.offset < end],
        commands=[row for row in batch.commands if begin <= row.offset < end],
        deferred=[letter for letter in batch.deferred if begin <= letter.offset < end],
    )


def pieces(batches: Sequence[EvidenceBatch]) -> Iterator[list[EvidenceBatch]]:
    """Group batches into records of at most `MOST_ROWS` rows or so; a batch that is larger is cut at offsets."""
    group: list[EvidenceBatch] = []
    rows, size = 0, 0
    for batch in batches:
        for part in _parts(batch):
            more, bytes_more = _weight(part)
            if group and (rows + more > MOST_ROWS or size + bytes_more > MOST_BYTES):
                yield group
                group, rows, size = [], 0, 0
            group.append(part)
            rows, size = rows + more, size + bytes_more
    if group:
        yield group


def _parts(batch: EvidenceBatch) -> Iterator[EvidenceBatch]:
    """Cut a batch that is too large for a record; each part but the last has the watermark of its own last row."""
    while batch.offsets is not None and (border := _border(batch)) is not None:
        begin, end = batch.offsets
        head = replace(cut(batch, begin, border), offsets=(begin, border))
        reached = _last_log_time(head)
        yield replace(head, watermark=reached, last_log_time=reached)
        batch = replace(cut(batch, border), offsets=(border, end), read=0, refused=0, unused=0)
    yield batch


def _border(batch: EvidenceBatch) -> int | None:
    """The offset at which a batch becomes too large; None if it is not, or has nothing before that offset."""
    borders = [
        int(rows.offset[MOST_ROWS])
        for rows in (batch.points, batch.devices)
        if rows is not None and len(rows.offset) > MOST_ROWS
    ]
    texts = sorted(
        [(row.offset, len(row.value)) for row in batch.crew]
        + [(row.offset, _size(row)) for row in batch.works]
        + [(row.offset, len(row.value)) for row in batch.commands]
        + [(letter.offset, len(letter.value)) for letter in batch.deferred]
    )
    sizes = np.cumsum([size for _, size in texts])
    if len(sizes) and sizes[-1] > MOST_BYTES:
        borders.append(texts[max(1, int(np.searchsorted(sizes, MOST_BYTES)))][0] if len(texts) > 1 else texts[0][0])
    border = min(borders, default=None)
    first = min(_offsets(batch), default=None)
    return None if border is None or first is None or border <= first else border


def _offsets(batch: EvidenceBatch) -> Iterator[int]:
    """The first offset of each kind of content."""
    for rows in (batch.points, batch.devices):
        if rows is not None and len(rows.offset):
            yield int(rows.offset[0])
    yield from (row.offset for row in batch.crew[:1])
    yield from (row.offset for row in batch.works[:1])
    yield from (row.offset for row in batch.commands[:1])
    yield from (letter.offset for letter in batch.deferred[:1])


def _last_log_time(batch: EvidenceBatch) -> int:
    times = [int(rows.log_time[-1]) for rows in (batch.points, batch.devices) if rows is not None]
    times += [row.log_time for row in batch.crew[-1:]] + [row.log_time for row in batch.works[-1:]]
    times += [row.log_time for row in batch.commands[-1:]] + [letter.log_time for letter in batch.deferred[-1:]]
    return max(times)


def _weight(batch: EvidenceBatch) -> tuple[int, int]:
    """Rows, and bytes of texts."""
    rows = batch.rows()
    texts = sum(len(row.value) for row in batch.crew) + sum(map(_size, batch.works))
    texts += sum(len(row.value) for row in batch.commands)
    return rows, texts + sum(len(letter.value) for letter in batch.deferred)


def _size(row: WorkRow) -> int:
    """Bytes of a planned work in a record, or a few more."""
    return WORK_BYTES + 4 * len(row.work_id)


def _cut_rows(rows: AnyRows | None, begin: int, end: int) -> AnyRows | None:
    """Keep rows with offsets from `begin` to below `end`; None where there are none."""
    if rows is None:
        return None
    start, stop = (int(place) for place in np.searchsorted(rows.offset, (begin, end)))
    if start == 0 and stop == len(rows.offset):
        return rows
    if start == stop:
        return None
    return type(rows)(*(getattr(rows, part.name)[start:stop] for part in fields(rows)))
