"""Which outage speaks of which fault, one to one.

A pair is possible at the same place, if the outage starts within two minutes of the fault's opening or of an opening
above it. Of all matchings the largest counts, and of those the one with the least total difference in time. Only pairs
of one place are possible, so each place is solved by itself, exactly (Jonker and Volgenant's assignment).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulator.scoring.output import Outages
    from simulator.scoring.truth import Faults

TOLERANCE_MS: Final = 120_000
UNMATCHED: Final = -1


def match(
    faults: Faults, outages: Outages, chosen_faults: NDArray[np.bool_], chosen_outages: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return for each fault the number of its outage, `UNMATCHED` where it has none or is not among those chosen."""
    matched = np.full(len(faults), UNMATCHED, np.int64)
    outages_at = _by_place(outages.place, chosen_outages)
    for place, faults_here in _by_place(faults.place, chosen_faults).items():
        outages_here = outages_at.get(place)
        if outages_here is not None:
            apart = _apart(faults.openings[faults_here], outages.started_at[outages_here])
            rows, columns = assign(apart)
            matched[faults_here[rows]] = outages_here[columns]
    return matched


def assign(apart: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match rows with columns that are at most `TOLERANCE_MS` apart: as many as possible, then as near as possible."""
    possible = apart <= TOLERANCE_MS
    # An impossible pair costs more than all possible ones together; whole numbers below 2^53 are exact in floats.
    cost = np.where(possible, apart, (TOLERANCE_MS + 1) * (min(apart.shape) + 1)).astype(np.float64)
    rows, columns = linear_sum_assignment(cost)
    kept = possible[rows, columns]
    return rows[kept], columns[kept]


def _apart(openings: NDArray[np.int64], started_at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Milliseconds between each fault (by the nearest of its openings) and each outage."""
    apart: NDArray[np.int64] = np.abs(openings[:, :, None] - started_at[None, None, :]).min(axis=1)
    return apart


def _by_place(place: NDArray[np.int64], chosen: NDArray[np.bool_]) -> dict[int, NDArray[np.int64]]:
    rows = np.flatnonzero(chosen & (place >= 0))
    rows = rows[np.argsort(place[rows], kind="stable")]
    places, starts = np.unique(place[rows], return_index=True)
    return dict(zip(places.tolist(), np.split(rows, starts[1:]), strict=True)) if len(rows) else {}
