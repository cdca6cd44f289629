"""What a well-formed record of the evidence log must not say: it is looked through before anything is counted with.

Whoever may write the log can write any number into it. A record that this process cannot follow is passed over as a
whole: no array is ever asked for a place that it does not have.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from models.contracts.topics import RAW_TOPICS
from models.evidence.batch import END_OF_LOG
from models.evidence.kinds import (
    DEVICE_REPORTS,
    EVIDENCE_KINDS,
    ORIGIN_SHIFT,
    ORIGINS,
    QUALITIES,
    QUALITY_MASK,
)
from models.evidence.work_codes import WORK_KINDS, WORK_STATUSES
from models.times.iso8601 import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.evidence.batch import DeviceRows, EvidenceBatch, PointRows
    from models.evidence.log_record import LogRecord
    from models.network.network import Network

MOST_PARTITIONS: Final = 100_000
MOST_OFFSET: Final = 1 << 62


def record_fault(record: LogRecord, network: Network) -> str | None:
    """Say why a record cannot be followed on its network; None if it can."""
    return next((fault for batch in record.batches for fault in _batch_faults(batch, network)), None)


def _batch_faults(batch: EvidenceBatch, network: Network) -> Iterator[str]:
    topic, _, partition = batch.origin.rpartition("/")
    numbers = (0, batch.partitions, MOST_PARTITIONS)
    if topic not in RAW_TOPICS or not partition.isdecimal() or not _rising(*numbers, least=1):
        yield f"is of an origin {batch.origin[:80]!r} of {batch.partitions}, which is none"
    elif int(partition) >= MOST_PARTITIONS:
        yield f"is of partition {partition} of {topic}, which is none"
    if not (0 <= batch.watermark <= LATEST or batch.watermark == END_OF_LOG) or not 0 <= batch.last_log_time <= LATEST:
        yield f"has a watermark of {batch.watermark} and a log time of {batch.last_log_time}, which are no times"
    if batch.offsets is not None and not _rising(0, *batch.offsets, MOST_OFFSET):
        yield f"accounts for offsets {batch.offsets[0]} to {batch.offsets[1]}, which are none"
    if min(batch.read, batch.refused, batch.unused) < 0:
        yield "counts less than no lines"
    if batch.points is not None:
        yield from _point_faults(batch, batch.points, network)
    if batch.devices is not None:
        yield from _device_faults(batch, batch.devices, network)
    yield from _crew_faults(batch, network)
    yield from _work_faults(batch, network)
    yield from _command_faults(batch)


def _point_faults(batch: EvidenceBatch, rows: PointRows, network: Network) -> Iterator[str]:
    yield from _row_faults(batch, rows)
    yield from _range_fault("usage points", rows.point, len(network.point_position))
    yield from _range_fault("kinds", rows.kind, len(EVIDENCE_KINDS))
    yield from _range_fault("times", rows.outage_started_at, LATEST + 1)


def _device_faults(batch: EvidenceBatch, rows: DeviceRows, network: Network) -> Iterator[str]:
    yield from _row_faults(batch, rows)
    yield from _range_fault("devices", rows.device, len(network.device_position))
    yield from _range_fault("positions", rows.position, len(DEVICE_REPORTS))
    yield from _range_fault("qualities", rows.quality & QUALITY_MASK, len(QUALITIES))
    yield from _range_fault("origins", rows.quality >> ORIGIN_SHIFT, len(ORIGINS))


def _row_faults(batch: EvidenceBatch, rows: PointRows | DeviceRows) -> Iterator[str]:
    begin, end = batch.offsets or (0, 0)
    if not _rising(begin, int(rows.offset[0]), int(rows.offset[-1]), end - 1) or _falls(rows.offset):
        yield f"has rows at offsets outside of {begin} to {end}, or not in order"
    if not _rising(0, int(rows.log_time[0]), int(rows.log_time[-1]), LATEST) or _falls(rows.log_time):
        yield "has rows at log times that are none, or not in order"
    yield from _range_fault("times", rows.observed_at, LATEST + 1)
    yield from _range_fault("times of arrival", rows.received_at, LATEST + 1)


def _crew_faults(batch: EvidenceBatch, network: Network) -> Iterator[str]:
    begin, end = batch.offsets or (0, 0)
    for row in batch.crew:
        devices = (row.device, row.found_device)
        if not all(-1 <= device < len(network.device_position) for device in devices):
            yield f"has a crew at devices {devices} of {len(network.device_position)}"
    reports = [(row.offset, row.log_time) for row in batch.crew]
    reports += [(letter.offset, letter.log_time) for letter in batch.deferred]
    for offset, log_time in reports:
        if not begin <= offset < end or not 0 <= log_time <= LATEST:
            yield f"has a crew report at offset {offset} and log time {log_time}, outside of {begin} to {end}"


def _work_faults(batch: EvidenceBatch, network: Network) -> Iterator[str]:
    begin, end = batch.offsets or (0, 0)
    devices = len(network.device_position)
    for row in batch.works:
        codes = (row.device, devices), (row.kind, len(WORK_KINDS)), (row.status, len(WORK_STATUSES))
        if not all(0 <= code < count for code, count in codes):
            yield f"has work of kind {row.kind} and status {row.status} at device {row.device} of {devices}"
        times = row.log_time, row.planned_from, row.planned_to, row.observed_at, row.received_at
        if not begin <= row.offset < end or not all(0 <= at <= LATEST for at in times):
            yield f"has planned work at offset {row.offset} and times {times}, outside of {begin} to {end}"


def _command_faults(batch: EvidenceBatch) -> Iterator[str]:
    begin, end = batch.offsets or (0, 0)
    for row in batch.commands:
        times = row.log_time, row.observed_at
        if not begin <= row.offset < end or not all(0 <= at <= LATEST for at in times):
            yield f"has a command at offset {row.offset} and times {times}, outside of {begin} to {end}"


def _range_fault(what: str, column: NDArray[Any], count: int) -> Iterator[str]:
    low, high = int(column.min()), int(column.max())
    if low < 0 or high >= count:
        yield f"has {what} from {low} to {high}, there are {count}"


def _falls(column: NDArray[Any]) -> bool:
    return bool((column[1:] < column[:-1]).any())


def _rising(*numbers: int, least: int = 0) -> bool:
    return all(low <= high for low, high in pairwise(numbers)) and numbers[1] >= least
