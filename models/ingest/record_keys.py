"""Keys of raw records, and the partition that follows from a key."""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

import msgspec

from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, OPERATOR_COMMANDS, SCADA_EVENTS, WORK_EVENTS
from models.decoding.line_decoder import unwrap
from models.decoding.validation import Refused
from models.decoding.wire_types import REFUSALS


class _MeterKey(msgspec.Struct, gc=False):
    meter_id: str | None = None


class _DeviceKey(msgspec.Struct, gc=False):
    device_id: str | None = None


class _CallKey(msgspec.Struct, gc=False):
    usage_point_id: str | None = None
    account_id: str | None = None


class _CrewKey(msgspec.Struct, gc=False):
    crew_id: str | None = None


class _WorkKey(msgspec.Struct, gc=False):
    work_id: str | None = None


class _CommandKey(msgspec.Struct, gc=False):
    outage_id: str | None = None
    command_id: str | None = None


_KEYS: Final[dict[str, type[msgspec.Struct]]] = {
    METER_EVENTS: _MeterKey,
    SCADA_EVENTS: _DeviceKey,
    CALL_EVENTS: _CallKey,
    CREW_EVENTS: _CrewKey,
    WORK_EVENTS: _WorkKey,
    OPERATOR_COMMANDS: _CommandKey,
}


class RecordKey:
    """Reads the keys of one raw topic's lines."""

    def __init__(self, topic: str) -> None:
        """Take one of `RAW_TOPICS`."""
        self._decode: Any = msgspec.json.Decoder(_KEYS[topic]).decode
        self._fields = _KEYS[topic].__struct_fields__

    def read(self, line: bytes) -> bytes | None:
        """Give the key: whom the event is about. None where the line does not say, or is no event."""
        key = self._key_of(line)
        if key is None:
            try:
                payload = unwrap(line)
            except Refused:
                return None
            return None if payload is line else self._key_of(payload)
        return key

    def _key_of(self, value: bytes) -> bytes | None:
        try:
            event = self._decode(value)
        except (*REFUSALS, RecursionError):
            return None
        for field in self._fields:
            if name := getattr(event, field):
                return str(name).encode()
        return None


def partition_for(key: bytes | None, line: bytes, partitions: int) -> int:
    """Choose a record's partition: by the CRC-32 of its key, as librdkafka's `consistent` does, else of the line."""
    return crc32(line if key is None else key) % partitions
