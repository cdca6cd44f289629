"""How far levels have to be moved so that they hold, by what the trees had not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.estimate.situation import FIELDS
from models.outages.estimate.table import Correction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

CASES: Final = tuple(
    {"customers": customers, "crew_stage": stage, "open_outages": others, "planned": planned}
    for planned in (2, 1, 0)
    for others in (10, 4, 0)
    for stage in (2, 0)
    for customers in (100, 10, 0)
)
"""The least of some fields; the first case that a situation fits counts."""
FEWEST: Final = 200
"""Situations: a case with less has no correction of its own."""


def corrections(situations: NDArray[np.int64], off: NDArray[np.int64], levels: Sequence[int]) -> list[Correction]:
    """Give the corrections by case; `off` is how far the truth lies above each level, n x levels, in logarithms.

    The correction of a level is the quantile of that rank: with it, so many of these outages were over by then.
    """
    taken, found = np.zeros(len(off), bool), []
    for case in CASES:
        mine = ~taken & fits(situations, case)
        if mine.sum() < FEWEST and case is not CASES[-1]:
            continue
        taken |= mine
        add = [_rank(off[mine, column], level) for column, level in enumerate(levels)]
        found.append(Correction(case, int(mine.sum()), add))
    return found


def fits(situations: NDArray[np.int64], least: Mapping[str, int]) -> NDArray[np.bool_]:
    """Which situations have at least the given value of each of the fields."""
    found = np.ones(len(situations), bool)
    for name, value in least.items():
        found &= situations[:, FIELDS.index(name)] >= value
    return found


def _rank(off: NDArray[np.int64], level: int) -> int:
    """The smallest of the numbers that `level` percent of them, one more counted, do not exceed."""
    if not len(off):
        return 0
    rank = min(-(-(len(off) + 1) * level // 100), len(off))
    return int(np.partition(off, rank - 1)[rank - 1])
