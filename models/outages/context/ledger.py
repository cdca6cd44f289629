"""Who is out by which outage, as it was last published: what a revision changes of it are the ledger's entries.

It is compared with what the engine knows at each revision, so nothing has to be noted where points change hands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.outages.context.put_right import PutRight, find
from models.outages.inference.knowledge import RETURNED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from models.outages.inference.knowledge import Points

Restored = tuple[str, int, "Sequence[int] | NDArray[np.int64]"]
"""Whose return is published: basis, a time, and the points."""
GAINED: Final = 0
LOST: Final = 1
CONFIRMED: Final = 2
INFERRED: Final = 3
TRANSFERRED: Final = 4
REMOVED: Final = 5
CHANGES: Final = ("gained", "lost", "restored_confirmed", "restored_inferred", "transferred", "removed")
"""By code."""
BASES: Final = {"confirmed": CONFIRMED, "inferred": INFERRED}
BY_NOBODY: Final = -1
STILL_OUT: Final = 1
CONFIRMED_BACK: Final = 2
"""How a published point stands in the state; 0 is back as inferred."""


class Published(NamedTuple):
    """The points of a published outage that is open, n rows by position, as they were last published."""

    number: int
    """The outage's, in `Ledger.interrupted_by`."""
    points: NDArray[np.int64]
    """Ascending."""
    out: NDArray[np.bool_]
    """They are without power; else their return has been published."""
    confirmed: NDArray[np.bool_]
    """Their return has been published on that basis."""
    out_at: NDArray[np.int64]

    def states(self) -> NDArray[np.uint8]:
        """How each point stands, for the engine's state."""
        return np.where(self.out, STILL_OUT, np.where(self.confirmed, CONFIRMED_BACK, 0)).astype(np.uint8)


class Entries(NamedTuple):
    """What a revision changes, n rows by point."""

    points: NDArray[np.int64]
    change: NDArray[np.uint8]
    out_at: NDArray[np.int64]
    at: NDArray[np.int64]
    other: NDArray[np.int32]
    """Number of the outage from which, or slot of the one to which, -1 none."""


class Ledger:
    """What has been published of the outages of some zones."""

    def __init__(self, interrupted_by: NDArray[np.int32]) -> None:
        """`interrupted_by` has by usage point the number of the outage by which it was last published as out."""
        self.interrupted_by = interrupted_by
        self.published: dict[str, Published] = {}
        self.names: dict[int, str] = {}
        """Of the outages in `interrupted_by`."""
        self.put_right = PutRight()
        self.removed: NDArray[np.bool_] | None = None
        """Points that leave the network at this instant."""
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
        before = self.published.get(outage_id)
        published = _NOBODY if before is None else before
        returned = points.phase[here] == RETURNED
        out_at = self.put_right.since(points, here)
        if not restored and _same(published, here, returned, out_at):
            return None
        known, place = find(published.points, here)
        as_published = np.zeros(len(here), np.bool_)
        as_published[known] = (published.out[place[known]] != returned[known]) & (
            published.out_at[place[known]] == out_at[known]
        )
        parts = [self._restored(published, one, here[returned], points, now) for one in restored]
        back_again = np.concatenate([_NONE, *(part.points for part in parts)])
        fresh = ~as_published
        if len(back_again):
            fresh &= ~(_among(here, back_again) & returned)  # who is out once more by now was back, and is gained again
        back = fresh & returned
        if back.any():  # its start was put right, or it was published by other rules
            confirmed = np.zeros(len(here), np.bool_)
            confirmed[known] = published.confirmed[place[known]]
            for basis, on in (("confirmed", back & confirmed), ("inferred", back & ~confirmed)):
                parts.append(self._restored(_NOBODY, (basis, now, here[on]), here[on], points, now))
        gained = here[fresh & ~returned]
        if len(gained):
            other = np.where(self.interrupted_by[gained] == published.number, BY_NOBODY, self.interrupted_by[gained])
            since = out_at[fresh & ~returned]
            parts.append(_entries(gained, GAINED, since, since, other))
        if known.sum() < len(published.points):  # some of those published are no longer here
            gone = published.out & ~_among(published.points, here) & ~_among(published.points, back_again)
            left = published.points[gone]
            owner = points.owner[left]
            change = np.where(owner >= 0, TRANSFERRED, LOST).astype(np.uint8)
            if self.removed is not None:
                change[self.removed[left]] = REMOVED
            since, back_at = published.out_at[gone], points.back_at[left]
            between = (change == TRANSFERRED) & (since < back_at) & (back_at <= points.interrupted_at[left])
            change[between] = INFERRED  # they had power before they lost it by the other one
            moment, other = np.where(between, back_at, now), np.where(between, BY_NOBODY, owner)
            parts.append(Entries(left, change, since, moment, other.astype(np.int32)))
        parts = [part for part in parts if len(part.points)]
        if len(parts) < 2:
            return parts[0] if parts else None
        columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        return Entries(*(column[order] for column in columns))

    def _restored(
        self, published: Published, restored: Restored, mine: NDArray[np.int64], points: Points, now: int
    ) -> Entries:
        """Points whose return is published: each since when it was out, and when it came back itself.

        Who is out again since, or another's by now, was out since when that was published.
        """
        basis, at, listed = restored
        some = np.asarray(listed, np.int64)
        if (some[1:] <= some[:-1]).any():
            some = np.unique(some)
        known, place = find(published.points, some)
        known &= ~_among(some, mine) & (points.owner[some] >= 0)
        out_at = self.put_right.since(points, some)
        out_at[known] = published.out_at[place[known]]
        back_at = points.back_at[some]
        back_at = np.where((back_at >= out_at) & (back_at <= now), back_at, np.maximum(at, out_at))
        return _entries(some, BASES[basis], out_at, back_at, np.full(len(some), BY_NOBODY, np.int32))

    def note(
        self, outage_id: str, here: NDArray[np.int64], restored: Sequence[Restored], points: Points, *, final: bool
    ) -> None:
        """A revision has been published, which told these returns: `here` are its points, of one that is over none."""
        before = self.published.pop(outage_id, None)
        if before is None:
            self._next += 1
            before = _NOBODY._replace(number=self._next)
            self.names[before.number] = outage_id
        out = points.phase[here] != RETURNED
        gone = before.points[before.out & (self.interrupted_by[before.points] == before.number)]
        gone = gone[~_among(gone, here[out])]
        # Who takes over points is published before or after: until the instant is over they are known to be from here.
        stays = points.owner[gone] >= 0
        self.interrupted_by[gone[~stays]] = BY_NOBODY
        if stays.any():
            self._moving.append((before.number, gone[stays]))
        if final:
            self._over.append(before.number)
            return
        self.interrupted_by[here[out]] = before.number
        known, place = find(before.points, here)
        confirmed = np.zeros(len(here), np.bool_)
        confirmed[known] = before.confirmed[place[known]]
        for basis, _, some in restored:
            confirmed[_among(here, np.asarray(some, np.int64))] = basis == "confirmed"
        since = self.put_right.since(points, here)
        self.published[outage_id] = Published(before.number, here, out, confirmed & ~out, since)

    def returned(self, outage_id: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Points of an outage whose return has been published (position), when each went out, and on which basis."""
        published = self.published.get(outage_id, _NOBODY)
        back = ~published.out
        return published.points[back], published.out_at[back], published.confirmed[back]

    def settle(self) -> None:
        """An instant is over: whoever took over points has published that."""
        for number, some in self._moving:
            self.interrupted_by[some[self.interrupted_by[some] == number]] = BY_NOBODY
        for number in self._over:
            del self.names[number]
        self._moving.clear()
        self._over.clear()
        self.removed = None

    def begin_anew(self) -> None:
        """What was published was published by others: all of it is published once more."""
        for published in self.published.values():
            self.interrupted_by[published.points] = BY_NOBODY
        self.published.clear()
        self.names.clear()

    def save(self) -> tuple[list[tuple[str, bytes, bytes, bytes]], tuple[bytes, bytes, bytes]]:
        """Give what was published of open outages, in an order of its own, and what was put right."""
        published = [
            (outage_id, one.points.tobytes(), one.states().tobytes(), one.out_at.tobytes())
            for outage_id, one in sorted(self.published.items())
        ]
        return published, self.put_right.save()

    def restore(
        self,
        saved: tuple[Iterable[tuple[str, bytes, bytes, bytes]], Sequence[bytes]],
        own: NDArray[np.int64] | None,
    ) -> None:
        """Know what `save` gave of own points (None all), and nothing else."""
        self.begin_anew()
        self.interrupted_by[slice(None) if own is None else own] = BY_NOBODY
        published, put_right = saved
        self.put_right.restore(put_right)
        for number, (outage_id, rows, states, out_at) in enumerate(published, start=1):
            points, state = np.frombuffer(rows, np.int64), np.frombuffer(states, np.uint8)
            dark, since = state == STILL_OUT, np.frombuffer(out_at, np.int64)
            self.published[outage_id] = Published(number, points, dark, state == CONFIRMED_BACK, since)
            self.interrupted_by[points[dark]] = number
            self.names[number] = outage_id
            self._next = number


_NONE: Final = np.zeros(0, np.int64)
_NOBODY: Final = Published(BY_NOBODY - 1, _NONE, np.zeros(0, np.bool_), np.zeros(0, np.bool_), _NONE)


def _same(
    published: Published, here: NDArray[np.int64], returned: NDArray[np.bool_], out_at: NDArray[np.int64]
) -> bool:
    return (
        np.array_equal(published.points, here)
        and np.array_equal(published.out, ~returned)
        and np.array_equal(published.out_at, out_at)
    )


def _entries(
    some: NDArray[np.int64], change: int, out_at: NDArray[np.int64], at: NDArray[np.int64], other: NDArray[np.int32]
) -> Entries:
    return Entries(some, np.full(len(some), change, np.uint8), out_at, at, other.astype(np.int32))


def _among(some: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of some points are among others: an outage's points lie together, so a mask is soon made."""
    if not len(some) or not len(others):
        return np.zeros(len(some), np.bool_)
    first = min(int(some.min()), int(others.min()))
    there = np.zeros(max(int(some.max()), int(others.max())) - first + 1, np.bool_)
    there[others - first] = True
    return there[some - first]
