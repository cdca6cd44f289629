"""A log that several origins write, each with its own clock, into moments: what is keyed otherwise comes by such a log.

Each entry says "up to instant T this is all that origin O has for this partition", numbered by O's clock. An instant
is complete when every origin has come so far; its records stand in order of origin and number, however the entries lie.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from models.timeline.moment import Moment, TimelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from models.timeline.moment import Followed

State = tuple[int | None, int, dict[str, tuple[int, int]]]
"""The offset to read on from, None where nothing waits; the last moment's number; by origin the last entry, instant."""


class _Entry(NamedTuple):
    number: int
    instant: int
    records: Sequence[Followed]
    offset: int


class OriginMerge:
    """Merges one partition of a log by its origins."""

    def __init__(self, origins: Iterable[str], state: State | None = None) -> None:
        """Begin, or go on from a state. All `origins` are waited for."""
        known: Mapping[str, tuple[int, int]] = state[2] if state else {}
        self._number = state[1] if state else 0
        self._taken = {origin: tuple(known.get(origin, (0, 0))) for origin in sorted(origins)}
        self._read = {origin: taken[0] for origin, taken in self._taken.items()}
        self._waiting: dict[str, deque[_Entry]] = {origin: deque() for origin in self._taken}

    def add(self, origin: str, number: int, instant: int, records: Sequence[Followed], offset: int) -> None:
        """Take an entry; one that was there before is a repeat, as who writes again leaves them."""
        if origin not in self._read:
            raise TimelineError(f"origin {origin} is none of {', '.join(self._read)}; run with all partitions")
        read = self._read[origin]
        if number <= read:
            return
        if read and number != read + 1:
            raise TimelineError(f"origin {origin}: entry {number} follows {read}; entries are missing in the log")
        self._read[origin] = number
        self._waiting[origin].append(_Entry(number, instant, records, offset))

    def take(self) -> Iterator[Moment]:
        """Give the moments that are complete."""
        while all(self._waiting.values()):
            instant = min(entries[0].instant for entries in self._waiting.values())
            records: list[Followed] = []
            for origin, entries in self._waiting.items():
                while entries and entries[0].instant == instant:
                    entry = entries.popleft()
                    self._taken[origin] = (entry.number, entry.instant)
                    records += entry.records
            self._number += 1
            yield Moment(self._number, instant, tuple(records))

    def ahead(self, most: int) -> bool:
        """Tell whether more entries wait than so many, though every origin has some."""
        return sum(map(len, self._waiting.values())) > most and all(self._waiting.values())

    def state(self) -> State:
        """Say where to go on: from the first entry that was not given out."""
        offsets = [entries[0].offset for entries in self._waiting.values() if entries]
        taken = {origin: (number, instant) for origin, (number, instant) in self._taken.items()}
        return min(offsets, default=None), self._number, taken
