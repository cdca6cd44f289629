"""Usage points that have ever been out, as columns in the order of their stable numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

OUT: Final = 0
STILL_OUT: Final = 1
"""Out, though it was said that power was back."""
CONFIRMED: Final = 2
INFERRED: Final = 3
NEVER: Final = 4
"""It was said to be out and was not."""
CANCELLED: Final = 5
"""As `NEVER`, and there was no outage either."""
GONE: Final = 6
"""It has left the network; numbers are never given twice, so it stays so."""
UNTOLD: Final = 7
"""Nothing has been said of it yet."""
NOBODY: Final = -1
_COLUMNS: Final = {
    "number": np.int32,
    "slot": np.int32,
    "state": np.uint8,
    "since": np.int64,
    "as_of": np.int64,
    "revision": np.int32,
}
_UNTOLD: Final = {"slot": NOBODY, "state": UNTOLD, "since": -1, "as_of": -1, "revision": 0}


class Was(NamedTuple):
    """How some points stood, n rows."""

    slot: NDArray[np.int32]
    state: NDArray[np.uint8]
    since: NDArray[np.int64]
    revision: NDArray[np.int32]


class Points:
    """The columns, n rows each, by ascending stable number."""

    number: NDArray[np.int32]
    slot: NDArray[np.int32]
    """Of the outage in the model's table, -1 none."""
    state: NDArray[np.uint8]
    since: NDArray[np.int64]
    """Out or on since, milliseconds since the epoch; negative where it was not out at all."""
    as_of: NDArray[np.int64]
    """The instant of the last finding, milliseconds since the epoch."""
    revision: NDArray[np.int32]
    """The outage's, with which it came to be on."""

    def __init__(self, saved: Mapping[str, bytes] | None = None) -> None:
        for name, kind in _COLUMNS.items():
            setattr(self, name, np.frombuffer(saved[name] if saved else b"", kind).copy())

    def save(self) -> dict[str, Any]:
        """Give the columns as bytes."""
        return {name: getattr(self, name).tobytes() for name in _COLUMNS}

    def add(self, numbers: NDArray[np.int32]) -> None:
        """Make rows for those of some numbers that have none yet."""
        some = np.unique(numbers)
        fresh = some[~self.know(some)]
        if not len(fresh):
            return
        places = np.searchsorted(self.number, fresh)
        self.number = np.insert(self.number, places, fresh)
        for name, value in _UNTOLD.items():
            setattr(self, name, np.insert(getattr(self, name), places, value))

    def find(self, numbers: NDArray[np.int32]) -> NDArray[np.int64]:
        """Give the rows of numbers that have one."""
        return np.searchsorted(self.number, numbers)

    def was(self, rows: NDArray[np.int64]) -> Was:
        """Note how some rows stand."""
        return Was(self.slot[rows], self.state[rows], self.since[rows], self.revision[rows])

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        """Forget all other rows."""
        for name in _COLUMNS:
            setattr(self, name, getattr(self, name)[chosen])

    def know(self, numbers: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which numbers have a row."""
        if not len(self.number):
            return np.zeros(len(numbers), np.bool_)
        places = np.minimum(np.searchsorted(self.number, numbers), len(self.number) - 1)
        known: NDArray[np.bool_] = self.number[places] == numbers
        return known
