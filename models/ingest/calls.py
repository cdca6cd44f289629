"""Calls to rows about usage points; a call by account speaks for each usage point of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.contracts.call import CallEvent
from models.edge import Reason
from models.evidence import KIND_CODE
from models.evidence_batch import PointRows
from models.ingest.admission import Verdict
from models.ingest.lines import LineDecoder
from models.ingest.rows import Lines, Read, judge, read_rows, refuse_rows, short

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network import Network

_DECODER: Final = LineDecoder(CallEvent)


def read_calls(network: Network, lines: Lines) -> Read:
    """Read a batch of calls; the rows of one call stand next to each other with the same offset."""
    decoded = _DECODER.decode(lines.values)
    events = decoded.events
    rows = read_rows(decoded, lines)
    placeless = [row for row, event in enumerate(events) if event.usage_point_id is None and event.account_id is None]
    rows.verdict[placeless] = Verdict.ILL_FORMED
    spoken_for = _points(network, events)
    count = np.array([len(points) for points in spoken_for], np.int64)
    accepted = judge(rows, count > 0, lines.last_log_time)
    kind = np.frombuffer(bytes([KIND_CODE[event.kind] for event in events]), np.uint8)
    point = np.concatenate([spoken_for[row] for row in accepted.tolist()] or [np.empty(0, np.int32)])
    used = np.repeat(accepted, count[accepted])
    points = PointRows(
        log_time=rows.log_time[used],
        offset=lines.first_offset + rows.place[used],
        point=network.point_number[point],
        kind=kind[used],
        observed_at=rows.observed_at[used],
        outage_started_at=np.zeros(len(used), np.int64),
    )
    refusals = decoded.refusals + refuse_rows(rows, lines, _DECODER, lambda row: _unknown(events[row]))
    return Read(decoded, rows, refusals, points=points)


def _points(network: Network, events: list[Any]) -> list[NDArray[np.int32]]:
    """Return the positions of the usage points that each call speaks for, none where its place is unknown."""
    found = network.find_points([event.usage_point_id or "" for event in events])
    return [
        network.points_of_account(event.account_id)
        if event.usage_point_id is None and event.account_id is not None
        else found[row : row + 1][found[row : row + 1] >= 0]
        for row, event in enumerate(events)
    ]


def _unknown(event: Any) -> Reason:  # noqa: ANN401 (the structure is made at run time)
    if event.usage_point_id is None:
        what, field = f"account {short(event.account_id)}", "account_id"
    else:
        what, field = f"usage point {short(event.usage_point_id)}", "usage_point_id"
    return Reason("unknown-usage-point", f"{what} is not on the network: add it to the usage points or correct {field}")
