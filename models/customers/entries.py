"""What entries of the ledger, and the end of an outage, make of usage points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.customers.news import CONFIRMED as RESTORED_CONFIRMED
from models.customers.news import GAINED, LOST, REMOVED
from models.customers.news import INFERRED as RESTORED_INFERRED
from models.customers.points import CANCELLED, CONFIRMED, GONE, INFERRED, NEVER, OUT, STILL_OUT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.customers.news import LedgerNews, OutageNews
    from models.customers.outages import Outages
    from models.customers.points import Points


def enter(points: Points, outages: Outages, entries: LedgerNews) -> None:
    """Take entries of an outage: of a point that is another one's by now only a later return counts."""
    slot = outages.slot(entries.outage_id, entries.zone_id)
    rows = points.find(entries.numbers)
    here = points.state[rows] != GONE
    own = here & (points.slot[rows] == slot)
    out = points.state[rows] <= STILL_OUT
    _gain(points, slot, rows[mine := here & (entries.changes == GAINED)], entries.out_at[mine])
    mistaken = CANCELLED if outages.of(slot).cancelled else NEVER
    _settle(points, rows[own & out & (entries.changes == LOST)], mistaken, -1, entries.revision)
    since = np.where(points.since[rows] < 0, points.as_of[rows], points.since[rows])
    later = own | (here & ~out & (entries.at >= since))
    for change, state in ((RESTORED_CONFIRMED, CONFIRMED), (RESTORED_INFERRED, INFERRED)):
        if (back := later & (entries.changes == change)).any():
            points.slot[rows[back]] = slot
            _settle(points, rows[back], state, entries.at[back], entries.revision)
    points.state[rows[entries.changes == REMOVED]] = GONE


def end_of(points: Points, outages: Outages, news: OutageNews, rows: NDArray[np.int64]) -> None:
    """End what an outage that is over has left: another one has it, it came back with it, or it never was out."""
    if news.heir is not None:
        points.slot[rows] = outages.slot(news.heir, news.zone_id)
    elif news.restored_at is not None:
        _settle(points, rows, INFERRED, news.restored_at, news.revision)
    else:
        _settle(points, rows, CANCELLED if news.cancelled else NEVER, -1, news.revision)


def _gain(points: Points, slot: int, rows: NDArray[np.int64], out_at: NDArray[np.int64]) -> None:
    points.slot[rows], points.state[rows], points.since[rows] = slot, OUT, out_at


def _settle(points: Points, rows: NDArray[np.int64], state: int, since: int | NDArray[np.int64], revision: int) -> None:
    points.state[rows], points.since[rows], points.revision[rows] = state, since, revision
