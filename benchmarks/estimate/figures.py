"""What estimates and promises came to, against what the utility itself had estimated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.outages.estimate.apply import remaining
from models.outages.estimate.history import Looks, situations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.estimate.pge import Outages
    from benchmarks.estimate.promises import Promised
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
    left = remaining(table, situations(history, Looks(rows, at), table.file.offsets))
    low, middle, high = (left[:, table.file.levels.index(level)] for level in (10, 50, 90))
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
