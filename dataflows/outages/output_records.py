"""What the engine publishes as records of the output topics: keys, CloudEvents headers, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records import dead_letter
from adapters.kafka.records.cloud_events import (
    LIFECYCLE_EVENT,
    RESTORATION_EVENT,
    STATE_EVENT,
    ZONE_HEALTH_EVENT,
    headers,
)
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_RESTORATION, OUTAGE_STATE, ZONE_HEALTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from confluent_kafka import Message

    from models.outages.publishing import Published

Record = dict[str, Any]
SEQUENCE: Final = "ce_sequence"


class Output(NamedTuple):
    """An output topic: its records' key and CloudEvents type, and which they are of what the engine publishes."""

    stem: str
    key: str
    event_type: str
    pick: Callable[[Published], Iterable[Record]]

    def records(self, organisation: str) -> Callable[[Published], list[Outgoing]]:
        """Give the function that writes what the engine published."""

        def write(published: Published) -> list[Outgoing]:
            zones = {record["outage_id"]: record["zone_id"] for record in published.lifecycle}
            return [self._outgoing(record, organisation, zones) for record in self.pick(published)]

        return write

    def _outgoing(self, record: Record, organisation: str, zones: Mapping[str, str]) -> Outgoing:
        zone = record.get("zone_id") or zones[record["outage_id"]]
        return Outgoing(
            value=None if "tombstone" in record else orjson.dumps(record, option=orjson.OPT_SORT_KEYS),
            key=record[self.key].encode(),
            headers=headers(self.event_type, record, organisation, zone),
            number=record["sequence"],
        )


OUTPUTS: Final = {
    "lifecycle": Output(OUTAGE_LIFECYCLE, "outage_id", LIFECYCLE_EVENT, lambda some: some.lifecycle),
    "restorations": Output(OUTAGE_RESTORATION, "outage_id", RESTORATION_EVENT, lambda some: some.restorations),
    "current_state": Output(OUTAGE_STATE, "outage_id", STATE_EVENT, lambda some: some.states),
    "zone_health": Output(ZONE_HEALTH, "zone_id", ZONE_HEALTH_EVENT, lambda some: some.health),
}
"""By the name of the step that writes it; states are kept under these names."""


def sequence_of(message: Message) -> int:
    """Give the sequence of an output record; 0 if it has none."""
    return int(dict(message.headers() or []).get(SEQUENCE) or 0)


def letters(published: Published, version: str) -> list[Outgoing]:
    """Write the crew lines that the engine refused, and those that waited for their instant."""
    return [
        dead_letter.outgoing(line, dead_letter.unpack(line.envelope), version, number)
        for number, line in enumerate(published.dead_letters, published.first_dead_letter)
    ]
