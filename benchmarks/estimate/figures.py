"""What estimates and promises came to, against what the utility itself had estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.outages.estimate.apply import logarithms
from models.outages.estimate.estimator import ends_of
from models.outages.estimate.history import Looks, situations
from models.outages.estimate.promise import MINUTE
from models.outages.estimate.zone_ranges import ZoneRanges
from models.times.logarithms import seconds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.estimate.pge import Outages
    from benchmarks.estimate.promises import Promised
    from models.outages.estimate.history import History
    from models.outages.estimate.table import EstimateTable

HOUR = 3600
LARGE = 100
"""Customers."""


class Estimates(NamedTuple):
    """At first publication: hours off in the median and mean, and the share that the 80 % range holds."""

    outages: int
    median_hours: float
    mean_hours: float
    held: float
    held_large: float
    large: int
    width_hours: float
    utility_median_hours: float


class Kept(NamedTuple):
    """Of promises: outages with one, shares that were back by the last and by the first, slack of the last, changes."""

    outages: int
    kept: float
    kept_first: float
    slack_hours: float
    changes: float


def first_estimates(
    table: EstimateTable, outages: Outages, rows: NDArray[np.int64]
) -> tuple[Estimates, NDArray[np.bool_]]:
    """Measure what is said when an outage is published; also returns of which the range holds."""
    history = outages.history
    at, restored = history.published_at[rows], history.restored_at[rows]
    scores = logarithms(table, situations(history, Looks(rows, at), table.file.offsets))
    middle = seconds_of(scores[:, table.file.levels.index(50)])
    low, high = _ranges(table, scores, history.take(rows))
    truth = restored - at
    off, held = np.abs(truth - middle) / HOUR, (low <= truth) & (truth <= high)
    large = history.customers[rows] >= LARGE
    own = outages.first_estimate[rows]
    utility = np.abs(own - restored)[own >= 0] / HOUR
    figures = Estimates(
        len(rows),
        float(np.median(off)),
        float(off.mean()),
        float(held.mean()),
        float(held[large].mean()),
        int(large.sum()),
        float(np.median(high - low) / HOUR),
        float(np.median(utility)),
    )
    return figures, held


def _ranges(
    table: EstimateTable, scores: NDArray[np.int64], history: History
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give both ends (seconds) as the engine does: whole minutes, learned outage by outage in each zone."""
    ranges, found = ZoneRanges(), np.zeros((2, len(scores)), np.int64)
    columns = zip(history.zone.tolist(), history.published_at.tolist(), history.restored_at.tolist(), strict=True)
    for row, (zone, now, restored) in enumerate(columns):
        low, high = (int(end[0]) for end in ends_of(table, scores[row : row + 1], ranges.shift(zone, now)))
        begins, ends = (now + low) // MINUTE * MINUTE, -(-(now + high) // MINUTE) * MINUTE
        found[:, row] = begins - now, ends - now
        ranges.told(zone, str(row), begins, ends)
        ranges.over(str(row), restored)
    return found[0], found[1]


def kept(outages: Outages, rows: NDArray[np.int64], promised: Promised) -> Kept:
    """Measure promises against when power was back."""
    restored = outages.history.restored_at[rows]
    some = promised.last >= 0
    slack = (promised.last - restored)[some]
    return Kept(
        int(some.sum()),
        float((slack >= 0).mean()),
        float((promised.first >= restored)[some].mean()),
        float(np.median(slack) / HOUR),
        float(promised.changes.mean()),
    )
