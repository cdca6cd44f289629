"""The health of zones as the topic `zone.health.state.v1` tells it, and the record that has one taken up again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from adapters.kafka.clients.offset_range import Edge, RangeReader
from adapters.kafka.clients.producer import Outgoing
from models.contracts.outputs.zone_health import ZoneHealthRecord
from models.evidence.log_record import LogRecord, LogRecordError, decode_record, encode_record
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from confluent_kafka import Message

    from adapters.kafka.clients.producer import CheckedProducer

TAIL: Final = 100
"""Records of the evidence log that are looked through for its network."""
ASK_AGAIN_SECONDS: Final = 0.2


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
    for message in messages:
        if message.value() is None:
            continue
        try:
            record = ZoneHealthRecord.model_validate_json(message.value() or b"")
        except ValidationError as error:
            where = f"{message.topic()}/{message.partition()}, offset {message.offset()}"
            raise FaultsError([f"{where}: is no record of a zone's health; see who else writes there"]) from error
        if record.zone_id not in newest or newest[record.zone_id].revision < record.revision:
            newest[record.zone_id] = record


def _version(message: Message) -> str | None:
    try:
        return decode_record(message.value() or b"").network_version
    except LogRecordError:
        return None
