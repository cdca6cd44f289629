"""What an ingest process reads with, and who watches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.kafka.clients.consumer import PartitionReader, Place, Polled
    from adapters.kafka.clients.ends import Ends
    from adapters.kafka.connectors.network_intake import MountingIntake, ReleaseIntake
    from adapters.kafka.topics.ids import TopicCheck
    from models.evidence.log_record import LogRecord
    from models.ingest.intake import Intake
    from models.ingest.origin_reader import Ingested


@dataclass(slots=True)
class RawWatch:
    """What the source tells who watches: called once a poll or less often."""

    polled: Callable[[Polled], None] = lambda _polled: None
    taken: Callable[[str, Ingested, float], None] = lambda *_: None
    """Topic, what a batch of records became, and the seconds it took."""
    marked: Callable[[str], None] = lambda _topic: None
    """A control record of a topic was read."""
    flushed: Callable[[Intake], None] = lambda _intake: None
    written: Callable[[Sequence[tuple[int, LogRecord]]], None] = lambda _records: None
    """Told the records that are handed on to the log, by evidence partition."""
    committed: Callable[[Mapping[Place, int]], None] = lambda _lags: None
    """Told the records that are still to be read, by partition."""


@dataclass(slots=True)
class RawReading:
    """What a process reads with."""

    reader: PartitionReader
    intake: Intake
    ends: Ends
    stems: dict[str, str]
    """By name in Kafka, the topic's name without prefix."""
    played: frozenset[str]
    """Raw topics, without prefix, whose marks are obeyed."""
    version: str
    topics: TopicCheck
    """Of the raw topics, by their names in Kafka."""
    topic_ids: Mapping[str, str]
    """Of the raw topics, by their names without prefix."""
    releases: ReleaseIntake | None = None
    """What takes up other versions of the network; None where nobody releases any."""
    mountings: MountingIntake | None = None
    """What tells other processes where meters hang, and hears of it; None where there are none."""
    watch: RawWatch = field(default_factory=RawWatch)

    def origin_of(self, place: Place) -> tuple[str, str]:
        """Give the raw topic that a partition of Kafka is of, without prefix, and its name as an origin."""
        stem = self.stems[place[0]]
        return stem, f"{stem}/{place[1]}"
