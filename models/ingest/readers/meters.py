"""Meter events to rows about usage points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.packed_text import PackedText, gather_spans
from models.contracts.inputs.meter import MeterEvent
from models.decoding.line_decoder import Decoded, LineDecoder, Refusal
from models.evidence.batch import PointRows
from models.evidence.kinds import INSTALLED, KIND_CODE, POWER_RESTORED, REMOVED
from models.evidence.sources import source_number
from models.ingest.mounting.hanging import unknown_meter
from models.ingest.mounting.joining import Joined, Messages, at_log_times, join
from models.ingest.mounting.laid import Laid
from models.ingest.mounting.mountings import Mountings
from models.ingest.readers.admission import Verdict
from models.ingest.readers.meter_scan import Scanned, scan
from models.ingest.readers.rows import Lines, Read, Rows, judge, optional_times, read_rows, refuse_rows
from models.times.iso8601 import YEAR_2000

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.decoding.validation import Reason
    from models.network.network import Network

_DECODER: Final = LineDecoder(MeterEvent)


@dataclass(frozen=True, slots=True)
class _Meters:
    """The events of a batch in columns, a row an event."""

    decoded: Decoded
    rows: Rows
    meter_ids: PackedText
    kind: NDArray[np.uint8]
    started_at: NDArray[np.int64]
    source: NDArray[np.uint32]


def read_meters(network: Network, lines: Lines, laid: Laid | None = None, partition: int = 0) -> Read:
    """Read a batch of meter events of a partition, with the mountings that are `laid` over the network.

    `installed` and `removed` of a meter that the network does not have, and that hangs nowhere else, are unused.
    """
    events = _read_events(lines)
    table = network.meter_index.find_names(network.meter_ids, events.meter_ids)
    of_mounting = (events.kind == INSTALLED) | (events.kind == REMOVED)
    named = _named(events, lines) if of_mounting.any() else {}
    laid = laid or Laid(Mountings(), network)
    if laid.refresh() or any(named.values()):
        told = _Told(of_mounting, partition, named)
        joined, accepted = _join(laid, events, lines, table, told)
    else:
        joined, accepted = Joined(table), judge(events.rows, (table >= 0) | of_mounting, lines)
    return _read(network, lines, events, joined, accepted)


class _Told(NamedTuple):
    """What a batch tells of mounting."""

    of_mounting: NDArray[np.bool_]
    """Which rows may name a meter that is not on the network."""
    partition: int
    named: dict[int, str | None]


def _named(events: _Meters, lines: Lines) -> dict[int, str | None]:
    """By row, the usage point that a message of mounting names, of all that are well-formed."""
    kind, rows = events.kind, events.rows
    formed = rows.verdict == Verdict.ACCEPTED
    named: dict[int, str | None] = dict.fromkeys(np.flatnonzero((kind == REMOVED) & formed).tolist())
    put_up = np.flatnonzero((kind == INSTALLED) & formed)
    decoded = _DECODER.decode([lines.values[place] for place in rows.place[put_up].tolist()])
    named |= zip(put_up.tolist(), (event.usage_point_id for event in decoded.events), strict=True)
    return named


def _join(
    laid: Laid, events: _Meters, lines: Lines, table: NDArray[np.int32], told: _Told
) -> tuple[Joined, NDArray[np.intp]]:
    """Join events to usage points and judge them; a mounting counts if it is accepted, so it is tried until all are."""
    rows, without = events.rows, set[int]()
    log_time = (
        np.full(len(table), lines.last_log_time) if lines.records is None else lines.records.log_times[rows.place]
    )
    times = rows.observed_at, rows.received_at, lines.offsets(rows.place), log_time
    messages = Messages(events.meter_ids, events.kind, table, *times, *told[1:])
    formed = rows.verdict.copy()
    while True:
        joined = join(laid, messages, without)
        rows.verdict = formed.copy()
        known = (joined.point >= 0) | told.of_mounting
        known[list(joined.refused)] = False
        accepted = judge(rows, known, lines)
        told_of = {row for row in joined.mounted if rows.place[row] < rows.until}
        refused = {row for row in told_of if rows.verdict[row] != Verdict.ACCEPTED}
        if not refused:
            joined.mounted = {row: joined.mounted[row] for row in told_of}
            return joined, accepted
        without |= refused


def _read(network: Network, lines: Lines, events: _Meters, joined: Joined, accepted: NDArray[np.intp]) -> Read:
    rows, kind, point = events.rows, events.kind, joined.point
    used = accepted[point[accepted] >= 0]
    points = PointRows(
        log_time=rows.log_time[used],
        offset=lines.offsets(rows.place[used]),
        point=network.point_number[point[used]],
        kind=kind[used],
        observed_at=rows.observed_at[used],
        outage_started_at=np.where(kind[used] == POWER_RESTORED, _started_at(events, joined)[used], 0),
        received_at=rows.received_at[used],
        source=events.source[used],
    )

    def unknown_reason(row: int) -> Reason:
        return joined.refused.get(row) or unknown_meter(events.meter_ids[row])

    refusals = [*events.decoded.refusals, *refuse_rows(rows, lines, _DECODER, unknown_reason)]
    unused, mounted = len(accepted) - len(used), at_log_times(joined.mounted, rows.log_time)
    return Read(events.decoded, rows, refusals, points=points, unused=unused, mounted=mounted)


def _started_at(events: _Meters, joined: Joined) -> NDArray[np.int64]:
    """When power went, as meters tell it; what one tells of the time before it was put up is of another place."""
    if joined.since is None:
        return events.started_at
    return np.where(events.started_at < joined.since, 0, events.started_at)


def _read_events(lines: Lines) -> _Meters:
    """Read plain lines in one pass, and what is left line by line."""
    blob, scanned = scan(lines.values)
    left, verdict = np.flatnonzero(scanned.read == 0), (scanned.received_at < YEAR_2000).view(np.uint8)
    decoded = _DECODER.decode([lines.values[place] for place in left.tolist()], blank_lines=lines.records is None)
    if decoded.events:
        slow = _columns(decoded, len(left))
        blob = _add(scanned, verdict, blob, left[slow.rows.place], slow)
    refusals = [Refusal(int(left[place]), reason) for place, reason in decoded.refusals]
    left_out = left[decoded.left_out].tolist() if decoded.left_out else []
    place = np.flatnonzero(scanned.read)
    if left_out:
        scanned, verdict = scanned.taken(place), verdict.take(place)
    rows = Rows([], place, scanned.observed_at, scanned.received_at, verdict, place[:0])
    ids = gather_spans(blob, scanned.meter_start, scanned.meter_end)
    return _Meters(
        Decoded([], left_out, refusals, decoded.blank), rows, ids, scanned.kind, scanned.started_at, scanned.source
    )


def _add(
    scanned: Scanned, verdict: NDArray[np.uint8], blob: NDArray[np.uint8], place: NDArray[np.int64], slow: _Meters
) -> NDArray[np.uint8]:
    """Put events that were read line by line where their lines are; returns the bytes with their meters' ids."""
    ids = slow.meter_ids
    for column, values in (
        (scanned.read, 1),
        (scanned.meter_start, len(blob) + ids.offsets[:-1]),
        (scanned.meter_end, len(blob) + ids.offsets[1:]),
        (scanned.kind, slow.kind),
        (scanned.observed_at, slow.rows.observed_at),
        (scanned.received_at, slow.rows.received_at),
        (scanned.started_at, slow.started_at),
        (scanned.source, slow.source),
        (verdict, slow.rows.verdict),
    ):
        column[place] = values
    return np.concatenate([blob, ids.blob])


def _columns(decoded: Decoded, lines: int) -> _Meters:
    """Put events of so many lines that were read one by one into columns; places count these lines."""
    events, rows = decoded.events, read_rows(decoded, lines)
    started_at = optional_times([event.outage_started_at for event in events], rows.verdict)
    kind = np.frombuffer(bytes([KIND_CODE[event.kind] for event in events]), np.uint8)
    source = np.array([source_number(event.source) for event in events], np.uint32)
    return _Meters(decoded, rows, PackedText.of([event.meter_id for event in events]), kind, started_at, source)
