"""Who is out by which outage, as it was last told: what a revision changes of it is the ledger's entries.

It is compared with what the engine knows at each revision, so nothing has to be noted where points change hands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.outages.inference.knowledge import RETURNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from models.outages.inference.knowledge import Points

Restored = tuple[str, int, "Sequence[int] | NDArray[np.int64]"]
"""Whose return is told: basis, a time, and the points."""
GAINED: Final = 0
LOST: Final = 1
CONFIRMED: Final = 2
INFERRED: Final = 3
TRANSFERRED: Final = 4
CHANGES: Final = ("gained", "lost", "restored_confirmed", "restored_inferred", "transferred")
"""By code."""
BASES: Final = {"confirmed": CONFIRMED, "inferred": INFERRED}
NOBODY_TOLD: Final = -1


class Told(NamedTuple):
    """The points of a published outage that is open, n rows by position, as they were last told."""

    number: int
    """The outage's, in `Ledger.told_by`."""
    points: NDArray[np.int64]
    """Ascending."""
    out: NDArray[np.bool_]
    """They are without power; else their return has been told."""
    out_at: NDArray[np.int64]


class Entries(NamedTuple):
    """What a revision changes, n rows by point."""

    points: NDArray[np.int64]
    change: NDArray[np.uint8]
    out_at: NDArray[np.int64]
    at: NDArray[np.int64]
    other: NDArray[np.int32]
    """Number of the outage from which, or slot of the one to which, -1 none."""


class Ledger:
    """What has been told of the outages of some zones."""

    def __init__(self, told_by: NDArray[np.int32]) -> None:
        """`told_by` has a row for each usage point: the number of the outage by which it was last told to be out."""
        self.told_by = told_by
        self.told: dict[str, Told] = {}
        self.names: dict[int, str] = {}
        """Of the outages in `told_by`."""
        self._next = 0
        self._moving: list[tuple[int, NDArray[np.int64]]] = []
        self._over: list[int] = []

    def entries(
        self,
        outage_id: str,
        here: NDArray[np.int64],
        restored: Sequence[Restored],
        points: Points,
        now: int,
    ) -> Entries | None:
        """What changes by a revision now; `here` are its points, ascending, none of an outage that is over.

        `restored` are those whose return it tells, by basis and with a time. Nothing is noted yet (`note`).
        """
        before = self.told.get(outage_id)
        told = _NOBODY if before is None else before
        returned = points.phase[here] == RETURNED
        out_at = points.out_at[here]
        if not restored and _same(told, here, returned, out_at):
            return None
        known, place = _find(told.points, here)
        as_told = np.zeros(len(here), np.bool_)
        as_told[known] = (told.out[place[known]] != returned[known]) & (told.out_at[place[known]] == out_at[known])
        parts = [_restored(told, one, points, now) for one in restored]
        said = np.concatenate([_NONE, *(part.points for part in parts)])
        fresh = ~as_told
        if len(said):
            fresh &= ~_among(here, said)
        back = fresh & returned
        if back.any():  # it was told by other rules
            parts.append(_restored(told, ("inferred", now, here[back]), points, now))
        gained = here[fresh & ~returned]
        if len(gained):
            other = np.where(self.told_by[gained] == told.number, NOBODY_TOLD, self.told_by[gained])
            parts.append(_entries(gained, GAINED, points.out_at[gained], points.out_at[gained], other))
        if known.sum() < len(told.points):  # some of those told are no longer here
            gone = told.out & ~_among(told.points, here) & ~_among(told.points, said)
            left = told.points[gone]
            owner = points.owner[left]
            change = np.where(owner >= 0, TRANSFERRED, LOST).astype(np.uint8)
            moment = np.full(len(left), now, np.int64)
            parts.append(Entries(left, change, told.out_at[gone], moment, owner.astype(np.int32)))
        parts = [part for part in parts if len(part.points)]
        if len(parts) < 2:
            return parts[0] if parts else None
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        return Entries(*(column[order] for column in columns))

    def note(self, outage_id: str, here: NDArray[np.int64], points: Points, *, final: bool) -> None:
        """A revision has been told: these are its points, of one that is over none."""
        before = self.told.pop(outage_id, None)
        if before is None:
            self._next += 1
            before = _NOBODY._replace(number=self._next)
            self.names[before.number] = outage_id
        out = points.phase[here] != RETURNED
        gone = before.points[before.out & (self.told_by[before.points] == before.number)]
        gone = gone[~_among(gone, here[out])]
        # Who takes over points is told after or before: until the instant is over they are known to be from here.
        stays = points.owner[gone] >= 0
        self.told_by[gone[~stays]] = NOBODY_TOLD
        if stays.any():
            self._moving.append((before.number, gone[stays]))
        if final:
            self._over.append(before.number)
            return
        self.told_by[here[out]] = before.number
        self.told[outage_id] = Told(before.number, here, out, points.out_at[here])

    def settle(self) -> None:
        """An instant is over: whoever took over points has told of it."""
        for number, some in self._moving:
            self.told_by[some[self.told_by[some] == number]] = NOBODY_TOLD
        for number in self._over:
            del self.names[number]
        self._moving.clear()
        self._over.clear()

    def begin_anew(self) -> None:
        """What was told was told by others: all is told once more."""
        for told in self.told.values():
            self.told_by[told.points] = NOBODY_TOLD
        self.told.clear()
        self.names.clear()

    def save(self) -> list[tuple[str, bytes, bytes, bytes]]:
        """Give what was told of open outages, in an order of its own."""
        return [
            (outage_id, told.points.tobytes(), told.out.tobytes(), told.out_at.tobytes())
            for outage_id, told in sorted(self.told.items())
        ]

    def restore(self, saved: Iterable[tuple[str, bytes, bytes, bytes]], own: NDArray[np.int64] | None) -> None:
        """Know what `save` gave of own points (None all), and nothing else."""
        self.begin_anew()
        self.told_by[slice(None) if own is None else own] = NOBODY_TOLD
        for number, (outage_id, rows, out, out_at) in enumerate(saved, start=1):
            points, dark = np.frombuffer(rows, np.int64), np.frombuffer(out, np.bool_)
            self.told[outage_id] = Told(number, points, dark, np.frombuffer(out_at, np.int64))
            self.told_by[points[dark]] = number
            self.names[number] = outage_id
            self._next = number


_NONE: Final = np.zeros(0, np.int64)
_NOBODY: Final = Told(NOBODY_TOLD - 1, _NONE, np.zeros(0, np.bool_), _NONE)


def _same(told: Told, here: NDArray[np.int64], returned: NDArray[np.bool_], out_at: NDArray[np.int64]) -> bool:
    return (
        np.array_equal(told.points, here)
        and np.array_equal(told.out, ~returned)
        and np.array_equal(told.out_at, out_at)
    )


def _entries(
    some: NDArray[np.int64], change: int, out_at: NDArray[np.int64], at: NDArray[np.int64], other: NDArray[np.int32]
) -> Entries:
    return Entries(some, np.full(len(some), change, np.uint8), out_at, at, other.astype(np.int32))


def _restored(told: Told, restored: Restored, points: Points, now: int) -> Entries:
    """Points whose return is told: each since when it was out, and when it came back itself."""
    basis, at, listed = restored
    some = np.asarray(listed, np.int64)
    if (some[1:] <= some[:-1]).any():
        some = np.unique(some)
    known, place = _find(told.points, some)
    out_at = points.out_at[some]
    out_at[known] = told.out_at[place[known]]
    back_at = points.back_at[some]
    back_at = np.where((back_at >= out_at) & (back_at <= now), back_at, np.maximum(at, out_at))
    return _entries(some, BASES[basis], out_at, back_at, np.full(len(some), NOBODY_TOLD, np.int32))


def _among(some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of some points are among others: an outage's points lie together, so a mask is soon made."""
    if not len(some) or not len(others):
        return np.zeros(len(some), np.bool_)
    first = min(int(some.min()), int(others.min()))
    there = np.zeros(max(int(some.max()), int(others.max())) - first + 1, np.bool_)
    there[others - first] = True
    return there[some - first]


def _find(among: NDArray[np.int64], some: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which of some points are among others, ascending, and where."""
    if not len(among):
        return np.zeros(len(some), np.bool_), np.zeros(len(some), np.int64)
    place = np.minimum(np.searchsorted(among, some), len(among) - 1)
    return among[place] == some, place
