"""Since when usage points are out, where operators put that right: for the ledger; inference keeps what it found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from models.outages.inference.knowledge import Points


class PutRight:
    """Rows by point, each for the one interruption that inference has begin at `found`."""

    def __init__(self) -> None:
        self.points = np.zeros(0, np.int64)
        """Position, ascending."""
        self.found, self.told = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def since(self, points: Points, some: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give since when some points are or were last out, as the ledger has it."""
        since = points.interrupted_at[some]
        if len(self.points):
            known, place = find(self.points, some)
            known &= self.found[place] == since
            since[known] = self.told[place[known]]
        return since

    def put(self, points: Points, some: NDArray[np.int64], told: NDArray[np.int64]) -> None:
        """Some points are out since then; what was of interruptions before the present ones is forgotten."""
        stays = self.found == points.interrupted_at[self.points]
        stays[find(np.sort(some), self.points)[0]] = False
        every = np.append(self.points[stays], some)
        found, times = np.append(self.found[stays], points.interrupted_at[some]), np.append(self.told[stays], told)
        order = np.argsort(every)
        self.points, self.found, self.told = every[order], found[order], times[order]

    def save(self) -> tuple[bytes, bytes, bytes]:
        """Give all of it."""
        return self.points.tobytes(), self.found.tobytes(), self.told.tobytes()

    def restore(self, saved: Sequence[bytes]) -> None:
        """Know what `save` gave, and nothing else."""
        self.points, self.found, self.told = (np.frombuffer(column, np.int64) for column in saved)


def find(among: NDArray[np.int64], some: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which of some points are among others, ascending, and where."""
    if not len(among):
        return np.zeros(len(some), np.bool_), np.zeros(len(some), np.int64)
    place = np.minimum(np.searchsorted(among, some), len(among) - 1)
    return among[place] == some, place
