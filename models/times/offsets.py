"""How far clocks of a place are ahead of UTC, as its time zone has had and will have it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

Offsets = Sequence[tuple[int, int]]
"""From when on (seconds since the epoch, ascending) clocks are how many seconds ahead of UTC."""
UTC: Final[Offsets] = ((0, 0),)


def ahead_at(offsets: Offsets, at: int) -> int:
    """Give how many seconds clocks are ahead of UTC at a time (seconds since the epoch); none before the first."""
    place = bisect_right(offsets, at, key=lambda pair: pair[0])
    return offsets[place - 1][1] if place else 0
