"""A record of an output as it stands on Kafka: sorted JSON, its key, the headers of a CloudEvent, its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.kafka.clients.header_number import header_number
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.clients.tail import last_records
from adapters.kafka.records.cloud_events import headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import Place
    from models.contracts.registry import Output

SEQUENCE: Final = "ce_sequence"
STYLE: Final = orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY
"""Columns of numbers come as arrays."""


def outgoing(output: Output, record: Mapping[str, Any], organisation: str, zone_id: str | None = None) -> Outgoing:
    """Write a record, or the record without a value that a tombstone is; `zone_id` where it does not name its zone."""
    return Outgoing(
        value=None if "tombstone" in record else orjson.dumps(record, option=STYLE),
        key=str(record[output.key]).encode(),
        headers=headers(output, record, organisation, zone_id),
        number=record["sequence"],
    )


def sequence_of(message: Message) -> int | None:
    """Give the sequence of an output record; None of a record that has none."""
    return header_number(message, SEQUENCE)


def last_states(client: Mapping[str, Any], place: Place) -> dict[str, dict[str, Any]]:
    """Read the last record of each key of a compacted output, by key; what was forgotten or is foreign is left out."""
    states: dict[str, dict[str, Any]] = {}
    for message in last_records(client, [place], lambda _place, _records: False, 1000)[place]:
        key = (message.key() or b"").decode("utf-8", "replace")
        states.pop(key, None)
        if sequence_of(message) is not None and message.value():
            states[key] = orjson.loads(message.value() or b"")
    return states
