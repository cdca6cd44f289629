"""What an ingest process holds of its origins: where each stands, what waits to be written, what is surely kept.

Records of the raw partitions go in, records of the evidence log and dead letters come out. No record carries another
origin's offsets, each accounts for a stretch that begins where the one before ended, and a watermark goes out only with
or after all evidence below it. *Settled* is what the log and the dead letters have acknowledged: who takes an origin
over reads on from there, and `covered` tells it what of that stands in the log already.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.topics import CREW_EVENTS, OPERATOR_COMMANDS
from models.evidence.batch import END_OF_LOG, AnyRows, EvidenceBatch
from models.evidence.cutting import cut, pieces
from models.evidence.log_record import LogRecord
from models.evidence.routing import Routing
from models.evidence.watermarks import origin_topic
from models.ingest.mounting.laid import FROM_THE_START, InForce, Laid
from models.ingest.mounting.mountings import Mountings
from models.ingest.mounting.standing import Exchanges, exchanges
from models.ingest.origin_reader import OriginReader
from models.ingest.rules_version import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from models.ingest.mounting.laid import Standing
    from models.ingest.origin_reader import Ingested
    from models.ingest.readers.rows import RecordColumns
    from models.network.network import Network

ENOUGH_ROWS: Final = 20_000
"""Rows that are written without waiting for more: a record then stays within some hundred kilobytes."""


@dataclass(slots=True)
class Origin:
    """One raw partition as it is being read."""

    reader: OriginReader
    partitions: int
    """Of its topic."""
    position: int
    """The next offset to come."""
    log_time: int
    """Of the last record, milliseconds; 0 before the first."""
    covered: dict[int, int]
    """By evidence partition, the offset up to which the log accounts for this origin."""
    first_log_time: int = 0
    """Of the first record that there ever was, if this process has read it; else 0."""
    watermark: int = 0
    watermarks_sent: dict[int, int] = field(default_factory=dict)
    """By evidence partition, the watermark that the log has."""
    waiting: list[EvidenceBatch] = field(default_factory=list)
    successors: list[tuple[int, OriginReader]] = field(default_factory=list)
    """What reads from a log time on, with later versions of the network."""

    def begin(self, log_time: int) -> None:
        """Take note of the log time of its first record, if this is the first that there ever was."""
        if not self.log_time:
            self.first_log_time = log_time

    def succeed(self, log_time: int) -> None:
        """Take up the versions whose time has come."""
        while self.successors and log_time >= self.successors[0][0]:
            self.reader = self.successors.pop(0)[1]


@dataclass(slots=True)
class OffsetReceipt:
    """What was handed over at once and is waited for: settled when all of it is acknowledged."""

    positions: dict[str, tuple[int, int]]
    outstanding: int = 0

    def delivered(self) -> None:
        """One record more is surely kept."""
        self.outstanding -= 1


class Intake:
    """The origins of one process. Offsets handed to it rise within an origin."""

    def __init__(
        self,
        network: Network,
        routing: Routing,
        origins: Mapping[str, Origin],
        topic_ids: Mapping[str, str] | None = None,
        mountings: Mountings | None = None,
    ) -> None:
        """Take over origins by name, each where it stands; `topic_ids` are those of the raw topics."""
        self.mountings = mountings or Mountings()
        """Which meters hang elsewhere than the network says, whoever has told."""
        self._network, self._routing, self._topic_ids = network, routing, topic_ids or {}
        self.origins = dict(origins)
        in_force = next((origin.reader.in_force for origin in self.origins.values()), FROM_THE_START)
        self._laid, self._exchanges = Laid(self.mountings, network, in_force), Exchanges()
        for origin in self.origins.values():
            origin.reader = replace(origin.reader, laid=self._laid)
        self.settled = {name: (origin.position, origin.log_time) for name, origin in origins.items()}
        self._receipts: deque[OffsetReceipt] = deque()
        self._receipt = OffsetReceipt({})
        self.rows_waiting = 0

    @property
    def network_version(self) -> str:
        """The version of the network that records are named by from now on."""
        return self._network.version

    @property
    def receipt(self) -> OffsetReceipt:
        """The receipt of what `take` and `flush` hand out next; each record handed out is counted on it once."""
        return self._receipt

    def take(self, name: str, values: Sequence[bytes], records: RecordColumns) -> Ingested:
        """Read records of one origin; returns what they became, the dead letters among it."""
        origin = self.origins[name]
        ingested = origin.reader.read_log(values, records, origin.log_time)
        self.mountings.take(ingested.mounted)
        batch = replace(_counted(origin, ingested, records), offsets=(origin.position, int(records.offsets[-1]) + 1))
        if origin.watermark >= END_OF_LOG and origin.reader.topic == OPERATOR_COMMANDS:
            # A feed has ended, so this is no record of it: it says nothing of how far the storm has come.
            batch = replace(batch, watermark=END_OF_LOG, last_log_time=origin.log_time)
            origin.position = int(records.offsets[-1]) + 1
        else:
            origin.begin(int(records.log_times[0]))
            origin.position, origin.log_time = int(records.offsets[-1]) + 1, batch.last_log_time
        self._go_on(origin, batch.watermark)
        origin.waiting.append(batch)
        self.rows_waiting += _rows(batch)
        return ingested

    def release(self, network: Network, at: int, drawn_at: int = 0) -> Exchanges:
        """Take up a version of the network: records from a log time on are read with it, and it is named from now on.

        Stable numbers of earlier versions are its own, too. Its tables were drawn at a moment (ms, 0 if nobody says).
        Returns what it makes of meters that were exchanged before.
        """
        before, self._laid = self._laid, Laid(self.mountings, network, InForce(at, drawn_at))
        self._exchanges = exchanges(before, self._laid)
        self._network = network
        self._routing = Routing.of(network, network.zone_partition, network.evidence_partitions, self._routing)
        for origin in self.origins.values():
            reader = OriginReader(network, origin.reader.topic, origin.reader.partition, laid=self._laid)
            origin.successors.append((at, reader))
        return self._exchanges

    def exchanged(self) -> dict[Standing, int]:
        """Count meters that hang elsewhere than the tables say, and what became of such ones at the last release."""
        self._laid.refresh()
        found = self._exchanges
        standing, confirmed, overruled = len(self._laid.by_meter), len(found.confirmed), len(found.overruled)
        return {"standing": standing, "confirmed": confirmed, "overruled": overruled}

    def border(self, name: str, log_times: NDArray[np.int64]) -> int | None:
        """Give the place of the first of these records that another version of the network reads; None for none."""
        origin = self.origins[name]
        if not origin.successors:
            return None
        origin.succeed(int(log_times[0]))
        place = int(log_times.searchsorted(origin.successors[0][0])) if origin.successors else len(log_times)
        return place if place < len(log_times) else None

    def mark(self, name: str, offset: int, before: int) -> None:
        """Take a control record: all with a log time below `before` has been written; `END_OF_LOG` says everything.

        What comes below it nevertheless, as from a writer that sends a batch twice, counts at the mark. Any record
        after the end takes the end back, other than operators' commands.
        """
        origin = self.origins[name]
        if before < END_OF_LOG:
            before = max(origin.log_time, before)
            origin.begin(before)
            origin.log_time = before
        origin.position = offset + 1
        self._go_on(origin, before)

    def _go_on(self, origin: Origin, watermark: int) -> None:
        """A record has come: its origin has not ended after all, unless the record says so."""
        ended = origin.watermark >= END_OF_LOG
        origin.watermark = watermark if ended else max(origin.watermark, watermark)

    def reach(self, name: str, log_time: int) -> None:
        """All of an origin with a log time below this one has been read."""
        origin = self.origins[name]
        origin.watermark = max(origin.watermark, log_time)

    def watermark(self) -> int:
        """The smallest watermark of the origins, milliseconds; `END_OF_LOG` where there is none."""
        return min((origin.watermark for origin in self.origins.values()), default=END_OF_LOG)

    def flush(self, *, everywhere: bool) -> list[tuple[int, LogRecord]]:
        """Hand out what waits, as records by evidence partition; `everywhere` lets each partition have the watermarks.

        The records count on the receipt that was current before; a new one begins.
        """
        self.settle()
        batches: dict[int, list[EvidenceBatch]] = {}
        for origin in self.origins.values():
            for partition, batch in self._divide(origin, everywhere=everywhere):
                batches.setdefault(partition, []).append(batch)
        self.rows_waiting = 0
        records = [
            (partition, self._record(some)) for partition, all_of in sorted(batches.items()) for some in pieces(all_of)
        ]
        self._close_receipt(len(records))
        return records

    def _divide(self, origin: Origin, *, everywhere: bool) -> Iterable[tuple[int, EvidenceBatch]]:
        """Give an origin's evidence by evidence partition, with what the partition does not have yet of it."""
        whole = together(origin.waiting)
        origin.waiting = []
        home = origin.reader.partition % self._routing.partitions
        divided = {} if whole is None else self._routing.split(whole, home)
        if everywhere:
            watermark_only = EvidenceBatch(origin.reader.origin, 0, last_log_time=origin.log_time)
            divided |= {ours: watermark_only for ours in range(self._routing.partitions) if ours not in divided}
        for partition, batch in sorted(divided.items()):
            covered = origin.covered[partition]
            if origin.position <= covered and origin.watermark <= origin.watermarks_sent.get(partition, -1):
                continue
            origin.covered[partition] = max(covered, origin.position)
            origin.watermarks_sent[partition] = origin.watermark
            yield (
                partition,
                replace(
                    cut(batch, covered),
                    watermark=origin.watermark,
                    first_log_time=origin.first_log_time,
                    offsets=(covered, origin.position) if origin.position > covered else None,
                    partitions=origin.partitions,
                ),
            )

    def _settled_of(self, batches: Iterable[EvidenceBatch]) -> dict[str, tuple[int, int]]:
        return {batch.origin: self.settled[batch.origin] for batch in batches}

    def _record(self, batches: Sequence[EvidenceBatch]) -> LogRecord:
        ids, settled = self._ids_of(batches), self._settled_of(batches)
        return LogRecord(self._network.version, batches, settled, topic_ids=ids, rules=RULES)

    def _ids_of(self, batches: Iterable[EvidenceBatch]) -> dict[str, str]:
        topics = sorted({origin_topic(batch.origin) for batch in batches})
        return {topic: self._topic_ids[topic] for topic in topics if topic in self._topic_ids}

    def grow(self, topic: str, partitions: int) -> None:
        """A topic has more partitions by now: whoever follows the log waits for them from here on."""
        for origin in self.origins.values():
            if origin.reader.topic == topic:
                origin.partitions, origin.watermarks_sent = partitions, {}

    def _close_receipt(self, records: int) -> None:
        """End the current receipt, which stands for all origins up to where every partition knows them to be.

        Who reads on from there then leaves no gap in a partition that lacks a part of it.
        """
        receipt, before = self._receipt, self._receipts[-1].positions if self._receipts else self.settled
        receipt.outstanding += records
        receipt.positions = {
            name: (origin.position, origin.log_time)
            if min(origin.covered.values()) >= origin.position
            else before[name]
            for name, origin in self.origins.items()
        }
        self._receipts.append(receipt)
        self._receipt = OffsetReceipt({})

    def settle(self) -> dict[str, tuple[int, int]]:
        """Drop receipts that are acknowledged in full; returns what is settled, by origin."""
        while self._receipts and self._receipts[0].outstanding == 0:
            self.settled = self._receipts.popleft().positions
        return self.settled


def _counted(origin: Origin, ingested: Ingested, records: RecordColumns) -> EvidenceBatch:
    """Give the batch with the counts of what its home partition does not account for yet."""
    home = origin.reader.partition % len(origin.covered)
    covered, batch = origin.covered[home], ingested.batch
    if covered <= int(records.offsets[0]):
        return batch
    refusals = [*ingested.dead_letters, *batch.deferred]
    read, refused = int((records.offsets >= covered).sum()), sum(line.offset >= covered for line in refusals)
    return replace(batch, read=read, refused=refused, unused=min(batch.unused, read - refused))


def together(batches: Sequence[EvidenceBatch]) -> EvidenceBatch | None:
    """Join batches of one origin that follow each other; None where there are none."""
    if len(batches) < 2:
        return batches[0] if batches else None
    return replace(
        batches[-1],
        points=_joined([batch.points for batch in batches if batch.points is not None]),
        devices=_joined([batch.devices for batch in batches if batch.devices is not None]),
        crew=[row for batch in batches for row in batch.crew],
        works=[row for batch in batches for row in batch.works],
        commands=[row for batch in batches for row in batch.commands],
        deferred=[letter for batch in batches for letter in batch.deferred],
        read=sum(batch.read for batch in batches),
        refused=sum(batch.refused for batch in batches),
        unused=sum(batch.unused for batch in batches),
    )


def _joined(rows: Sequence[AnyRows]) -> AnyRows | None:
    if len(rows) < 2:
        return rows[0] if rows else None
    kind = type(rows[0])
    return kind(*(np.concatenate([getattr(some, part.name) for some in rows]) for part in fields(kind)))


def _rows(batch: EvidenceBatch) -> int:
    """Count rows; a crew report weighs as many as its bytes would hold."""
    texts = [row.value for row in batch.crew] + [row.value for row in batch.commands]
    texts += [refused.value for refused in batch.deferred]
    return batch.rows() + len(batch.works) + sum(1 + len(text) // 37 for text in texts)


def waits_for_instant(topic: str) -> bool:
    """Whether a topic's dead letters are written by the engine: those of crews wait for their instant."""
    return topic == CREW_EVENTS
