"""The topics as one table: all code that makes, checks, describes or names a topic takes it from here."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from adapters.kafka.records.checkpoints import CHUNK_BYTES
from adapters.kafka.records.cloud_events import LIFECYCLE_EVENT, RESTORATION_EVENT, STATE_EVENT, ZONE_HEALTH_EVENT
from models.contracts.topics import (
    CALL_EVENTS,
    CREW_EVENTS,
    DEAD_LETTER_REPLAY,
    EVIDENCE_LOG,
    METER_EVENTS,
    OUTAGE_LIFECYCLE,
    OUTAGE_RESTORATION,
    OUTAGE_STATE,
    SCADA_EVENTS,
    ZONE_CHECKPOINT,
    ZONE_HEALTH,
    dead_letter_topic,
)
from models.refusal import FaultsError

PartitionRule = Literal["raw", "evidence"]
"""As many partitions as the raw topics have, or as many as the evidence log has."""
Cleanup = Literal["delete", "compact"]
TimestampType = Literal["LogAppendTime", "CreateTime"]
Role = Literal["sources", "ingest", "outages", "consumers", "operators"]
"""Who has to do with a topic: what brings events in, the two flows, readers of their output, people at a terminal."""

RAW_PARTITIONS: Final = 8
EVIDENCE_PARTITIONS: Final = 8
FOR_EVER: Final = -1
"""A retention without end."""

_KIB: Final = 1 << 10
_MIB: Final = 1 << 20
_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR
_LAST_TIME: Final = str((1 << 63) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. In `TOPICS` it has no prefix and the default numbers, out of `layout` those asked for."""

    stem: str
    """The name without prefix, as `models.contracts.topics` has it."""
    summary: str
    key: str
    """What the key is, in the words of the value's fields."""
    rule: PartitionRule
    partitions: int
    cleanup: Cleanup = "delete"
    retention_ms: int = FOR_EVER
    """How long a record is kept at least; of a compacted topic how long a tombstone can be read."""
    timestamp: TimestampType = "CreateTime"
    largest_message: int = _MIB
    """Bytes, headers included."""
    contract: str | None = None
    """The contract of the value in `adapters.reference.event_pages`; None where the value is not one JSON object."""
    form: str = "JSON"
    """What the value is, in words."""
    event_type: str | None = None
    """CloudEvents type of its records; None where they are no CloudEvents."""
    owner: Role
    """Who writes its records; another may have to add control records or lines sent again."""
    readers: tuple[Role, ...]
    writers: tuple[Role, ...]
    prefix: str = ""

    @property
    def name(self) -> str:
        """The name in Kafka."""
        return self.prefix + self.stem


def _raw(stem: str, contract: str, key: str, summary: str) -> Topic:
    return Topic(
        stem=stem,
        summary=summary,
        key=key,
        rule="raw",
        partitions=RAW_PARTITIONS,
        retention_ms=7 * _DAY,
        timestamp="LogAppendTime",
        contract=contract,
        owner="sources",
        readers=("ingest", "operators"),
        writers=("sources", "operators"),
    )


def _dead_letters(raw: Topic) -> Topic:
    """What a raw topic's reader refuses. Crew lines are judged by the outages flow, which knows the outages."""
    owner: Role = "outages" if raw.stem == CREW_EVENTS else "ingest"
    return Topic(
        stem=dead_letter_topic(raw.stem),
        summary=f"Records of {raw.stem} that were refused, with the reason.",
        key="the key of the refused record",
        rule="evidence" if owner == "outages" else "raw",
        partitions=EVIDENCE_PARTITIONS if owner == "outages" else RAW_PARTITIONS,
        retention_ms=90 * _DAY,
        largest_message=_MIB + 64 * _KIB,
        form="the refused record as it was; where it came from and why it was refused stand in `_dlq.errors.*` headers",
        owner=owner,
        readers=(owner, "operators"),
        writers=(owner,),
    )


def _output(stem: str, contract: str, key: str, event_type: str, summary: str) -> Topic:
    return Topic(
        stem=stem,
        summary=summary,
        key=key,
        rule="evidence",
        partitions=EVIDENCE_PARTITIONS,
        retention_ms=400 * _DAY,
        contract=contract,
        event_type=event_type,
        owner="outages",
        readers=("outages", "consumers", "operators"),
        writers=("outages",),
    )


def _state(stem: str, contract: str, key: str, event_type: str, summary: str) -> Topic:
    """The last record of each key. Tombstones are kept a week, so that a reader may stand still over a weekend."""
    return replace(_output(stem, contract, key, event_type, summary), cleanup="compact", retention_ms=7 * _DAY)


_RAW: Final = (
    _raw(METER_EVENTS, "meter", "meter_id", "What meters and their head-ends say."),
    _raw(SCADA_EVENTS, "scada", "device_id", "Positions and alarms of devices."),
    _raw(CALL_EVENTS, "call", "usage_point_id, else account_id", "What customers say."),
    _raw(CREW_EVENTS, "crew", "crew_id", "What crews say."),
)

TOPICS: Final = (
    *_RAW,
    *map(_dead_letters, _RAW),
    Topic(
        stem=EVIDENCE_LOG,
        summary="All that the engine may know, each zone in one partition: columnar batches and control records.",
        key="number of the evidence partition",
        rule="evidence",
        partitions=EVIDENCE_PARTITIONS,
        retention_ms=30 * _DAY,
        timestamp="LogAppendTime",
        largest_message=4 * _MIB,
        form="columns of evidence, a versioned encoding of Faultline's own",
        owner="ingest",
        readers=("ingest", "outages", "operators"),
        writers=("ingest", "operators"),
    ),
    _output(OUTAGE_LIFECYCLE, "outage", "outage_id", LIFECYCLE_EVENT, "Each revision of each outage."),
    _output(
        OUTAGE_RESTORATION, "restoration", "outage_id", RESTORATION_EVENT, "Who has power again, and on what basis."
    ),
    _state(
        OUTAGE_STATE,
        "outage",
        "outage_id",
        STATE_EVENT,
        "The last revision of each outage; a tombstone 7 days of log time after the last one of an outage that ended.",
    ),
    _state(ZONE_HEALTH, "zone_health", "zone_id", ZONE_HEALTH_EVENT, "Zones that were set aside, and taken back."),
    Topic(
        stem=ZONE_CHECKPOINT,
        summary="The engine's state once an hour of log time, to start from where nothing else is left.",
        key="`<slot>/<chunk>`",
        rule="evidence",
        partitions=EVIDENCE_PARTITIONS,
        cleanup="compact",
        retention_ms=_DAY,
        form=f"a part of the state's bytes, at most {CHUNK_BYTES // _KIB} KiB",
        owner="outages",
        readers=("outages", "operators"),
        writers=("outages",),
    ),
    Topic(
        stem=DEAD_LETTER_REPLAY,
        summary="Which dead letters have been sent again, so that each is sent once.",
        key="`<dead letter topic>/<partition>`",
        rule="evidence",
        partitions=EVIDENCE_PARTITIONS,
        cleanup="compact",
        retention_ms=_DAY,
        form="JSON, by disposition the stretches of offsets that are done",
        owner="operators",
        readers=("operators",),
        writers=("operators",),
    ),
)
"""All topics, in the order of the stream."""

_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]*")
_LONGEST_NAME: Final = 249
"""Of a Kafka topic, in letters."""


def layout(raw_partitions: int, evidence_partitions: int, prefix: str = "", *, played: bool = False) -> list[Topic]:
    """Return the topics with these numbers of partitions and this prefix before every name.

    `played` is for raw topics into which files are played: they take the writer's time, which is the file's log time
    and may be years back, so no topic with the writer's time forgets by age. Raises `FaultsError`.
    """
    if faults := _layout_faults(raw_partitions, evidence_partitions, prefix):
        raise FaultsError(faults)
    numbers = {"raw": raw_partitions, "evidence": evidence_partitions}
    topics = [replace(topic, partitions=numbers[topic.rule], prefix=prefix) for topic in TOPICS]
    return [_played(topic) for topic in topics] if played else topics


def _played(topic: Topic) -> Topic:
    raw = topic.owner == "sources"
    if topic.cleanup == "compact" or (topic.timestamp == "LogAppendTime" and not raw):
        return topic
    return replace(topic, timestamp="CreateTime", retention_ms=FOR_EVER)


def _layout_faults(raw_partitions: int, evidence_partitions: int, prefix: str) -> list[str]:
    faults = [
        f"{number} {name} partitions; give at least 1"
        for name, number in (("raw", raw_partitions), ("evidence", evidence_partitions))
        if number < 1
    ]
    if not _PREFIX.fullmatch(prefix):
        faults.append(
            f'topic prefix "{prefix}": Kafka takes letters, digits, dot, dash and underscore; leave others out'
        )
    room = _LONGEST_NAME - max(len(topic.stem) for topic in TOPICS)
    if len(prefix) > room:
        faults.append(f'topic prefix "{prefix}" is too long; give at most {room} letters')
    return faults


def configuration(topic: Topic) -> dict[str, str]:
    """Return the topic's settings as Kafka names and writes them."""
    settings = {
        "cleanup.policy": topic.cleanup,
        "max.message.bytes": str(topic.largest_message),
        "message.timestamp.type": topic.timestamp,
    }
    if topic.timestamp == "CreateTime":
        # A storm that is played may lie in the future; Kafka refuses records more than an hour ahead by itself.
        settings["message.timestamp.after.max.ms"] = _LAST_TIME
    if topic.cleanup == "delete":
        return settings | {"retention.ms": str(topic.retention_ms)}
    # The newest segment is never compacted: an hour bounds what a reader from the start reads twice.
    return settings | {
        "delete.retention.ms": str(topic.retention_ms),
        "min.cleanable.dirty.ratio": "0.1",
        "segment.ms": str(_HOUR),
    }
