"""Versions of the network as topic `network.release.state.v1` has them: what the evidence log says, in short.

A release counts by its control record in each partition of the evidence log. Ingest, which does not read that log,
hears of it here, once all partitions have it: what it writes from then on may name the new version.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import msgspec

from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import Outgoing
from models.contracts.topics import NETWORK_RELEASE
from models.ingest.mounting.laid import FROM_THE_START, InForce

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from confluent_kafka import Message

PARTITION: Final = 0
FREEZE: Final = b"freeze"
RELEASE: Final = b"release/"
log: Final = logging.getLogger("faultline")


class Released(msgspec.Struct, frozen=True):
    """A version of the network that all partitions of the evidence log have."""

    number: int
    """From 1 on."""
    version: str
    previous: str
    at: int
    """The log time from which it is in force, milliseconds."""
    audit: str
    """Who released it, and why."""
    drawn_at: int = 0
    """When its tables were drawn, milliseconds: what meters did before is in them. 0 where nobody says."""

    def outgoing(self) -> Outgoing:
        """Write it."""
        return Outgoing(msgspec.json.encode(self), RELEASE + b"%08d" % self.number)


@dataclass(slots=True)
class Releases:
    """All that is known of releases."""

    released: list[Released] = field(default_factory=list)
    """In their order."""
    held: str | None = None
    """Who holds releases, and why; None while nobody does."""

    def in_force(self, version: str) -> InForce:
        """Say from when a version counts, and of when it is; nothing is said of the first one."""
        return next((InForce(one.at, one.drawn_at) for one in self.released if one.version == version), FROM_THE_START)

    @property
    def latest(self) -> Released | None:
        """The last one; None before the first."""
        return self.released[-1] if self.released else None

    def take(self, messages: Iterable[Message]) -> list[Released]:
        """Take in records; returns the releases among them. What is none is passed over."""
        new = []
        for message in messages:
            key, value = bytes(message.key() or b""), message.value()
            if key == FREEZE:
                self.held = None if value is None else bytes(value).decode("utf-8", "replace")
                continue
            try:
                released = msgspec.json.decode(value or b"", type=Released)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                place = (message.topic(), message.partition(), message.offset())
                log.warning("%s/%s, offset %s: is no release, passed over: %s", *place, error)
                continue
            if released.number > (self.latest.number if self.latest else 0):
                self.released.append(released)
                new.append(released)
        return new


def read_releases(client: Mapping[str, Any], prefix: str) -> tuple[Releases, int]:
    """Read all releases; returns them and the offset of the next record. Raises `FaultsError`."""
    releases = Releases()
    with RangeReader(client) as reader:
        part = reader.locate(prefix + NETWORK_RELEASE, PARTITION)
        releases.take(reader.records(part))
    return releases, part.end


class ReleaseReader:
    """Hears of releases while a flow runs."""

    def __init__(self, client: Mapping[str, Any], prefix: str, group: str, releases: Releases, offset: int) -> None:
        """Go on at an offset, after these releases."""
        self._releases = releases
        self._reader = PartitionReader(client, group, {(prefix + NETWORK_RELEASE, PARTITION): offset})

    def poll(self) -> list[Released]:
        """Give the releases that have come, without waiting."""
        return [one for run in self._reader.poll(10, 0).runs for one in self._releases.take(run.messages)]

    def close(self) -> None:
        """End reading."""
        self._reader.close()
