"""The evidence log as a Bytewax source: one consumer over a process's partitions, a record an item.

Delivery: the snapshot holds the next offset of each partition, in the same epoch as the engine's state, so a resumed
run goes on with the next record, none twice and none left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from typing_extensions import override

from adapters.kafka.clients.consumer import offset_of
from adapters.state.sealed import seal, unseal
from models.evidence.log_record import LogRecord, LogRecordError, decode_record
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

    from adapters.kafka.clients.consumer import PartitionReader, Place, Polled
    from adapters.process.pulse import Pulse

Offsets = dict[int, int]
"""By evidence partition, the next offset."""
PARTITION: Final = "00000"
RECORDS_AT_ONCE: Final = 64
IDLE_SECONDS: Final = 0.02


class ForeignEvidenceError(FaultsError):
    """A record of the evidence log that this process cannot follow."""


class EvidenceRecord(NamedTuple):
    """A record of the evidence log with its place."""

    partition: int
    offset: int
    appended_at: int
    """When the broker took it, milliseconds: tells whether an origin stands still while the log goes on."""
    size: int
    record: LogRecord


Item = tuple[str, EvidenceRecord]
"""A record by the name of its evidence partition."""


@dataclass(slots=True)
class LogWatch:
    """What the source tells who watches."""

    polled: Callable[[Polled], None] = lambda _polled: None
    committed: Callable[[Mapping[Place, int]], None] = lambda _lags: None
    """Told the records that are still to be read, by partition."""


class LogSource(FixedPartitionedSource[Item, bytes]):
    """Reads all evidence partitions of a process."""

    def __init__(
        self,
        begin: Callable[[Offsets], PartitionReader],
        network_version: str,
        pulse: Pulse,
        watch: LogWatch | None = None,
    ) -> None:
        """`begin` is given the snapshot's offsets, none at the first start, and opens the reader."""
        self._begin = begin
        self._network_version = network_version
        self._pulse = pulse
        self._watch = watch or LogWatch()

    @override
    def list_parts(self) -> list[str]:
        return [PARTITION]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: bytes | None) -> LogReader:
        offsets = {} if resume_state is None else unseal(resume_state, "the snapshot of the evidence log's offsets")
        return LogReader(self._begin(offsets), self._network_version, self._pulse, self._watch)


class LogReader(StatefulSourcePartition[Item, bytes]):
    """The one partition of a `LogSource`. Raises `RecordsGoneError` and `ForeignEvidenceError`."""

    def __init__(self, reader: PartitionReader, network_version: str, pulse: Pulse, watch: LogWatch) -> None:
        self._reader = reader
        self._network_version = network_version
        self._pulse = pulse
        self._watch = watch
        self._offsets = dict(reader.positions)
        self._at_end: set[tuple[str, int]] = set()
        self._to_commit: Mapping[tuple[str, int], int] | None = None

    @override
    def next_batch(self) -> list[Item]:
        self._pulse.beat()
        if self._to_commit is not None:
            self._reader.commit(self._to_commit)
            self._watch.committed(self._reader.lags())
            self._to_commit = None
        if self._pulse.stopping:
            raise StopIteration
        polled = self._reader.poll(RECORDS_AT_ONCE, IDLE_SECONDS)
        self._watch.polled(polled)
        self._at_end |= polled.ends.keys()
        if self._at_end >= self._offsets.keys():
            self._pulse.caught_up = True
        items = [
            (f"{run.partition:05d}", read_message(message, self._network_version))
            for run in polled.runs
            for message in run.messages
        ]
        self._offsets |= self._reader.positions
        return items

    @override
    def snapshot(self) -> bytes:
        self._to_commit = dict(self._offsets)
        return seal({partition: offset for (_, partition), offset in self._offsets.items()})

    @override
    def close(self) -> None:
        self._reader.close()


def read_message(message: Message, network_version: str | None) -> EvidenceRecord:
    """Read a record; of another network than `network_version` it is refused, unless that is None."""
    where = f"{message.topic()}/{message.partition()}, offset {message.offset()}"
    value = message.value() or b""
    try:
        record = decode_record(value)
    except LogRecordError as error:
        raise ForeignEvidenceError([f"{where}: {error}"]) from error
    if network_version is not None and record.network_version != network_version:
        other = f"is of network {record.network_version}, this process has {network_version}"
        raise ForeignEvidenceError([f"{where}: {other}; run with that network, or begin a new evidence log"])
    return EvidenceRecord(message.partition() or 0, offset_of(message), message.timestamp()[1], len(value), record)
