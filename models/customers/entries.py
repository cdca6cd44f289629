"""What entries of the ledger, and the end of an outage, make of usage points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.customers.news import CONFIRMED as RESTORED_CONFIRMED
from models.customers.news import GAINED, LOST, REMOVED, TRANSFERRED
from models.customers.news import INFERRED as RESTORED_INFERRED
from models.customers.points import CANCELLED, CONFIRMED, GONE, INFERRED, NEVER, OUT, STILL_OUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.customers.news import LedgerNews, OutageNews
    from models.customers.outages import Outages
    from models.customers.points import Points


def enter(points: Points, outages: Outages, ledger: Sequence[LedgerNews]) -> None:
    """Take the entries of an instant: first who is given up and to whom, then who is gained, then who is back.

    Their order within the instant says nothing: an heir may tell a return before it is told what it inherits.
    """
    for step in (_give_up, _gain, _return):
        for entries in ledger:
            step(points, outages, entries)


def _give_up(points: Points, outages: Outages, entries: LedgerNews) -> None:
    if not (gone := (entries.changes == LOST) | (entries.changes >= TRANSFERRED)).any():
        return
    slot, rows = _rows(points, outages, entries)
    own = gone & (points.slot[rows] == slot) & (points.state[rows] <= STILL_OUT)
    mistaken = CANCELLED if outages.of(slot).cancelled else NEVER
    _settle(points, rows[own & (entries.changes == LOST)], mistaken, -1, entries.revision)
    for heir, some in entries.heirs.items():
        points.slot[rows[some][own[some]]] = outages.slot(heir, entries.zone_id)
    points.state[rows[entries.changes == REMOVED]] = GONE


def _gain(points: Points, outages: Outages, entries: LedgerNews) -> None:
    if not (gained := entries.changes == GAINED).any():
        return
    slot, rows = _rows(points, outages, entries)
    gained &= points.state[rows] != GONE
    points.slot[rows[gained]], points.state[rows[gained]] = slot, OUT
    points.since[rows[gained]] = entries.out_at[gained]


def _return(points: Points, outages: Outages, entries: LedgerNews) -> None:
    """Of a point that is another one's by now only a later return counts."""
    if not ((entries.changes == RESTORED_CONFIRMED) | (entries.changes == RESTORED_INFERRED)).any():
        return
    slot, rows = _rows(points, outages, entries)
    out = points.state[rows] <= STILL_OUT
    since = np.where(points.since[rows] < 0, points.as_of[rows], points.since[rows])
    later = (points.slot[rows] == slot) | (~out & (entries.at >= since))
    later &= points.state[rows] != GONE
    for change, state in ((RESTORED_CONFIRMED, CONFIRMED), (RESTORED_INFERRED, INFERRED)):
        back = later & (entries.changes == change)
        points.slot[rows[back]] = slot
        _settle(points, rows[back], state, entries.at[back], entries.revision)


def _rows(points: Points, outages: Outages, entries: LedgerNews) -> tuple[int, NDArray[np.int64]]:
    return outages.slot(entries.outage_id, entries.zone_id), points.find(entries.numbers)


def end_of(points: Points, outages: Outages, news: OutageNews, rows: NDArray[np.int64]) -> None:
    """End what an outage that is over has left: another one has it, it came back with it, or it never was out."""
    if news.heir is not None:
        points.slot[rows] = outages.slot(news.heir, news.zone_id)
    elif news.restored_at is not None:
        _settle(points, rows, INFERRED, news.restored_at, news.revision)
    else:
        _settle(points, rows, CANCELLED if news.cancelled else NEVER, -1, news.revision)


def _settle(points: Points, rows: NDArray[np.int64], state: int, since: int | NDArray[np.int64], revision: int) -> None:
    points.state[rows], points.since[rows], points.revision[rows] = state, since, revision
