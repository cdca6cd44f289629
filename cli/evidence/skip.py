"""What `faultline evidence skip` does: a control record that says to do without missing evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from adapters.kafka.clients.offset_range import Edge, RangeReader
from adapters.kafka.clients.producer import CheckedProducer, DeliveryError
from adapters.kafka.records.control import audit, send_control
from adapters.kafka.records.zone_health import network_of
from models.contracts.topics import EVIDENCE_LOG
from models.evidence.log_record import LogRecord
from models.refusal import FaultsError

if TYPE_CHECKING:
    from cli.broker import Broker


def skip(broker: Broker, partition: int, offset: int, reason: str) -> None:
    """Write the record. Raises `FaultsError` where nothing stands at the offset."""
    log = broker.name(EVIDENCE_LOG)
    with RangeReader(broker.client) as reader:
        count = reader.partitions(log)
        if partition >= count:
            raise FaultsError([f"{log} has {count} partitions, from 0; give --partition below that"])
        there = reader.locate(log, partition, Edge(offset=offset), Edge(offset=offset + 1))
        version = network_of(reader, log, partition)
    if there.begin != offset or there.end != offset + 1 or version is None:
        raise FaultsError([f"{log}/{partition} has no record at offset {offset}; /readyz names the one it stands at"])
    record = LogRecord(version, skip_gaps=[offset], audit=audit(reason))
    try:
        send_control(CheckedProducer(broker.client, patience=30), log, [partition], record)
    except DeliveryError as error:
        raise FaultsError([str(error)]) from error
    typer.echo(f"{log}/{partition}: goes on at offset {offset} without what is missing before it, by {record.audit}")
