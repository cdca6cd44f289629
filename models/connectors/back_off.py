"""How long to wait before trying again: longer each time, and never all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MOST_DOUBLINGS: Final = 30


@dataclass(slots=True)
class BackOff:
    """Waits double from `first` to `most` seconds; each is drawn between its half and its whole.

    A control room's server that comes back is not met by all of its clients in the same second.
    """

    first: float = 0.5
    most: float = 30.0
    attempts: int = 0

    def next(self, draw: float) -> float:
        """Give the seconds to wait after one more failure; `draw` is a number from 0 to below 1."""
        whole = min(self.first * float(1 << min(self.attempts, _MOST_DOUBLINGS)), self.most)
        self.attempts += 1
        return whole / 2 + draw * whole / 2

    def reset(self) -> None:
        """It has worked."""
        self.attempts = 0
