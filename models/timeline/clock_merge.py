"""Several topics and their clock, partition by partition, into moments.

The clock says "instant T is complete, up to sequence n of each topic". A moment is given out when these records have
been read, whatever came first. Record n may not be there any more: one that was superseded on a compacted topic has a
later one behind it, which counts as well, but a tombstone or the head of a topic goes without a trace. For what the
clock said long ago it is enough that such a topic has been read to where it ended when reading began.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from models.timeline.moment import Moment, TimelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from models.timeline.moment import Followed

State = dict[str, tuple[int | None, int]]
"""By topic, the clock as `CLOCK`: the offset to read on from, None where nothing waits, and the last number taken."""
CLOCK = ""


class _Tick(NamedTuple):
    number: int
    instant: int
    sequences: Mapping[str, int]
    offset: int
    old: bool
    """The clock said it so long ago that what it names may be gone."""


@dataclass(slots=True)
class _Topic:
    whole: bool
    """Every record is there, from the first on."""
    taken: int = 0
    read: int = 0
    history_read: bool = False
    """All that stood there when the reader began has been read."""
    waiting: deque[tuple[int, Followed]] = field(default_factory=deque)
    """With their offsets."""


class ClockMerge:
    """Merges one partition of several topics by its clock."""

    def __init__(self, topics: Iterable[str], lacking: Iterable[str] = (), state: State | None = None) -> None:
        """Begin, or go on from a state. `lacking` are the topics of which records may be gone."""
        gone = frozenset(lacking)
        self._topics = {topic: _Topic(whole=topic not in gone) for topic in topics}
        self._ticks: deque[_Tick] = deque()
        self._number = 0
        for topic, (_, taken) in (state or {}).items():
            if topic == CLOCK:
                self._number = taken
            else:
                self._topics[topic].taken = self._topics[topic].read = taken
        self._last_read = self._number

    def add(self, followed: Followed, offset: int) -> None:
        """Take a record of a topic. One that was there before is a repeat, as a killed process may leave them."""
        topic = self._topics[followed.topic]
        if followed.sequence <= topic.read:
            return
        if topic.whole and followed.sequence != topic.read + 1:
            fault = f"{followed.topic}: {followed.sequence} follows {topic.read}"
            raise TimelineError(f"{fault}; the flow goes on from a state of another topic, or records are missing")
        topic.read = followed.sequence
        topic.waiting.append((offset, followed))

    def tick(self, number: int, instant: int, sequences: Mapping[str, int], offset: int, *, old: bool) -> None:
        """Take a record of the clock; repeats are dropped. `old`: what it names may be gone."""
        if number > self._last_read:
            self._last_read = number
            self._ticks.append(_Tick(number, instant, sequences, offset, old))

    def read_history(self, topic: str) -> None:
        """All that stood in a topic when the reader began has been read."""
        self._topics[topic].history_read = True

    def take(self) -> Iterator[Moment]:
        """Give the moments that are complete."""
        while self._ticks and self._is_ready(self._ticks[0]):
            tick = self._ticks.popleft()
            self._number = tick.number
            yield Moment(tick.number, tick.instant, tuple(self._records(tick)))

    def ahead(self, most: int) -> set[str]:
        """Name the topics, and `CLOCK`, of which more wait than so many, and nothing is gained by reading on."""
        newest = self._ticks[-1].sequences if self._ticks else {}
        ahead = {
            name
            for name, topic in self._topics.items()
            if len(topic.waiting) > most and topic.read > newest.get(name, 0)
        }
        return ahead | ({CLOCK} if len(self._ticks) > most else set())

    def state(self) -> State:
        """Say where to go on: from the first record that was not given out."""
        offsets: State = {
            name: (topic.waiting[0][0] if topic.waiting else None, topic.taken) for name, topic in self._topics.items()
        }
        return offsets | {CLOCK: (self._ticks[0].offset if self._ticks else None, self._number)}

    def _is_ready(self, tick: _Tick) -> bool:
        return all(
            topic.read >= tick.sequences.get(name, 0) or (tick.old and topic.history_read and not topic.whole)
            for name, topic in self._topics.items()
        )

    def _records(self, tick: _Tick) -> Iterator[Followed]:
        for name, topic in self._topics.items():
            last: Any = tick.sequences.get(name, 0)
            while topic.waiting and topic.waiting[0][1].sequence <= last:
                _, followed = topic.waiting.popleft()
                topic.taken = followed.sequence
                yield followed
