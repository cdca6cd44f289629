"""Things that lie at positions of the network, found by slice: all below a device are next to each other."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Places(dict[int, Thing], Generic[Thing]):
    """A dictionary by position that also finds what lies in a slice."""

    def __init__(self) -> None:
        super().__init__()
        self._order: list[int] = []

    def __setitem__(self, position: int, thing: Thing) -> None:
        if position not in self:
            insort(self._order, position)
        super().__setitem__(position, thing)

    def __delitem__(self, position: int) -> None:
        super().__delitem__(position)
        del self._order[bisect_left(self._order, position)]

    def within(self, start: int, end: int) -> list[Thing]:
        """Return what lies at the positions `[start, end)`, in their order."""
        first, last = bisect_left(self._order, start), bisect_left(self._order, end)
        return [self[position] for position in self._order[first:last]]
