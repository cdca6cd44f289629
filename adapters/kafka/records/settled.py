"""Where the origins stand, as the evidence log itself tells: for who takes them over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.clients.offset_range import Edge, RangeReader
from models.contracts.topics import EVIDENCE_LOG
from models.evidence.batch import END_OF_LOG
from models.evidence.log_record import LogRecordError, Standing, decode_standing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place

FIRST_STEP: Final = 200
LARGEST_STEP: Final = 50_000
"""Records of a partition that are read at once, on the way back from its end."""
ENOUGH: Final = 4_000
"""Records of a partition that have the offsets of every origin that was written to of late."""
OF_LATE: Final = 5_000
"""Records of a partition of the log that are looked through for an order to take it up."""
NOTHING: Final = Standing("", {}, {}, {}, {}, {}, ())


@dataclass(slots=True)
class OriginProgress:
    """What the log says of origins that it names; of others it says nothing."""

    settled: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By origin, the offset up to which everything is surely kept, and the log time before it."""
    covered: dict[tuple[str, int], int] = field(default_factory=dict)
    """By origin and evidence partition, the offset up to which the log accounts for the origin, where it was found."""
    topic_ids: dict[str, str] = field(default_factory=dict)
    """By raw topic, the id of the one whose offsets these are, or that was adopted in its place since."""
    watermarks: dict[str, int] = field(default_factory=dict)
    """By origin, the last watermark that was found."""
    _named_at: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By raw topic, when and at which offset its id was named last; by origin likewise its watermark."""

    def has_ended(self, origin: str, position: int) -> bool:
        """Whether who reads on from a position does so after the end of a feed, and will not read that end again."""
        ends = [end for (name, _), end in self.covered.items() if name == origin]
        return self.watermarks.get(origin, 0) >= END_OF_LOG and position >= max(ends, default=0)

    def take(self, message: Message, standing: Standing, wanted: Collection[str]) -> None:
        """Take what a record of the log says of the origins wanted."""
        partition, place = message.partition() or 0, (message.timestamp()[1], offset_of(message))
        for origin in wanted & standing.settled.keys():
            self.settled[origin] = max(standing.settled[origin], self.settled.get(origin, (0, 0)))
        for origin in wanted & standing.offsets.keys():
            end = standing.offsets[origin][1]
            self.covered[origin, partition] = max(end, self.covered.get((origin, partition), 0))
        for origin in wanted & standing.watermarks.keys():
            if place >= self._named_at.get(origin, (0, 0)):
                self._named_at[origin], self.watermarks[origin] = place, standing.watermarks[origin]
        for raw, topic_id in (standing.topic_ids | standing.adopted).items():
            if place >= self._named_at.get(raw, (0, 0)):
                self._named_at[raw], self.topic_ids[raw] = place, topic_id


def find_progress(
    client: Mapping[str, Any], topic: str, partitions: int, origins: Collection[str], known: Collection[str] = ()
) -> OriginProgress:
    """Read the log from its ends backwards until each of the origins is found in each partition, or nothing is left.

    Found is an origin with its offsets; after `ENOUGH` records one that is settled somewhere is as well, or is `known`
    from a snapshot: what it has beyond is then appended twice, which counts once. So an origin that is quiet, or whose
    process was away, does not have the whole log read.
    """
    progress = OriginProgress()
    with RangeReader(client) as reader:
        for partition in range(partitions):
            _search(reader, (topic, partition), frozenset(origins), frozenset(known), progress)
    return progress


def _search(
    reader: RangeReader, place: Place, wanted: frozenset[str], known: frozenset[str], progress: OriginProgress
) -> None:
    whole = reader.locate(*place)
    start, step = whole.end, FIRST_STEP
    found: set[str] = set()
    while start > whole.begin:
        part = reader.locate(*place, Edge(offset=max(whole.begin, start - step)), Edge(offset=start))
        for message in reader.records(part):
            standing = _standing(message)
            progress.take(message, standing, wanted)
            found |= wanted & standing.offsets.keys()
        start, step = part.begin, min(step * 4, LARGEST_STEP)
        if wanted <= found:
            return
        if whole.end - start >= ENOUGH and wanted <= found | known | progress.settled.keys():
            return


def _standing(message: Message) -> Standing:
    """What a record says; one that is none of the log says nothing."""
    try:
        return decode_standing(message.value() or b"")
    except LogRecordError:
        return NOTHING


def first_version(client: Mapping[str, Any], place: Place) -> str | None:
    """Give the version of the network that the first records of a partition of the log name; None of an empty one."""
    with RangeReader(client) as reader:
        whole = reader.locate(*place)
        for message in reader.records(reader.locate(*place, end=Edge(offset=min(whole.end, whole.begin + FIRST_STEP)))):
            if version := _standing(message).network_version:
                return version
    return None


def adopted_id(client: Mapping[str, Any], topic: str, partitions: int) -> str | None:
    """Give the id that an operator took the evidence log up with, of late; None if nobody did."""
    with RangeReader(client) as reader:
        for partition in range(partitions):
            begin = Edge(offset=max(reader.locate(topic, partition).end - OF_LATE, 0))
            standings = [_standing(message) for message in reader.records(reader.locate(topic, partition, begin))]
            for standing in reversed(standings):
                if EVIDENCE_LOG in standing.adopted:
                    return standing.adopted[EVIDENCE_LOG]
    return None
