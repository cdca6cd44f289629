"""Meter events to rows about usage points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from models.columns.packed_text import PackedText, gather_spans
from models.contracts.inputs.meter import MeterEvent
from models.decoding.line_decoder import Decoded, LineDecoder, Refusal
from models.decoding.validation import Reason
from models.evidence.batch import PointRows
from models.evidence.kinds import INSTALLED, KIND_CODE, POWER_RESTORED, REMOVED
from models.evidence.sources import source_number
from models.ingest.readers.meter_scan import Scanned, scan
from models.ingest.readers.rows import Lines, Read, Rows, judge, optional_times, read_rows, refuse_rows, short
from models.times.iso8601 import YEAR_2000

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


def read_meters(network: Network, lines: Lines) -> Read:
    """Read a batch of meter events. `installed` and `removed` of a meter that the network does not have are unused."""
    events = _read_events(lines)
    rows, kind = events.rows, events.kind
    point = network.meter_index.find_names(network.meter_ids, events.meter_ids)
    known = (point >= 0) | (kind == INSTALLED) | (kind == REMOVED)
    accepted = judge(rows, known, lines)
    used = accepted[point[accepted] >= 0]
    points = PointRows(
        log_time=rows.log_time[used],
        offset=lines.offsets(rows.place[used]),
        point=network.point_number[point[used]],
        kind=kind[used],
        observed_at=rows.observed_at[used],
        outage_started_at=np.where(kind[used] == POWER_RESTORED, events.started_at[used], 0),
        received_at=rows.received_at[used],
        source=events.source[used],
    )

    def unknown_reason(row: int) -> Reason:
        meter = short(events.meter_ids[row])
        return Reason(
            "unknown-usage-point",
            f"meter {meter} is not on the network: add it to the usage points or correct meter_id",
        )

    refusals = [*events.decoded.refusals, *refuse_rows(rows, lines, _DECODER, unknown_reason)]
    return Read(events.decoded, rows, refusals, points=points, unused=len(accepted) - len(used))


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
