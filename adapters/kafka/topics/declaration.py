"""What a topic is before it is made: a row of the table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from adapters.kafka.records.checkpoints import CHUNK_BYTES
from models.contracts.registry import readers_of
from models.contracts.topics import dead_letter_topic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.contracts.registry import Access, Log, Output, PartitionRule, Role, Table

Cleanup = Literal["delete", "compact"]
TimestampType = Literal["LogAppendTime", "CreateTime"]

RAW_PARTITIONS: Final = 8
EVIDENCE_PARTITIONS: Final = 8
PARTITIONS: Final = {"raw": RAW_PARTITIONS, "evidence": EVIDENCE_PARTITIONS}
"""By rule, what is made where nobody asks for another number."""
FOR_EVER: Final = -1
"""A retention without end."""

KIB: Final = 1 << 10
MIB: Final = 1 << 20
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
PERSONAL: Final = 18 * HOUR
"""So long records that name accounts are kept: with a segment of an hour and the broker's own time less than a day."""
PERSONAL_STATE: Final = 6 * HOUR
"""As `PERSONAL`, where the last record of a key counts: so long the one before it is kept, and then the tombstone."""
CHECKPOINTS: Final = 16 * HOUR
"""So long checkpoints are kept: what follows on one is there for longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. In the table it has no prefix and the default numbers, out of `layout` those asked for."""

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
    largest_message: int = MIB
    """Bytes, headers included."""
    contract: str | None = None
    """The contract of the value in `adapters.reference.event_pages`; None where the value is not one JSON object."""
    form: str = "JSON"
    """What the value is, in words."""
    event_type: str | None = None
    """CloudEvents type of its records; None where they are no CloudEvents."""
    numbered: bool = True
    """Whether its CloudEvents have a time and a number."""
    tombstones: bool = False
    """Whether records without a value may stand in it."""
    access: Access = "internal"
    personal: bool = False
    """Whether what names an account is gone from it within a day after its tombstone."""
    owner: Role
    """Who writes its records; another may have to add control records or lines sent again."""
    readers: tuple[Role, ...]
    writers: tuple[Role, ...]
    prefix: str = ""

    @property
    def name(self) -> str:
        """The name in Kafka."""
        return self.prefix + self.stem


def log_topics(log: Log) -> Iterator[Topic]:
    """Give the topics of a log by which records are keyed otherwise."""
    yield Topic(
        stem=log.topic,
        summary=log.summary,
        key="the origin of the entry",
        rule="evidence",
        partitions=PARTITIONS["evidence"],
        retention_ms=log.retention_days * DAY,
        largest_message=4 * MIB,
        form="JSON, what an origin has for the partition up to an instant",
        access=log.access,
        owner=log.owner,
        readers=(log.owner, "operators"),
        writers=(log.owner,),
    )
    if log.imported is not None:
        yield _import_topic(log, log.imported.topic, "What comes from outside, to the partition of its account.")
        summary = f"The state of {log.owner} once an hour of log time, to start from where it is lost."
        checkpoints = _import_topic(log, log.imported.checkpoints, summary)
        form = f"a part of the state's bytes, at most {CHUNK_BYTES // KIB} KiB"
        yield replace(checkpoints, key="`<slot>/<chunk>`", form=form, retention_ms=CHECKPOINTS)


def _import_topic(log: Log, stem: str, summary: str) -> Topic:
    return Topic(
        stem=stem,
        summary=summary,
        key="the origin of the entry",
        rule="evidence",
        partitions=PARTITIONS["evidence"],
        retention_ms=PERSONAL,
        largest_message=4 * MIB,
        form="JSON, what an origin has for the partition up to an instant",
        access="restricted",
        personal=True,
        owner=log.owner,
        readers=(log.owner, "operators"),
        writers=(log.owner,),
    )


def table_topics(table: Table) -> tuple[Topic, Topic]:
    """Give the topic of a table from outside, and that of its dead letters."""
    topic = Topic(
        stem=table.topic,
        summary=table.summary,
        key=table.key,
        rule="raw",
        partitions=PARTITIONS["raw"],
        cleanup="compact" if table.compacted else "delete",
        retention_ms=PERSONAL_STATE if table.compacted else PERSONAL,
        timestamp="LogAppendTime",  # nobody else says how old a record is
        contract=table.contract.name,
        tombstones=table.compacted,
        access="restricted",
        personal=True,
        owner="sources",
        readers=(table.owner, *table.readers, "operators"),
        writers=("sources", *table.writers, "operators"),
    )
    letters = Topic(
        stem=dead_letter_topic(table.topic),
        summary=f"Which records of {table.topic} were refused, with the reason.",
        key="none",
        rule="evidence",
        partitions=PARTITIONS["evidence"],
        retention_ms=90 * DAY,
        form="no value; where the refused record stands and why it was refused say `_dlq.errors.*` headers",
        access="restricted",
        owner=table.owner,
        readers=("operators",),
        writers=(table.owner,),
    )
    return topic, letters


def topic_of(output: Output) -> Topic:
    """Give the topic of a flow's output."""
    return Topic(
        stem=output.topic,
        summary=output.summary,
        key=output.key,
        rule=output.rule,
        partitions=PARTITIONS[output.rule],
        cleanup="compact" if output.compacted else "delete",
        retention_ms=PERSONAL if output.personal else output.retention_days * DAY,
        contract=output.contract.name,
        event_type=output.event_type,
        tombstones=output.tombstone is not None,
        access=output.access,
        personal=output.personal,
        owner=output.owner,
        readers=readers_of(output),
        writers=(output.owner,),
    )
