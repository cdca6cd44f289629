"""A stretch of the evidence log played again into files: for audits and what-if, beside whatever runs.

The same log gives the same bytes: the files hold what the output topics hold, a line a record. No Bytewax: nothing is
resumed here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.kafka.clients.consumer import offset_of
from adapters.kafka.clients.offset_range import Edge, RangeReader
from adapters.kafka.connectors.evidence_source import at_place
from dataflows.outages.evidence_step import take_record
from dataflows.outages.other_version import OtherVersion
from dataflows.outages.outputs import PICKS
from models.contracts.registry import OUTAGES, outputs
from models.refusal import FaultsError
from models.times.iso8601 import parse_time
from models.times.units import END_OF_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from io import BufferedWriter
    from pathlib import Path

    from confluent_kafka import Message

    from adapters.kafka.clients.offset_range import OffsetRange
    from adapters.kafka.connectors.evidence_source import EvidenceRecord
    from dataflows.outages.preparation import PreparedOutages
    from models.evidence.log_following import LogFollower
    from models.outages.engine import Engine
    from models.outages.publishing import Published

LINE: Final = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
TOPICS: Final = {output.topic: PICKS[output.name] for output in outputs(OUTAGES) if output.in_files}


@dataclass(slots=True)
class OfflineRun:
    """A stretch of the log, from one instant to below another (milliseconds), and how far the play has come."""

    prepared: PreparedOutages
    output: Path
    begin: int = 0
    end: int = END_OF_TIME
    version: str | None = None
    """The version of the network in force from `begin` on, or from the log's head where that is needed to come there;
    in place of those that the log releases."""
    records: int = 0
    written: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TOPICS, 0))
    _total: int = 0

    def bytes_to_read(self) -> int:
        """Give the number of log records to play, as progress bars want it."""
        return max(self._total, 1)

    def bytes_read(self) -> int:
        """Give the number of log records played."""
        return self.records

    def play(self) -> None:
        """Play it. Raises `FaultsError` where the log's head is gone and no checkpoint before the stretch is left."""
        self.output.mkdir(parents=True, exist_ok=True)
        for partition, published in self.lived():
            self._write(partition, published)

    def lived(self) -> Iterator[tuple[int, Iterator[Published]]]:
        """Live through it partition by partition, each to be gone through before the next. Raises as `play`."""
        with RangeReader(self.prepared.cluster.client) as reader:
            starts = {part: self.prepared.start_before(part, self.begin) for part in self.prepared.own_partitions}
            log = self.prepared.cluster.evidence_log
            parts = {part: reader.locate(log, part, Edge(offset=start.offset)) for part, start in starts.items()}
            self._total = sum(part.end - part.begin for part in parts.values())
            for partition, part in parts.items():
                engine = self.prepared.build_engine(partition, starts[partition].state, self.version)
                items = self.followed(reader.records(part), part, starts[partition].begin)
                yield partition, self._published(engine, items)

    def followed(
        self, messages: Iterator[Message], part: OffsetRange, begin: tuple[int, dict[str, int], list[str]]
    ) -> Iterator[EvidenceRecord]:
        """Give the records of a partition. Raises `FaultsError` at a gap that nobody has decided about."""
        _, expected, versions = begin
        versions = versions or [self.prepared.first_version(part.partition)]
        follower = self.prepared.follower(expected, versions, self.prepared.network_of)
        for message in messages:
            value, offset = message.value() or b"", offset_of(message)
            followed = follower.follow(offset, value)
            if followed is None and self._is_decided(part, follower):
                followed = follower.follow(offset, value)
            if followed is None:
                raise FaultsError([f"{part.topic}/{part.partition}: {follower.gap}; see faultline evidence skip"])
            yield at_place(message, followed)

    def _is_decided(self, part: OffsetRange, follower: LogFollower) -> bool:
        """Look further on in the log for a record that decides about a gap."""
        with RangeReader(self.prepared.cluster.client) as ahead:
            return any(follower.decides(message.value() or b"") for message in ahead.records(part))

    def _published(self, engine: Engine, items: Iterable[EvidenceRecord]) -> Iterator[Published]:
        other = None if self.version is None else OtherVersion(engine, self.version, self.begin)
        for item in items:
            self.records += 1
            yield from take_record(engine, item if other is None else other.take(item))
            if engine.clock >= self.end:
                return

    def _write(self, partition: int, published: Iterable[Published]) -> None:
        files = {topic: self._path(topic, partition).open("wb") for topic in TOPICS}
        try:
            for some in published:
                for topic, pick in TOPICS.items():
                    self._append(files[topic], topic, pick(some))
        finally:
            for file in files.values():
                file.close()

    def _append(self, file: BufferedWriter, topic: str, records: Iterable[dict[str, Any]]) -> None:
        lines = [
            orjson.dumps(record, option=LINE)
            for record in records
            if self.begin <= parse_time(record["updated_at"]) < self.end
        ]
        file.writelines(lines)
        self.written[topic] += len(lines)

    def _path(self, topic: str, partition: int) -> Path:
        """One file a topic, or one a partition where there are several."""
        several = self.prepared.cluster.evidence_partitions > 1
        return self.output / (f"{topic}.{partition:05d}.jsonl" if several else f"{topic}.jsonl")
