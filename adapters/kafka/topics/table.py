"""The topics as one table: all code that makes, checks, describes or names a topic takes it from here."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

from adapters.kafka.topics.connectors import HEALTH
from adapters.kafka.topics.declaration import FOR_EVER, HOUR, log_topics, table_topics, topic_of
from adapters.kafka.topics.inputs import DEAD_LETTERS, RAW
from adapters.kafka.topics.internal import (
    CHECKPOINTS,
    DEVICES,
    EVIDENCE,
    LETTERS_SENT_AGAIN,
    METERS,
    PULSES,
    RELEASES,
    USAGE_POINTS,
    ZONES,
)
from models.contracts.registry import logs, outputs, readers_besides, tables, writers_besides
from models.refusal import FaultsError

if TYPE_CHECKING:
    from adapters.kafka.topics.declaration import Topic

_LAST_TIME: Final = str((1 << 63) - 1)


def all_topics() -> tuple[Topic, ...]:
    """Give all topics, in the order of the stream."""
    written = tuple(map(topic_of, outputs()))
    pulses = replace(PULSES, readers=(*PULSES.readers, *readers_besides(PULSES.stem)))
    internal = CHECKPOINTS, pulses, RELEASES, METERS, USAGE_POINTS, ZONES, DEVICES, LETTERS_SENT_AGAIN
    outside = chain.from_iterable(map(table_topics, tables()))
    between = chain.from_iterable(map(log_topics, logs()))
    raw = map(_with_further, RAW)
    return (*raw, *DEAD_LETTERS, *HEALTH, EVIDENCE, *outside, *between, *written, *internal)


def _with_further(raw: Topic) -> Topic:
    """Give a raw topic with the flows that are not Faultline's own and read or write it."""
    readers, writers = readers_besides(raw.stem), writers_besides(raw.stem)
    return replace(raw, readers=(*raw.readers, *readers), writers=(*raw.writers, *writers))


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
    topics = [replace(topic, partitions=numbers[topic.rule], prefix=prefix) for topic in all_topics()]
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
    room = _LONGEST_NAME - max(len(topic.stem) for topic in all_topics())
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
        segments = {"segment.ms": str(HOUR)} if topic.personal else {}  # what is kept goes by whole segments
        return settings | {"retention.ms": str(topic.retention_ms)} | segments
    if topic.personal:
        settings["max.compaction.lag.ms"] = str(topic.retention_ms)
    # The newest segment is never compacted: an hour bounds what a reader from the start reads twice.
    return settings | {
        "delete.retention.ms": str(topic.retention_ms),
        "min.cleanable.dirty.ratio": "0.1",
        "segment.ms": str(HOUR),
    }
