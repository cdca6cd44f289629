"""The ends and heads of partitions: what a process that starts has to know before it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.kafka.clients.offset_range import Edge, RangeReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place


def last_records(
    client: Mapping[str, Any], places: Iterable[Place], wanted: Callable[[Place, list[Message]], bool], step: int = 200
) -> dict[Place, list[Message]]:
    """Read partitions from their ends backwards, in growing steps, until `wanted` is content or the head is reached.

    `wanted` is asked with all records from some offset to the end, in order. Returns these records. Raises
    `FaultsError` where Kafka does not give them.
    """
    with RangeReader(client) as reader:
        return {place: _backwards(reader, place, wanted, step) for place in places}


def _backwards(
    reader: RangeReader, place: Place, wanted: Callable[[Place, list[Message]], bool], step: int
) -> list[Message]:
    whole = reader.locate(*place)
    records: list[Message] = []
    start = whole.end
    while start > whole.begin:
        part = reader.locate(*place, Edge(offset=max(whole.begin, start - step)), Edge(offset=start))
        records = list(reader.records(part)) + records
        start, step = part.begin, step * 4
        if wanted(place, records):
            break
    return records


def first_offsets(client: Mapping[str, Any], places: Iterable[Place]) -> dict[Place, int]:
    """Give the offset of the first record that each partition still has. Raises `FaultsError`."""
    return {place: begin for place, (begin, _) in find_bounds(client, places).items()}


def find_bounds(client: Mapping[str, Any], places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
    """Give the offset of the first record that each partition still has, and that of the next. Raises `FaultsError`."""
    with RangeReader(client) as reader:
        found = {place: reader.locate(*place) for place in places}
    return {place: (part.begin, part.end) for place, part in found.items()}
