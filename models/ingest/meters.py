"""Meter events to rows about usage points."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.meter import MeterEvent
from models.edge import Reason
from models.evidence import INSTALLED, KIND_CODE, POWER_RESTORED, REMOVED
from models.evidence_batch import PointRows
from models.ingest.lines import LineDecoder
from models.ingest.rows import Lines, Read, judge, optional_times, read_rows, refuse_rows, short

if TYPE_CHECKING:
    from models.network import Network

_DECODER: Final = LineDecoder(MeterEvent)
_STARTED_AT: Final = attrgetter("outage_started_at")
_KIND: Final = attrgetter("kind")
_METER_ID: Final = attrgetter("meter_id")


def read_meters(network: Network, lines: Lines) -> Read:
    """Read a batch of meter events. `installed` and `removed` of a meter that the network does not have are unused."""
    decoded = _DECODER.decode(lines.values, blank_lines=lines.logged is None)
    events = decoded.events
    rows = read_rows(decoded, lines)
    started_at = optional_times(list(map(_STARTED_AT, events)), rows.verdict)
    kind = np.frombuffer(bytes(map(KIND_CODE.__getitem__, map(_KIND, events))), np.uint8)
    point = network.find_meters(list(map(_METER_ID, events)))
    known = (point >= 0) | (kind == INSTALLED) | (kind == REMOVED)
    accepted = judge(rows, known, lines)
    used = accepted[point[accepted] >= 0]
    points = PointRows(
        log_time=rows.log_time[used],
        offset=lines.offsets(rows.place[used]),
        point=network.point_number[point[used]],
        kind=kind[used],
        observed_at=rows.observed_at[used],
        outage_started_at=np.where(kind[used] == POWER_RESTORED, started_at[used], 0),
    )

    def say_unknown(row: int) -> Reason:
        meter = short(events[row].meter_id)
        return Reason(
            "unknown-usage-point",
            f"meter {meter} is not on the network: add it to the usage points or correct meter_id",
        )

    refusals = decoded.refusals + refuse_rows(rows, lines, _DECODER, say_unknown)
    return Read(decoded, rows, refusals, points=points, unused=len(accepted) - len(used))
