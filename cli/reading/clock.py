"""How far the outputs of a site are complete, by their clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.tail import last_records
from adapters.kafka.records.output_record import sequence_of
from models.contracts.topics import OUTAGE_CLOCK
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from typing import Any

    from cli.broker import Broker


def last_ticks(broker: Broker) -> dict[int, dict[str, Any]]:
    """Give the last record of the clock by evidence partition, an empty one where there is none.

    What is no record of the clock is passed over. Raises `FaultsError`.
    """
    clock = broker.name(OUTAGE_CLOCK)
    with RangeReader(broker.client) as reader:
        places = [(clock, partition) for partition in range(reader.partitions(clock))]
    found = last_records(broker.client, places, lambda _, some: any(map(sequence_of, some)))
    ticks: dict[int, dict[str, Any]] = {partition: {} for _, partition in places}
    for (_, partition), messages in found.items():
        for message in filter(sequence_of, messages):
            try:
                tick = orjson.loads(message.value() or b"")
                parse_time(tick["updated_at"])
                ticks[partition] = {"updated_at": tick["updated_at"], "sequences": dict(tick["sequences"])}
            except (ValueError, TypeError, KeyError):
                continue
    return ticks


def last_instants(broker: Broker) -> dict[int, int | None]:
    """Give the instant (ms) up to which each evidence partition's outputs are complete; None before the first."""
    return {part: parse_time(tick["updated_at"]) if tick else None for part, tick in last_ticks(broker).items()}
