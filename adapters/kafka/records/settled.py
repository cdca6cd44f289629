"""Where the origins stand, as the evidence log itself tells: for who takes them over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from adapters.kafka.clients.tail import last_records
from models.evidence.log_record import LogRecordError, decode_standing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from confluent_kafka import Message


@dataclass(slots=True)
class OriginProgress:
    """What the log says of origins that it names; of others it says nothing."""

    settled: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By origin, the offset up to which everything is surely kept, and the log time before it."""
    covered: dict[tuple[str, int], int] = field(default_factory=dict)
    """By origin and evidence partition, the offset up to which the log accounts for the origin."""


def find_progress(client: Mapping[str, Any], topic: str, partitions: int, origins: Collection[str]) -> OriginProgress:
    """Read the log from its ends backwards until each of the origins is named in each partition, or nothing is left."""
    wanted = set(origins)
    places = [(topic, partition) for partition in range(partitions)]
    tails = last_records(client, places, lambda _, records: wanted <= _named(records))
    progress = OriginProgress()
    for (_, partition), records in tails.items():
        for message in records:
            _read(progress, partition, message, wanted)
    return progress


def _named(records: Iterable[Message]) -> set[str]:
    named: set[str] = set()
    for message in records:
        named |= _progress_in(message)[1].keys()
    return named


def _read(progress: OriginProgress, partition: int, message: Message, wanted: set[str]) -> None:
    settled, covered = _progress_in(message)
    for origin in wanted & settled.keys():
        progress.settled[origin] = max(settled[origin], progress.settled.get(origin, (0, 0)))
    for origin in wanted & covered.keys():
        end = covered[origin][1]
        progress.covered[origin, partition] = max(end, progress.covered.get((origin, partition), 0))


def _progress_in(message: Message) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
    """What a record says; one that is none of the log says nothing."""
    try:
        standing = decode_standing(message.value() or b"")
    except LogRecordError:
        return {}, {}
    return standing.settled, standing.offsets
