"""How connectors stand, by their last heartbeats."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson
from pydantic import ValidationError

from adapters.connectors.clock import now_ms
from adapters.kafka.clients.offset_range import RangeReader
from models.contracts.outputs.connector_health import ConnectorHealthRecord
from models.contracts.topics import CONNECTOR_STATE
from models.refusal import FaultsError
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from cli.broker import Broker

MISSED = 3
"""Heartbeats that a connector may miss before its silence says that it is dead."""


class Standing(NamedTuple):
    """The last heartbeat of a connector, and how old it is."""

    record: ConnectorHealthRecord
    age_seconds: float

    @property
    def state(self) -> str:
        """How it stands; `silent` if its heartbeats have ceased without a word."""
        late = self.age_seconds > MISSED * self.record.interval_seconds
        return "silent" if late and self.record.state != "stopped" else self.record.state

    def document(self) -> bytes:
        """The heartbeat with its age and what follows from it."""
        told = self.record.model_dump() | {"age_seconds": round(self.age_seconds, 1), "standing": self.state}
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)


def find_health(broker: Broker) -> list[Standing]:
    """Give the last heartbeat of each connector, by name. Raises `FaultsError`."""
    newest: dict[str, ConnectorHealthRecord] = {}
    topic = broker.name(CONNECTOR_STATE)
    with RangeReader(broker.client) as reader:
        for partition in range(reader.partitions(topic)):
            for message in reader.records(reader.locate(topic, partition)):
                try:
                    record = ConnectorHealthRecord.model_validate_json(message.value() or b"")
                except ValidationError as error:
                    where = f"{message.topic()}/{message.partition()}, offset {message.offset()}"
                    raise FaultsError([f"{where}: is no heartbeat; see who else writes there"]) from error
                newest[record.connector] = record
    now = now_ms()
    return [Standing(record, (now - parse_time(record.updated_at)) / 1000) for _, record in sorted(newest.items())]


def line_of(standing: Standing) -> str:
    """Write a connector in a line."""
    record = standing.record
    links = ", ".join(f"{link.name} {link.state}" for link in record.links)
    told = f"told {standing.age_seconds:.0f} s ago"
    return f"{record.connector}  {standing.state} since {record.since}  {record.devices:,} devices  {told}  ({links})"


def text_of(standing: Standing) -> str:
    """Write a connector link by link."""
    record = standing.record
    lines = [line_of(standing)]
    for link in record.links:
        server = f" at {link.server}" if link.server else ""
        points = f"{link.points_followed:,} of {link.points:,} points, {link.alarms:,} alarms"
        lines.append(f"  {link.name}: {link.state} since {link.since}{server}: {points}, last value {link.value_at}")
        lines += [f"    {trouble}" for trouble in link.troubles]
    counts = ", ".join(f"{name} {count:,}" for name, count in record.counts.items())
    return "\n".join(
        [*lines, f"  since {record.started_at}: {counts or 'nothing came'}; {record.queue_length:,} waiting"]
    )
