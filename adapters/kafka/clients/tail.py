"""The ends and heads of partitions: what a process that starts has to know before it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.kafka.clients.offset_range import OffsetRange, RangeReader

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
        whole = {place: reader.locate(*place) for place in places}
        records: dict[Place, list[Message]] = {place: [] for place in whole}
        starts = {place: part.end for place, part in whole.items() if part.end > part.begin}
        while starts:
            begins = {place: max(whole[place].begin, start - step) for place, start in starts.items()}
            parts = [OffsetRange(*place, begins[place], start) for place, start in starts.items()]
            for place, some in reader.gather(parts).items():
                records[place] = some + records[place]
            starts = {
                place: begin
                for place, begin in begins.items()
                if begin > whole[place].begin and not wanted(place, records[place])
            }
            step *= 4
    return records


def first_offsets(client: Mapping[str, Any], places: Iterable[Place]) -> dict[Place, int]:
    """Give the offset of the first record that each partition still has. Raises `FaultsError`."""
    return {place: begin for place, (begin, _) in find_bounds(client, places).items()}


def find_bounds(client: Mapping[str, Any], places: Iterable[Place]) -> dict[Place, tuple[int, int]]:
    """Give the offset of the first record that each partition still has, and that of the next. Raises `FaultsError`."""
    with RangeReader(client) as reader:
        found = {place: reader.locate(*place) for place in places}
    return {place: (part.begin, part.end) for place, part in found.items()}
