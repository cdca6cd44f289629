"""Meters that were put up or taken down, as topic `network.meter.state.v1` has them (decision 0042).

Each record is one message of mounting, by the place where that stands in the raw topic: written twice it is the same.
It is waited for as the message's evidence is, so what is settled is in this topic.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import msgspec

from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import Outgoing
from models.contracts.topics import NETWORK_METERS
from models.ingest.mounting.mountings import Mounting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from confluent_kafka import Message

    from adapters.kafka.clients.producer import Receipt

PARTITION: Final = 0
log: Final = logging.getLogger("faultline")


class _Record(msgspec.Struct, frozen=True):
    meter_id: str
    usage_point_id: str
    since: int
    log_time: int
    partition: int
    offset: int


def outgoing(mounting: Mounting, receipt: Receipt | None = None) -> Outgoing:
    """Write a mounting."""
    return Outgoing(msgspec.json.encode(_Record(*mounting)), _key(mounting), receipt=receipt)


def tombstone(mounting: Mounting) -> Outgoing:
    """Take away one that says nothing any more."""
    return Outgoing(None, _key(mounting))


def _key(mounting: Mounting) -> bytes:
    return b"%d/%d" % mounting.name


def _read(messages: Iterable[Message]) -> list[Mounting]:
    """Read records. What is none is passed over; what was taken away stays with who has heard of it."""
    found = []
    for message in messages:
        if (value := message.value()) is None:
            continue
        try:
            record = msgspec.json.decode(value, type=_Record)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            place = (message.topic(), message.partition(), message.offset())
            log.warning("%s/%s, offset %s: is no mounting, passed over: %s", *place, error)
            continue
        found.append(Mounting(*msgspec.structs.astuple(record)))
    return found


def read_mountings(client: Mapping[str, Any], prefix: str) -> tuple[list[Mounting], int]:
    """Read all mountings that are left; returns them and the offset of the next record. Raises `FaultsError`."""
    with RangeReader(client) as reader:
        part = reader.locate(prefix + NETWORK_METERS, PARTITION)
        last = {message.key(): message for message in reader.records(part)}
        return _read(last.values()), part.end


class MountingReader:
    """Hears of mountings while a flow runs."""

    def __init__(self, client: Mapping[str, Any], prefix: str, group: str, offset: int) -> None:
        """Go on at an offset."""
        self._reader = PartitionReader(client, group, {(prefix + NETWORK_METERS, PARTITION): offset})

    def poll(self) -> list[Mounting]:
        """Give the mountings that have come, without waiting."""
        return [one for run in self._reader.poll(1000, 0).runs for one in _read(run.messages)]

    def close(self) -> None:
        """End reading."""
        self._reader.close()
