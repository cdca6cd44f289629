"""Interruptions that meters tell of from beginning to end, when they are back: proof, however late it comes.

A restoration message says when power was lost and when it came back. What nobody could see while it lasted is known
by it all the same: a fault whose gasps were lost, or one that stayed open where all around it came back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def is_told(partition: Partition, span: tuple[int, int], opened: int, closed: int) -> bool:
    """Whether meters of these points say that they were without power from an opening to a closing (ms).

    It is no news where more of them had power again by what is known already.
    """
    points, below, coherence = partition.points, slice(*span), partition.scores.coherence
    back = np.abs(points.returned_at[below] - closed) <= coherence
    told = back & (np.abs(points.told_start[below] - opened) <= coherence)
    known = points.consumed_at[below] >= closed - partition.scores.clock_tolerance
    return int(told.sum()) > int((known & ~told).sum())


def is_told_of(partition: Partition, outage: Outage) -> bool:
    """Whether meters say so of an outage whose device has closed."""
    closed_at = outage.closed_at
    return closed_at is not None and is_told(partition, outage.span, outage.wave_at, closed_at)
