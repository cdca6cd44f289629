"""Where the origins stand, as the evidence log itself tells: for who takes them over."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.clients.offset_range import Edge, RangeReader
from adapters.kafka.clients.tail import last_records
from models.contracts.topics import EVIDENCE_LOG
from models.evidence.log_record import LogRecordError, Standing, decode_standing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from confluent_kafka import Message


OF_LATE: Final = 5_000
"""Records of a partition of the log that are looked through for an order to take it up."""
NOTHING: Final = Standing("", {}, {}, {}, {}, ())


@dataclass(slots=True)
class OriginProgress:
    """What the log says of origins that it names; of others it says nothing."""

    settled: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By origin, the offset up to which everything is surely kept, and the log time before it."""
    covered: dict[tuple[str, int], int] = field(default_factory=dict)
    """By origin and evidence partition, the offset up to which the log accounts for the origin."""
    topic_ids: dict[str, str] = field(default_factory=dict)
    """By raw topic, the id of the one whose offsets these are, or that was adopted in its place since."""


def find_progress(client: Mapping[str, Any], topic: str, partitions: int, origins: Collection[str]) -> OriginProgress:
    """Read the log from its ends backwards until each of the origins is named in each partition, or nothing is left."""
    wanted = set(origins)
    places = [(topic, partition) for partition in range(partitions)]
    tails = last_records(client, places, lambda _, records: wanted <= _named(records))
    progress = OriginProgress()
    newest: dict[str, tuple[int, str]] = {}
    for (_, partition), records in tails.items():
        for message in records:
            standing = _standing(message)
            _read(progress, partition, standing, wanted)
            at = message.timestamp()[1]
            for raw, topic_id in (standing.topic_ids | standing.adopted).items():
                newest[raw] = max(newest.get(raw, (0, "")), (at, topic_id), key=itemgetter(0))
    progress.topic_ids = {raw: topic_id for raw, (_, topic_id) in newest.items()}
    return progress


def _named(records: Iterable[Message]) -> set[str]:
    return {origin for message in records for origin in _standing(message).offsets}


def _read(progress: OriginProgress, partition: int, standing: Standing, wanted: set[str]) -> None:
    for origin in wanted & standing.settled.keys():
        progress.settled[origin] = max(standing.settled[origin], progress.settled.get(origin, (0, 0)))
    for origin in wanted & standing.offsets.keys():
        end = standing.offsets[origin][1]
        progress.covered[origin, partition] = max(end, progress.covered.get((origin, partition), 0))


def _standing(message: Message) -> Standing:
    """What a record says; one that is none of the log says nothing."""
    try:
        return decode_standing(message.value() or b"")
    except LogRecordError:
        return NOTHING


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
