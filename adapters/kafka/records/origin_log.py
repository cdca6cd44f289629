"""Entries of a log that repartitions records: what an origin has for a partition up to an instant, as JSON.

The entry's key is its origin, whose entries are numbered without gaps in each partition. Those of an importer tell the
offsets up to which their partition has all: an entry of one says nothing of the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import orjson

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.clients.tail import find_bounds, last_records
from models.contracts.topics import OUTAGE_CLOCK
from models.timeline.moment import Followed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place

Routed = tuple[str, Any]
"""A key, and what is known of it, in JSON's types."""


class Entry(NamedTuple):
    """What an origin has for a partition."""

    origin: str
    number: int
    instant: int
    records: Sequence[Followed]


def origin_of(partition: int) -> str:
    """Name a partition of the outages' clock as an origin of a log; names sort as they are numbered."""
    return f"{OUTAGE_CLOCK}/{partition:05d}"


def partition_of(key: str, partitions: int) -> int:
    """Give the partition of a log in which a key is."""
    return crc32(key.encode()) % partitions


def encode_entry(origin: str, number: int, instant: int, routed: Iterable[Routed]) -> Outgoing:
    """Write an entry."""
    value = {"number": number, "instant": instant, "records": [list(pair) for pair in routed]}
    return Outgoing(orjson.dumps(value), origin.encode())


def decode_entry(topic: str, message: Message) -> Entry:
    """Read an entry. Raises `ValueError` for what is none."""
    try:
        value = orjson.loads(message.value() or b"")
        number, instant = int(value["number"]), int(value["instant"])
        records = [Followed(topic, number, str(key), record) for key, record in value["records"]]
        origin = (message.key() or b"").decode()
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it lacks a part ({error})") from error
    return Entry(origin, number, instant, records)


def find_last_entries(
    client: Mapping[str, Any], places: Sequence[Place], origins: frozenset[str]
) -> dict[tuple[Place, str], int]:
    """Give the number of each origin's last entry in each partition; origins without any are left out."""

    def numbers(messages: Iterable[Message]) -> dict[str, int]:
        found: dict[str, int] = {}
        for message in messages:
            try:
                entry = decode_entry("", message)
            except ValueError:
                continue
            found[entry.origin] = max(entry.number, found.get(entry.origin, 0))
        return found

    records = last_records(client, places, lambda _, some: origins <= numbers(some).keys(), 1000)
    return {(place, origin): last for place, some in records.items() for origin, last in numbers(some).items()}


class Reached(NamedTuple):
    """How far an importer has come in a partition of the log."""

    number: int = 0
    instant: int = 0
    offsets: Mapping[str, int] = {}
    """By topic and partition with a stroke between, the offset of the first record that is not in it."""


def place_name(place: Place) -> str:
    """Name a partition of a topic as entries do."""
    return f"{place[0]}/{place[1]}"


def encode_table_entry(origin: str, reached: Reached, routed: Sequence[Routed]) -> Outgoing:
    """Write an entry with the number, instant and offsets that are reached with it."""
    records = [list(pair) for pair in routed]
    value = {"number": reached.number, "instant": reached.instant, "records": records, "offsets": reached.offsets}
    return Outgoing(orjson.dumps(value), origin.encode())


def find_reached(client: Mapping[str, Any], places: Sequence[Place], origin: str) -> dict[Place, Reached]:
    """Find how far an importer has come in each partition, from the last of its entries."""

    def last_of(messages: Sequence[Message]) -> Reached | None:
        mine = (message for message in reversed(messages) if message.key() == origin.encode())
        return next(map(_reached_with, mine), None)

    records = last_records(client, places, lambda _, some: last_of(some) is not None, 1000)
    ends = {place: end for place, (_, end) in find_bounds(client, places).items()}
    # Where all entries are gone by age, as many offsets were given as there were numbers at least.
    return {place: last_of(some) or Reached(ends[place]) for place, some in records.items()}


def _reached_with(message: Message) -> Reached:
    value = orjson.loads(message.value() or b"")
    return Reached(value["number"], value["instant"], value["offsets"])
