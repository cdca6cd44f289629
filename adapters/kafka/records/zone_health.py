"""The health of zones as the topic `zone.health.state.v1` tells it, and the record that has one taken up again."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

from adapters.kafka.clients.offset_range import Edge, RangeReader
from adapters.kafka.clients.producer import Outgoing
from adapters.kafka.records.followed_record import ForeignRecordError, RecordReader
from models.contracts.registry import output_of
from models.contracts.topics import ZONE_HEALTH
from models.evidence.log_record import LogRecord, LogRecordError, decode_record, encode_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confluent_kafka import Message

    from adapters.kafka.clients.producer import CheckedProducer
    from models.contracts.outputs.zone_health import ZoneHealthRecord

TAIL: Final = 100
"""Records of the evidence log that are looked through for its network."""
ASK_AGAIN_SECONDS: Final = 0.2
log: Final = logging.getLogger("faultline")


def read_health(reader: RangeReader, topic: str) -> dict[str, ZoneHealthRecord]:
    """Give the newest record of each zone that ever was set aside, by zone. Raises `FaultsError`."""
    newest: dict[str, ZoneHealthRecord] = {}
    for partition in range(reader.partitions(topic)):
        _take(newest, reader.records(reader.locate(topic, partition)))
    return newest


def network_of(reader: RangeReader, log: str, partition: int) -> str | None:
    """Give the version of the network that the newest record of an evidence partition is of; None if none is left."""
    begin = Edge(offset=max(reader.locate(log, partition).end - TAIL, 0))
    versions = [_version(message) for message in reader.records(reader.locate(log, partition, begin))]
    return next((version for version in reversed(versions) if version is not None), None)


def send_resume(producer: CheckedProducer, log: str, partition: int, zone_id: str, network_version: str) -> None:
    """Tell the engine to take a zone up again. Raises `DeliveryError`."""
    record = encode_record(LogRecord(network_version, resume_zones=[zone_id]))
    producer.send(log, partition, Outgoing(record, b"%d" % partition))
    producer.flush()


def await_revision(
    reader: RangeReader, topic: str, before: ZoneHealthRecord, seconds: float, waiting: Callable[[float], None]
) -> ZoneHealthRecord | None:
    """Wait until a zone has a later record, and give it; None after so many seconds. `waiting` is told those left."""
    deadline = time.monotonic() + seconds
    seen = [0] * reader.partitions(topic)
    newest = {before.zone_id: before}
    while True:
        for partition, offset in enumerate(seen):
            offsets = reader.locate(topic, partition, Edge(offset=offset))
            _take(newest, reader.records(offsets))
            seen[partition] = offsets.end
        if newest[before.zone_id].revision > before.revision:
            return newest[before.zone_id]
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        waiting(left)
        time.sleep(min(ASK_AGAIN_SECONDS, left))


def _take(newest: dict[str, ZoneHealthRecord], messages: Iterable[Message]) -> None:
    reader = RecordReader(output_of(ZONE_HEALTH))
    for message in messages:
        try:
            record: ZoneHealthRecord | None = reader.read(message).record
        except ForeignRecordError as error:
            place = (message.topic(), message.partition(), message.offset())
            log.warning("%s/%s, offset %s: is no record of a zone's health, passed over: %s", *place, error)
            continue
        if record is not None and (record.zone_id not in newest or newest[record.zone_id].revision < record.revision):
            newest[record.zone_id] = record


def _version(message: Message) -> str | None:
    try:
        return decode_record(message.value() or b"").network_version
    except LogRecordError:
        return None
