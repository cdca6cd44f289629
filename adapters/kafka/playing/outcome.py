"""What the flows said, read from the output topics as they grow, and written as the files that a replay writes."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

from adapters.kafka.clients.consumer import PartitionReader
from models.contracts.registry import output_of, outputs
from models.contracts.topics import OUTAGE_LIFECYCLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from adapters.kafka.clients.consumer import Place
    from adapters.kafka.clients.positions import Positions
    from models.contracts.registry import Output

RECORDS_AT_ONCE: Final = 1000

Key = tuple[str, int, str]
"""Instant, number of the zone, the record's key."""


def kept_topics() -> tuple[str, ...]:
    """Give the topics that are kept, by their names without prefix, in the order of the stream."""
    return tuple(output.topic for output in outputs() if output.in_files and output.merged)


class _Placed(msgspec.Struct, gc=False):
    """What places a record among those of other partitions."""

    outage_id: str
    updated_at: str
    sequence: int
    zone_id: str | None = None


_read: Final = msgspec.json.Decoder(_Placed).decode


class OutcomeReader:
    """Keeps the values that come into the output topics from now on, tombstones apart.

    Raises `RecordsGoneError` where the broker dropped a record before it was read.
    """

    def __init__(self, client: Mapping[str, Any], group: str, bounds: Positions, prefix: str = "") -> None:
        """Begin to read; `group` is only a name."""
        self._bounds = bounds
        self._stems = {prefix + stem: stem for stem in kept_topics()}
        partitions = bounds.partitions(self._stems)
        places: list[Place] = [(name, number) for name, count in partitions.items() for number in range(count)]
        self._reader = PartitionReader(client, group, {place: end for place, (_, end) in bounds.bounds(places).items()})
        self._values: dict[str, list[list[bytes]]] = {
            stem: [[] for _ in range(partitions[name])] for name, stem in self._stems.items()
        }

    def poll(self, seconds: float) -> list[bytes]:
        """Read on, waiting no longer than so long; returns the new records of the life cycle."""
        revisions: list[bytes] = []
        for run in self._reader.poll(RECORDS_AT_ONCE, seconds).runs:
            stem = self._stems[run.topic]
            values = [value for message in run.messages if (value := message.value()) is not None]
            self._values[stem][run.partition] += values
            if stem == OUTAGE_LIFECYCLE:
                revisions += values
        return revisions

    def at_end(self) -> bool:
        """Whether nothing that stands in the topics is unread."""
        bounds = self._bounds.bounds(self._reader.positions)
        return all(self._reader.positions[place] >= end for place, (_, end) in bounds.items())

    def write(self, folder: Path, zone_ids: Sequence[str]) -> None:
        """Write a file a topic, as a replay names them; `zone_ids` are the network's, in order."""
        zones = {zone: number for number, zone in enumerate(zone_ids)}
        folder.mkdir(parents=True, exist_ok=True)
        known: dict[str, int] = {}
        for stem in self._values:  # the life cycle first, which tells the zone of each outage
            merged = list(_merge(output_of(stem), self._values[stem], zones, known))
            (folder / f"{stem}.jsonl").write_bytes(b"".join(line + b"\n" for line in merged))

    def close(self) -> None:
        """End reading."""
        self._reader.close()


def _merge(
    output: Output, partitions: Sequence[Sequence[bytes]], zones: Mapping[str, int], known: dict[str, int]
) -> Iterator[bytes]:
    """Merge partitions by instant, zone and key, and number the records anew, as if there were one partition."""
    of_outages = output.key == "outage_id"
    streams = (
        _keyed(values, zones, known) if of_outages else _plain(values, output.key, zones) for values in partitions
    )
    merged = heapq.merge(*streams, key=lambda keyed: keyed[0])
    for number, (_, sequence, value) in enumerate(merged, start=1):
        yield value if sequence == number else _renumbered(value, number)


def _keyed(
    values: Iterable[bytes], zones: Mapping[str, int], known: dict[str, int]
) -> Iterator[tuple[Key, int, bytes]]:
    for value in values:
        placed = _read(value)
        zone = known[placed.outage_id] if placed.zone_id is None else zones[placed.zone_id]
        known[placed.outage_id] = zone
        yield (placed.updated_at, zone, placed.outage_id), placed.sequence, value


def _plain(values: Iterable[bytes], key: str, zones: Mapping[str, int]) -> Iterator[tuple[Key, int, bytes]]:
    for value in values:
        record = orjson.loads(value)
        zone = zones.get(record.get("zone_id"), 0)
        yield (record["updated_at"], zone, str(record[key])), record["sequence"], value


def _renumbered(value: bytes, number: int) -> bytes:
    return orjson.dumps(orjson.loads(value) | {"sequence": number}, option=orjson.OPT_SORT_KEYS)
