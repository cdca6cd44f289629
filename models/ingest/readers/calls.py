"""Calls to rows about usage points; a call by account speaks for each usage point of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.contracts.inputs.call import CallEvent
from models.decoding.line_decoder import LineDecoder
from models.decoding.validation import Reason, short
from models.evidence.batch import PointRows
from models.evidence.kinds import KIND_CODE
from models.evidence.sources import NO_SOURCE
from models.ingest.readers.admission import Verdict
from models.ingest.readers.rows import Lines, Read, judge, read_rows, refuse_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.network import Network

_DECODER: Final = LineDecoder(CallEvent)


def read_calls(network: Network, lines: Lines) -> Read:
    """Read a batch of calls; the rows of one call stand next to each other with the same offset."""
    decoded = _DECODER.decode(lines.values, blank_lines=lines.records is None)
    events = decoded.events
    rows = read_rows(decoded, len(lines.values))
    placeless = [row for row, event in enumerate(events) if event.usage_point_id is None and event.account_id is None]
    rows.verdict[placeless] = Verdict.ILL_FORMED
    point = network.find_points([event.usage_point_id or "" for event in events])
    account = network.account_index.find(network.account_ids, [_account(event) for event in events])
    accepted = judge(rows, (point >= 0) | (account >= 0), lines)
    used, points_named = _spread(network, accepted, point, account)
    kind = np.frombuffer(bytes([KIND_CODE[event.kind] for event in events]), np.uint8)
    points = PointRows(
        log_time=rows.log_time[used],
        offset=lines.offsets(rows.place[used]),
        point=network.point_number[points_named],
        kind=kind[used],
        observed_at=rows.observed_at[used],
        outage_started_at=np.zeros(len(used), np.int64),
        received_at=rows.received_at[used],
        source=np.full(len(used), NO_SOURCE, np.uint32),
    )
    refusals = decoded.refusals + refuse_rows(rows, lines, _DECODER, lambda row: _unknown(events[row]))
    return Read(decoded, rows, refusals, points=points)


def _account(event: Any) -> str:  # noqa: ANN401 (the structure is made at run time)
    """Return the account that a call speaks for, empty where it names a usage point."""
    return event.account_id or "" if event.usage_point_id is None else ""


def _spread(
    network: Network, accepted: NDArray[np.intp], point: NDArray[np.int32], account: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Repeat accepted rows for each usage point that they speak for; return the rows and the points' positions."""
    by_account = account[accepted]
    first = network.account_start[by_account]
    count = np.where(by_account >= 0, network.account_start[by_account + 1] - first, 1)
    used = np.repeat(accepted, count)
    nth = np.arange(len(used)) - np.repeat(np.cumsum(count) - count, count)
    points_named = point[used]
    spread = account[used] >= 0
    points_named[spread] = network.account_points[np.repeat(first, count)[spread] + nth[spread]]
    return used, points_named


def _unknown(event: Any) -> Reason:  # noqa: ANN401 (the structure is made at run time)
    if event.usage_point_id is None:
        what, field = f"account {short(event.account_id)}", "account_id"
    else:
        what, field = f"usage point {short(event.usage_point_id)}", "usage_point_id"
    return Reason("unknown-usage-point", f"{what} is not on the network: add it to the usage points or correct {field}")
