"""The customers of a partition, instant by instant: a function of the ledger, the life cycle and the zones' health.

    revisions ──► what is said of each outage ─┐
    ledger ─────► who is out, on, or never was ┼► whose record is another one now ──► rows
    zones ──────► set aside: on is unknown ────┘

Points are columns and so is what is said of them; what is read of one point is one look at each column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.customers.entries import end_of, enter
from models.customers.news import LedgerNews, OutageNews, ZoneNews
from models.customers.outages import Outages
from models.customers.output import CUSTOMER_POWER
from models.customers.points import CANCELLED, CONFIRMED, GONE, INFERRED, NEVER, OUT, STILL_OUT, UNTOLD, Points
from models.customers.saying import content
from models.timeline.rows import SaidRows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from models.customers.news import News
    from models.customers.points import Was
    from models.customers.policy import CustomerPolicy
    from models.timeline.moment import Followed

MINUTE = 60_000


class Customers:
    """All usage points of a partition that have ever been out."""

    def __init__(
        self,
        names: Callable[[NDArray[np.int32]], list[str]],
        policy: CustomerPolicy,
        saved: Mapping[str, Any] | None = None,
    ) -> None:
        """Begin with nobody, or with what `save` gave; `names` gives the ids of stable numbers."""
        self._names = names
        self._points = Points(saved["points"] if saved else None)
        self._outages = Outages(policy.estimate_step_minutes * MINUTE, saved["outages"] if saved else ())
        self._aside: set[str] = set(saved["aside"] if saved else ())

    def due(self) -> None:
        """It has no timers."""

    def live(self, instant: int, records: Sequence[Followed]) -> Iterable[SaidRows]:
        """Take what belongs to an instant (ms), and say whose record is another one now."""
        news: list[News] = [followed.record for followed in records if followed.record is not None]
        renewed = [self._outages.take(one) for one in news if isinstance(one, OutageNews)]
        touched, was = self._enter([one for one in news if isinstance(one, LedgerNews)])
        ended = [one for one in news if isinstance(one, OutageNews) and one.final]
        found = np.zeros(len(self._points.number), np.bool_)
        if ended:
            self._end(ended, found)
        found[touched[self._differ(touched, was)]] = True
        self._renew([slot for slot, is_news in renewed if is_news], found)
        self._points.as_of[found] = instant
        self._set_aside([one for one in news if isinstance(one, ZoneNews)], found)
        rows = np.flatnonzero(found)
        return [self._rows(rows)] if len(rows) else []

    def standing(self) -> Iterator[SaidRows]:
        """Say how all stand."""
        yield self._rows(np.flatnonzero(self._points.state != UNTOLD))

    def of(self, numbers: Iterable[int]) -> SaidRows:
        """Say how some usage points stand; who is gone, or of whom nothing has been said, is left out."""
        points = self._points
        wanted = np.unique(np.fromiter(numbers, np.int32))
        rows = points.find(wanted[points.know(wanted)])
        return self._rows(rows[points.state[rows] < GONE])

    def let_go(self, kept: Iterable[int]) -> None:
        """Forget the usage points that are not out, but for those that are to be kept."""
        points = self._points
        points.keep((points.state <= STILL_OUT) | np.isin(points.number, np.fromiter(kept, np.int32)))

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        self._outages.forget(frozenset(np.unique(self._points.slot).tolist()))
        return {"points": self._points.save(), "outages": self._outages.save(), "aside": sorted(self._aside)}

    def _enter(self, ledger: Sequence[LedgerNews]) -> tuple[NDArray[np.int64], Was]:
        """Take entries of the ledger; returns the rows that they name, and how these stood before."""
        points = self._points
        numbers = np.unique(np.concatenate([np.zeros(0, np.int32), *(one.numbers for one in ledger)]))
        points.add(numbers)
        touched = points.find(numbers)
        was = points.was(touched)
        enter(points, self._outages, ledger)
        return touched, was

    def _end(self, ended: Sequence[OutageNews], found: NDArray[np.bool_]) -> None:
        """Who is out by an outage that is over, and of whom the ledger says no more, is so no longer."""
        points = self._points
        over = np.zeros(len(self._outages) + 1, np.bool_)
        over[[self._outages.slot(one.outage_id, one.zone_id) for one in ended]] = True
        if not (left := over[points.slot] & (points.state <= STILL_OUT)).any():
            return
        for one in ended:
            rows = np.flatnonzero(left & (points.slot == self._outages.slot(one.outage_id, one.zone_id)))
            end_of(points, self._outages, one, rows)
        found |= left

    def _differ(self, touched: NDArray[np.int64], was: Was) -> NDArray[np.bool_]:
        """Which of some rows are to be told anew; who is out after being told to be on was told wrongly."""
        points = self._points
        now = points.was(touched)
        told_on = (was.state == CONFIRMED) | (was.state == INFERRED) | (was.state == STILL_OUT)
        wrong = (now.state == OUT) & told_on & (now.since <= was.since)
        points.state[touched[wrong]] = STILL_OUT
        taken_back = (was.state == UNTOLD) & ((now.state == NEVER) | (now.state == CANCELLED) | (now.state == GONE))
        points.state[touched[taken_back & (now.state != GONE)]] = UNTOLD
        now = points.was(touched)
        differs = (now.state != was.state) | (now.slot != was.slot) | (now.since != was.since)
        points.revision[touched[~differs]] = was.revision[~differs]
        told: NDArray[np.bool_] = differs & (now.state != UNTOLD) & ~taken_back
        return told

    def _renew(self, slots: Sequence[int], found: NDArray[np.bool_]) -> None:
        """Tell all anew that are out by outages of which something else is said now."""
        if slots:
            renewed = np.zeros(len(self._outages) + 1, np.bool_)
            renewed[slots] = True
            found |= renewed[self._points.slot] & (self._points.state <= STILL_OUT)

    def _set_aside(self, zones: Sequence[ZoneNews], found: NDArray[np.bool_]) -> None:
        """Tell all of the zones that are set aside or taken back; what was found of them is as old as before."""
        for one in zones:
            if one.aside == (one.zone_id in self._aside):
                continue
            self._aside ^= {one.zone_id}
            slot, state = self._points.slot, self._points.state
            there = self._outages.of_zone(one.zone_id)
            found |= there[slot] & (state < GONE) & ((state > STILL_OUT) | ~self._outages.stale()[slot])

    def _rows(self, rows: NDArray[np.int64]) -> SaidRows:
        """Say how some rows stand, by outage, state and revision, then by number."""
        points = self._points
        slot, state = points.slot[rows], points.state[rows]
        revision = np.where(state <= STILL_OUT, 0, points.revision[rows])
        code = (slot.astype(np.int64) << 35) | (state.astype(np.int64) << 32) | revision
        codes, groups = np.unique(code, return_inverse=True)
        kinds = [(one >> 35, (one >> 32) & 7, one & 0xFFFFFFFF) for one in codes.tolist()]
        order = sorted(range(len(kinds)), key=lambda one: (self._outages.of(kinds[one][0]).outage_id, *kinds[one][1:]))
        place = np.empty(len(order), np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        groups = place[groups]
        sorted_rows = np.argsort(groups, kind="stable")
        rows, groups = rows[sorted_rows], groups[sorted_rows]
        shared = [self._content(*kinds[one]) for one in order]
        times = {"since": points.since[rows], "as_of": points.as_of[rows]}
        return SaidRows(CUSTOMER_POWER.name, self._names, points.number[rows], groups, shared, times)

    def _content(self, slot: int, state: int, revision: int) -> dict[str, Any]:
        outage = self._outages.of(slot)
        return content(outage, state, revision, aside=outage.zone_id in self._aside)
