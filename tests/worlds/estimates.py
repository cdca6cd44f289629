"""Tables of estimates made by hand, and situations to ask them about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.estimate.situation import FIELDS, Situation
from models.outages.estimate.table import Correction, Period, TableFile, Trees, digest_of, table_of
from models.times.logarithms import logarithms_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.outages.estimate.table import EstimateTable

import numpy as np

LEVELS = [10, 50, 60, 75, 90]
QUIET = Situation(20, 3, 12, 2, 600, 0, -1, 0, -1, 1, 600, 0, -1)
"""A small outage at noon, and nothing else in the zone."""


def by_stage(
    minutes: Sequence[int] = (30, 60, 70, 90, 120), repaired: int = 2, corrections: Sequence[Correction] = ()
) -> EstimateTable:
    """A table of few words: it lasts so many minutes by level, a `repaired`th of that once a crew is at work."""
    asked = FIELDS.index("crew_stage")
    trees = Trees([], [], [], [], [], [], [])
    shorter = int(logarithms_of(np.array([repaired]))[0])
    for level in range(len(LEVELS)):
        first = len(trees.field)
        trees.roots.append(first)
        trees.level.append(level)
        trees.field += [asked, 0, 0]
        trees.threshold += [1, 0, 0]
        trees.at_most += [first + 1, first + 1, first + 2]
        trees.above += [first + 2, first + 1, first + 2]
        trees.value += [0, 0, -shorter]
    base = logarithms_of(np.array(minutes, np.int64) * 60).tolist()
    period = Period("2020-01-01T00:00:00.000Z", "2020-12-31T00:00:00.000Z", 1000, 0, 10)
    zone = "Europe/Berlin", [(0, 3600), (1_585_443_600, 7200), (1_603_587_600, 3600)]
    file = TableFile(
        "faultline-estimates", 1, "", period, *zone, list(FIELDS), list(LEVELS), base, trees, list(corrections)
    )
    file.digest = digest_of(file)
    return table_of(file)
