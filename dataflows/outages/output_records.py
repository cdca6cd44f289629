"""What the engine publishes as records of the output topics: keys, CloudEvents headers, numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records import dead_letter
from adapters.kafka.records.cloud_events import headers
from dataflows.outages.outputs import PICKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

    from models.contracts.registry import Output
    from models.outages.publishing import Published

Record = dict[str, Any]
SEQUENCE: Final = "ce_sequence"


def writer_of(output: Output, organisation: str) -> Callable[[Published], list[Outgoing]]:
    """Give the function that writes what the engine published to an output."""
    pick = PICKS[output.name]

    def write(published: Published) -> list[Outgoing]:
        zones = {record["outage_id"]: record["zone_id"] for record in published.lifecycle}
        return [_outgoing(output, record, organisation, zones) for record in pick(published)]

    return write


def _outgoing(output: Output, record: Record, organisation: str, zones: Mapping[str, str]) -> Outgoing:
    zone = record.get("zone_id") or zones[record["outage_id"]]
    return Outgoing(
        value=None if "tombstone" in record else orjson.dumps(record, option=orjson.OPT_SORT_KEYS),
        key=record[output.key].encode(),
        headers=headers(output.event_type, record, organisation, zone),
        number=record["sequence"],
    )


def sequence_of(message: Message) -> int:
    """Give the sequence of an output record; 0 if it has none."""
    return int(dict(message.headers() or []).get(SEQUENCE) or 0)


def letters(published: Published, version: str) -> list[Outgoing]:
    """Write the crew lines that the engine refused, and those that waited for their instant."""
    return [
        dead_letter.outgoing(line, dead_letter.unpack(line.envelope), version, number)
        for number, line in enumerate(published.dead_letters, published.first_dead_letter)
    ]
