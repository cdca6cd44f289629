"""A position that chatters: what goes back within the debounce time has not been left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(slots=True)
class _Held(Generic[Item]):
    settled: object
    state: object
    item: Item
    due: int


@dataclass(slots=True)
class Debounce(Generic[Item]):
    """By point, the state that has lasted and the one that waits to."""

    suppressed: int = 0
    """Changes that were not passed on."""
    _settled: dict[str, object] = field(default_factory=dict)
    _held: dict[str, _Held[Item]] = field(default_factory=dict)

    def take(self, point: str, state: object, item: Item, at: int, debounce: int) -> list[Item]:
        """Take a change of a point at a moment (its times in one unit); returns what may be passed on now, in order."""
        if debounce <= 0:
            return [item]
        passed = []
        held = self._held.pop(point, None)
        if held is not None and at >= held.due:
            passed.append(self._settle(point, held))
            held = None
        if held is not None:
            self.suppressed += 1 + (state == held.settled)
        if point not in self._settled:
            self._settled[point] = state
            return [*passed, item]
        if state == self._settled[point]:
            return passed if held is not None else [*passed, item]
        self._held[point] = _Held(self._settled[point], state, item, at + debounce)
        return passed

    def due(self, now: int) -> list[Item]:
        """Give what has lasted by now."""
        points = sorted(point for point, held in self._held.items() if held.due <= now)
        return [self._settle(point, self._held.pop(point)) for point in points]

    def flush(self) -> list[Item]:
        """Give all that waits: nothing more will come."""
        return self.due(max((held.due for held in self._held.values()), default=0))

    def _settle(self, point: str, held: _Held[Item]) -> Item:
        self._settled[point] = held.state
        return held.item
