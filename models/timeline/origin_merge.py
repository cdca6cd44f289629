"""A log that several origins write, each with its own clock, into moments: what is keyed otherwise comes by such a log.

Each entry says "up to instant T this is all that origin O has for this partition", numbered by O's clock. An instant
is complete when every origin has come so far; its records stand in order of origin and number, however the entries lie.
That an origin has come so far may also be known from elsewhere: then its next entry, which is later, is not waited for.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from models.timeline.moment import Moment, TimelineError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from models.timeline.moment import Followed

State = tuple[int, dict[str, tuple[int, int]]]
"""The last moment's number; by origin the last entry and its instant."""


class _Entry(NamedTuple):
    number: int
    instant: int
    records: Sequence[Followed]
    offset: int


class OriginMerge:
    """Merges one partition of a log by its origins."""

    def __init__(self, origins: Iterable[str], state: State | None = None, lacking: Collection[str] = ()) -> None:
        """Begin, or go on from a state. All `origins` are waited for.

        Of those that are `lacking` entries are gone that the state has not: they go on with the next that `begins`.
        """
        known: Mapping[str, tuple[int, int]] = state[1] if state else {}
        self._number = state[0] if state else 0
        self._taken = {origin: tuple(known.get(origin, (0, 0))) for origin in sorted(origins)}
        self._read = dict(self._taken)
        self._lacking = set(lacking)
        self._after = 0
        self._waiting: dict[str, deque[_Entry]] = {origin: deque() for origin in self._taken}
        self._passed: dict[str, int] = {}
        """By origin, the instant up to which nothing more comes after what was read."""
        self._given = max((instant for _, instant in self._taken.values()), default=0)

    @classmethod
    def after(cls, origins: Iterable[str], number: int, instant: int) -> OriginMerge:
        """Go on after a moment of which only number and instant are known: what is no later has been taken."""
        merge = cls(origins, (number, {}))
        merge._after = instant
        return merge

    def add(
        self,
        origin: str,
        number: int,
        instant: int,
        records: Sequence[Followed],
        offset: int,
        *,
        begins: bool = True,
    ) -> None:
        """Take an entry; one that was there before is a repeat, as who writes again leaves them."""
        if origin not in self._read:
            raise TimelineError(f"origin {origin} is none of {', '.join(self._read)}; run with all partitions")
        read, before = self._read[origin]
        if number <= read or instant <= self._after:
            return
        if read and number != read + 1:
            if origin not in self._lacking:
                raise TimelineError(f"origin {origin}: entry {number} follows {read}; entries are missing in the log")
            if not begins:
                return
        self._lacking.discard(origin)
        # Who lost what it wrote may be behind its own time.
        instant = max(instant, before + 1, self._given + 1 if origin in self._passed else 0)
        self._read[origin] = number, instant
        self._waiting[origin].append(_Entry(number, instant, records, offset))

    def pass_to(self, origin: str, number: int, instant: int) -> None:
        """Take note that an origin has nothing up to an instant but its entries up to a number."""
        if self._read[origin][0] >= number:
            self._passed[origin] = max(self._passed.get(origin, 0), instant)

    def take(self) -> Iterator[Moment]:
        """Give the moments that are complete."""
        while (instant := self._next()) is not None:
            records: list[Followed] = []
            for origin, entries in self._waiting.items():
                while entries and entries[0].instant == instant:
                    entry = entries.popleft()
                    self._taken[origin] = (entry.number, entry.instant)
                    records += entry.records
            self._number += 1
            self._given = instant
            yield Moment(self._number, instant, tuple(records))

    def _next(self) -> int | None:
        """Give the earliest instant of which something waits, if nothing else can come for it."""
        waiting = [entries[0].instant for entries in self._waiting.values() if entries]
        if not waiting:
            return None
        instant = min(waiting)
        silent = (origin for origin, entries in self._waiting.items() if not entries)
        return instant if all(self._passed.get(origin, -1) >= instant for origin in silent) else None

    def ahead(self, origins: Iterable[str], most: int) -> bool:
        """Tell whether more entries of some origins wait than so many, though each of them has some."""
        waiting = [self._waiting[origin] for origin in origins]
        return sum(map(len, waiting)) > most and all(waiting)

    def first_waiting(self, origins: Iterable[str]) -> int | None:
        """Give the offset of the first entry of some origins that was not given out; None where nothing waits."""
        waiting = (self._waiting[origin] for origin in origins)
        return min((entries[0].offset for entries in waiting if entries), default=None)

    def state(self) -> State:
        """Say where to go on."""
        return self._number, {origin: (number, instant) for origin, (number, instant) in self._taken.items()}
