"""Which outage speaks of which fault, one to one.

Of all matchings the largest counts, and of those the one with the least total difference in time. Only pairs of one
place are possible, so each place is solved by itself, exactly (Jonker and Volgenant's assignment). How far apart a pair
is, and whether it is possible at all, is what a fault is: an event, an isolating switch, or one that was repaired under
an open device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from simulator.course import NEVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.output import Outages
    from simulator.scoring.reading.truth import Faults

    Apart = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]]
    """Milliseconds between faults (rows) and outages (columns), by number; over `TOLERANCE_MS` is impossible."""

TOLERANCE_MS: Final = 120_000
STOOD_MS: Final = 120_000
"""How long an outage must have been published at the right place to be right although it was merged."""
FARTHER_MS: Final = 60_000
"""What a device above a fault did counts as so much farther away than the fault's own opening."""
IMPOSSIBLE: Final = TOLERANCE_MS + 1
UNMATCHED: Final = -1


class Matching:
    """Matches faults with outages in several rounds; an outage that is matched once is taken."""

    def __init__(self, network: Network, faults: Faults, outages: Outages) -> None:
        self.network = network
        self.faults = faults
        self.outages = outages
        self.left = np.ones(len(outages), np.bool_)
        self._reach = np.where(faults.device < 0, 0, network.device_end[faults.device])

    def by_start(self, faults: NDArray[np.bool_], outages: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Match outages that start within two minutes of the fault's opening, or of a move of a device above."""
        return self._match(faults, outages, self.outages.place, self._from_opening)

    def by_overlap(self, faults: NDArray[np.bool_], outages: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Match outages that are open with the fault and start no earlier than it or what is above it."""
        return self._match(faults, outages, self.outages.place, self._overlap)

    def ended_below(self, faults: NDArray[np.bool_], outages: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Match outages that stood for two minutes and were then merged while a device above was open."""
        stood = self.outages.merged & (self.outages.stood_ms >= STOOD_MS)
        return self._match(faults, outages & stood, self.outages.standing_place, self._below_an_open_device)

    def _match(
        self, faults: NDArray[np.bool_], outages: NDArray[np.bool_], place: NDArray[np.int64], apart: Apart
    ) -> NDArray[np.int64]:
        """Return for each fault the number of its outage, `UNMATCHED` where it has none or is not among the chosen."""
        matched = np.full(len(self.faults), UNMATCHED, np.int64)
        outages_at = _by_place(place, outages & self.left)
        for here, faults_here in _by_place(self.faults.place, faults).items():
            outages_here = outages_at.get(here)
            if outages_here is not None:
                rows, columns = assign(apart(faults_here, outages_here))
                matched[faults_here[rows]] = outages_here[columns]
        self.left[matched[matched != UNMATCHED]] = False
        return matched

    def _from_opening(self, faults: NDArray[np.int64], outages: NDArray[np.int64]) -> NDArray[np.int64]:
        started_at = self.outages.started_at[outages]
        return np.stack([self._apart(fault, started_at) for fault in faults.tolist()])

    def _apart(self, fault: int, started_at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how far starts are from a fault's opening, or from when those below it were out or left out by others.

        Who finds it at the close-in has a new outage there: its customers were out already, with the device above.
        """
        own: NDArray[np.int64] = np.abs(self.faults.opened_at[fault] - started_at)
        openings, closings = self._moves_above(fault)
        moves = np.concatenate([openings, closings])
        each = np.abs(moves[:, None] - started_at).min(axis=0, initial=IMPOSSIBLE)
        farther = np.where(each <= TOLERANCE_MS, np.minimum(each + FARTHER_MS, TOLERANCE_MS), IMPOSSIBLE)
        return np.minimum(own, farther)

    def _moves_above(self, fault: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return when what kept those below a fault out for long opened, and when it closed while the fault was open.

        What had opened above may have handed them on, from one device to the next, until the fault had them.
        """
        faults, opened_at = self.faults, self.faults.opened_at
        above = self._above(fault) & ~faults.momentary
        since, earlier = faults.opened_at[fault], above
        while earlier.any():
            earlier = above & (opened_at < since) & (faults.closed_at >= since)
            since = opened_at[earlier].min(initial=since)
        above &= (opened_at < faults.closed_at[fault]) & (faults.closed_at >= since)
        closings = faults.closed_at[above]
        return opened_at[above], closings[(closings >= faults.opened_at[fault]) & (closings < faults.closed_at[fault])]

    def _overlap(self, faults: NDArray[np.int64], outages: NDArray[np.int64]) -> NDArray[np.int64]:
        opened_at, closed_at = self.faults.opened_at[faults, None], self.faults.closed_at[faults, None]
        earliest = np.array([[self._moves_above(fault)[0].min(initial=NEVER)] for fault in faults.tolist()])
        earliest = np.minimum(earliest, opened_at) - TOLERANCE_MS
        started_at, over_at = self.outages.started_at[outages], self.outages.over_at[outages]
        both = (started_at >= earliest) & (started_at < closed_at) & (over_at > opened_at)
        return np.where(both, np.minimum(np.abs(started_at - opened_at), TOLERANCE_MS), IMPOSSIBLE)

    def _below_an_open_device(self, faults: NDArray[np.int64], outages: NDArray[np.int64]) -> NDArray[np.int64]:
        over_at = self.outages.over_at[outages]
        under = [self._anything_open_above(fault, over_at) for fault in faults.tolist()]
        apart: NDArray[np.int64] = np.where(np.stack(under), self._from_opening(faults, outages), IMPOSSIBLE)
        return apart

    def _anything_open_above(self, fault: int, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return at which instants a device stood open above a fault, give or take two minutes."""
        above = self._above(fault)
        opened_at, closed_at = self.faults.opened_at[above, None], self.faults.closed_at[above, None]
        is_open = (opened_at - TOLERANCE_MS <= at) & (at <= closed_at + TOLERANCE_MS)
        anything: NDArray[np.bool_] = np.any(is_open, axis=0)
        return anything

    def _above(self, fault: int) -> NDArray[np.bool_]:
        """Return which faults are of devices above a fault."""
        faults, network = self.faults, self.network
        service = faults.device[fault] < 0
        below = network.point_device[faults.point[fault]] if service else network.class_of[faults.device[fault]]
        above: NDArray[np.bool_] = (faults.device >= 0) & (faults.device < below + service) & (self._reach > below)
        return above


def assign(apart: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match rows with columns that are at most `TOLERANCE_MS` apart: as many as possible, then as near as possible."""
    possible = apart <= TOLERANCE_MS
    # An impossible pair costs more than all possible ones together; whole numbers below 2^53 are exact in floats.
    cost = np.where(possible, apart, IMPOSSIBLE * (min(apart.shape) + 1)).astype(np.float64)
    rows, columns = linear_sum_assignment(cost)
    kept = possible[rows, columns]
    return rows[kept], columns[kept]


def _by_place(place: NDArray[np.int64], chosen: NDArray[np.bool_]) -> dict[int, NDArray[np.int64]]:
    rows = np.flatnonzero(chosen & (place >= 0))
    rows = rows[np.argsort(place[rows], kind="stable")]
    places, starts = np.unique(place[rows], return_index=True)
    return dict(zip(places.tolist(), np.split(rows, starts[1:]), strict=True)) if len(rows) else {}
