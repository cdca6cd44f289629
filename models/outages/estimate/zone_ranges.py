"""By how much the ends of a zone's ranges are moved, by how often they have held there: what a storm teaches.

Once the time of an end has passed it is known whether power was back by then: the end moves by a step, out where too
many outages lie beyond it, in where too few do (adaptive conformal inference, Gibbs and Candes 2021). Only what an
outage was told first teaches. Whole numbers throughout; times in seconds since the epoch.
"""

from __future__ import annotations

from bisect import bisect, insort
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LOW: Final = 10
HIGH: Final = 90
"""The levels between which a range lies."""
STEP: Final = 16
"""In 1/256 of a logarithm to base 2, times the share by which an end errs in one outage."""
FARTHEST: Final = 4 * 256 * 100
"""No end moves by more than a factor of 16 (1/25600)."""
_LEVELS: Final = (LOW, HIGH)


class Shift(NamedTuple):
    """What is added to both ends of a range, in 1/256 of a logarithm to base 2."""

    low: int = 0
    high: int = 0


class ZoneRanges:
    """What the ranges of some zones have come to."""

    def __init__(self) -> None:
        self._moved: dict[int, list[int]] = {}
        """Of both ends, in 1/25600 of a logarithm."""
        self._waiting: dict[int, list[tuple[int, str, int]]] = {}
        """When an end's time has passed, of which outage, which end: in order."""
        self._restored: dict[str, int | None] = {}
        """Of the outages that wait, when power was back, if it is."""

    def told(self, zone: int, outage_id: str, low: int, high: int) -> None:
        """An outage's first range ends so."""
        if outage_id not in self._restored:
            self._restored[outage_id] = None
            for end, at in enumerate((low, high)):
                insort(self._waiting.setdefault(zone, []), (at, outage_id, end))

    def over(self, outage_id: str, restored: int | None) -> None:
        """An outage ended: power was back then, or (None) it was none and teaches nothing."""
        if restored is None:
            self._restored.pop(outage_id, None)
        elif outage_id in self._restored:
            self._restored[outage_id] = restored

    def shift(self, zone: int, now: int) -> Shift:
        """Give what is known of a zone at an instant, after all ends that have passed by then."""
        waiting, moved = self._waiting.get(zone, []), self._moved.setdefault(zone, [0, 0])
        passed = bisect(waiting, now, key=itemgetter(0))
        for at, outage_id, end in waiting[:passed]:
            self._learn(moved, at, outage_id, end)
        del waiting[:passed]
        return Shift(moved[0] // 100, moved[1] // 100)

    def _learn(self, moved: list[int], at: int, outage_id: str, end: int) -> None:
        if outage_id not in self._restored:
            return
        restored = self._restored[outage_id]
        beyond = restored is None or restored > at
        step = STEP * (100 * beyond - (100 - _LEVELS[end]))
        moved[end] = min(max(moved[end] + step, -FARTHEST), FARTHEST)
        if end:
            del self._restored[outage_id]

    def save(self) -> list[object]:
        """Give all that is known, in an order of its own."""
        return [sorted(known.items()) for known in (self._moved, self._waiting, self._restored)]

    def restore(self, saved: Sequence[Any]) -> None:
        """Know what `save` gave, and nothing else."""
        moved, waiting, restored = saved or ([], [], [])
        self._moved = {zone: list(ends) for zone, ends in moved}
        self._waiting = {zone: [(at, name, end) for at, name, end in ends] for zone, ends in waiting}
        self._restored = dict(restored)
