"""The last record of each key of a compacted topic, as commands show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.records.output_record import last_states

if TYPE_CHECKING:
    from cli.broker import Broker


def last_of(broker: Broker, stem: str) -> list[dict[str, Any]]:
    """Give them of all partitions; what was forgotten or is foreign is left out."""
    topic = broker.name(stem)
    with RangeReader(broker.client) as reader:
        parts = range(reader.partitions(topic))
    return [record for part in parts for record in last_states(broker.client, (topic, part)).values()]
