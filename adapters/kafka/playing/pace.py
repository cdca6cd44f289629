"""How fast a feed may go: it waits for those who read what it writes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.clients.positions import Positions

POLL_SECONDS: Final = 0.1
"""Between two looks at the readers."""


@dataclass(slots=True)
class Produced:
    """What a feed has written to each partition since it began."""

    records: Counter[Place] = field(default_factory=Counter)
    bytes: Counter[Place] = field(default_factory=Counter)
    """Keys and values uncompressed, and what a record costs besides: never less than the broker stores."""


class Pace(Protocol):
    """Says when a feed has to wait; it is asked again and again while it does."""

    def behind(self, written: Produced) -> bool:
        """Whether the readers are too far behind what has been written."""


class LagPace:
    """Lets a group of readers be so many records behind, all partitions together."""

    def __init__(self, readers: Positions, partitions: Iterable[Place], most: int) -> None:
        """Take what is written from now on."""
        self._readers = readers
        self._most = most
        self._first = {each: end for each, (_, end) in readers.bounds(partitions).items()}
        self._read = 0
        self._checked_at = -POLL_SECONDS

    def behind(self, written: Produced) -> bool:
        """Whether the group lags more."""
        if monotonic() - self._checked_at >= POLL_SECONDS:
            committed = self._readers.committed(self._first)
            self._read = sum(max(committed[each] - first, 0) for each, first in self._first.items())
            self._checked_at = monotonic()
        return written.records.total() - self._read > self._most


class Follower:
    """A group of readers of topics that others write."""

    def __init__(self, readers: Positions, partitions: Mapping[str, int]) -> None:
        """Take topics by their full names, with their numbers of partitions."""
        self._readers = readers
        self._places = [(topic, number) for topic, count in partitions.items() for number in range(count)]

    def at_end(self) -> bool:
        """Whether the group has committed all that stands in the topics now."""
        return _reached(self._readers, {each: end for each, (_, end) in self._readers.bounds(self._places).items()})


class SettledPace:
    """Lets so many bytes of a partition be on their way through both flows, for a broker that drops the oldest records.

    From time to time the written offsets are noted. They have *settled* when ingest has committed them, and the outages
    flow then commits the end that the evidence log had at that moment. What was written before needs no room any more.
    """

    def __init__(
        self, ingest: Positions, outages: Positions, raw: Iterable[Place], evidence: Iterable[Place], most: int
    ) -> None:
        """Take what is written from now on; `most` is in bytes of a raw partition."""
        self._ingest, self._outages = ingest, outages
        self._raw, self._evidence = list(raw), list(evidence)
        self._most = most
        self._first = {each: end for each, (_, end) in ingest.bounds(self._raw).items()}
        self._settled: Counter[Place] = Counter()
        self._on_their_way: Counter[Place] = Counter()
        self._raw_ends: dict[Place, int] = {}
        self._evidence_ends: dict[Place, int] = {}
        self._checked_at = -POLL_SECONDS

    def behind(self, written: Produced) -> bool:
        """Whether more is on its way."""
        if monotonic() - self._checked_at >= POLL_SECONDS:
            self._update(written)
            self._checked_at = monotonic()
        return any(size - self._settled[each] > self._most for each, size in written.bytes.items())

    def settled(self, written: Produced) -> bool:
        """Whether everything written has gone through."""
        self.behind(written)
        return self._settled == written.bytes

    def _update(self, written: Produced) -> None:
        if not self._raw_ends and not self._evidence_ends:
            if self._settled == written.bytes:
                return
            self._raw_ends = {each: self._first[each] + written.records[each] for each in self._raw}
            self._on_their_way = written.bytes.copy()
        if self._raw_ends and _reached(self._ingest, self._raw_ends):
            self._raw_ends = {}
            self._evidence_ends = {each: end for each, (_, end) in self._outages.bounds(self._evidence).items()}
        if self._evidence_ends and _reached(self._outages, self._evidence_ends):
            self._evidence_ends = {}
            self._settled = self._on_their_way


def _reached(readers: Positions, ends: dict[Place, int]) -> bool:
    committed = readers.committed(ends)
    return all(committed[each] >= end for each, end in ends.items() if end > 0)
