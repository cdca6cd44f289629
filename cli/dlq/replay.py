"""Sending dead letters again, each once: what has been sent stands in the replay's ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from adapters.kafka.clients.offset_range import Edge, OffsetRange, RangeReader
from adapters.kafka.clients.producer import CheckedProducer
from adapters.kafka.records.dead_letters.reading import Letter, read_letter
from adapters.kafka.records.dead_letters.replay_ledger import Ledger, read_ledger
from adapters.kafka.topics.table import all_topics
from models.contracts.outputs.dead_letter import Disposition
from models.contracts.topics import dead_letter_topic
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.broker import Broker

CHUNK: Final = 500
"""Records between two notes in the ledger: so many may be sent twice after a crash."""
ROOM: Final = 1024
"""Bytes that Kafka and the attempt's header need beside a record."""
BY_KEY: Final = -1
"""The partition that the client finds by the record's key."""


class Chosen(NamedTuple):
    """Which letters."""

    dispositions: frozenset[str]
    begin: Edge | None
    end: Edge | None
    again: bool


def read_where(conditions: Sequence[str]) -> frozenset[str]:
    """Read what `--where` says; all dispositions if nothing. Raises `FaultsError` with every fault."""
    known = get_args(Disposition)
    faults = [
        f'--where "{condition}" is no condition; give disposition=REASON, with one of {", ".join(known)}'
        for condition in conditions
        if condition.partition("=")[0] != "disposition" or condition.partition("=")[2] not in known
    ]
    if faults:
        raise FaultsError(faults)
    return frozenset(condition.partition("=")[2] for condition in conditions) or frozenset(known)


@dataclass
class LetterReplay:
    """One call; its counts add up to the letters read."""

    broker: Broker
    stem: str
    chosen: Chosen
    dry_run: bool
    sent: int = 0
    """Acknowledged by the broker; of a dry run what would be sent."""
    left: Counter[str] = field(default_factory=Counter)
    """Not sent, by reason."""
    read: int = 0
    whole: bool = False
    _waiting: int = 0
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def delivered(self) -> None:
        """Take note of a record that the broker has kept."""
        self.sent += 1
        self._waiting -= 1

    def run(self) -> None:
        """Send what is chosen. Raises `DeliveryError`, after which the counts tell what was sent."""
        producer = CheckedProducer(self.broker.client)
        topic = self.broker.name(dead_letter_topic(self.stem))
        with RangeReader(self.broker.client) as reader:
            ledger = read_ledger(reader, self.broker.prefix)
            targets = reader.partitions(self.broker.name(self.stem))
            chosen = self.chosen
            ranges = [reader.locate(topic, part, chosen.begin, chosen.end) for part in range(reader.partitions(topic))]
            for offsets in ranges:
                self._run_partition(producer, reader, ledger, offsets, targets)
        self.whole = True

    def summary(self) -> dict[str, Any]:
        """Give the counts."""
        name = "would_be_sent" if self.dry_run else "sent"
        lost = {"not_acknowledged": self._waiting} if self._waiting else {}
        return {"topic": self.stem, "read": self.read, name: self.sent, "not_sent": dict(self.left) | lost}

    def _run_partition(
        self, producer: CheckedProducer, reader: RangeReader, ledger: Ledger, offsets: OffsetRange, targets: int
    ) -> None:
        recorded = 0 if self.chosen.begin is None else offsets.begin
        unrecorded = 0
        for letter in map(read_letter, reader.records(offsets)):
            self.read += 1
            if reason := self._reason_against(letter, ledger):
                self.left[reason] += 1
                continue
            self._send(producer, letter, targets)
            unrecorded += 1
            if unrecorded == CHUNK:
                self._record(producer, ledger, offsets.partition, (recorded, letter.offset + 1))
                recorded, unrecorded = letter.offset + 1, 0
        self._record(producer, ledger, offsets.partition, (recorded, offsets.end))

    def _reason_against(self, letter: Letter, ledger: Ledger) -> str | None:
        name = letter.disposition
        if letter.origin is None:
            return "no dead letter of ours"
        if name not in self.chosen.dispositions:
            return "not chosen"
        if not self.chosen.again and ledger.of(dead_letter_topic(self.stem), letter.partition).has(name, letter.offset):
            return "sent before"
        if letter.cut is not None or letter.size() + ROOM > _largest(self.stem):
            return "cut or too large"
        return "told twice" if letter.origin in self._seen else None

    def _send(self, producer: CheckedProducer, letter: Letter, targets: int) -> None:
        assert letter.origin is not None  # noqa: S101  others are left
        self._seen.add(letter.origin)
        if self.dry_run:
            self.sent += 1
            return
        self._waiting += 1
        partition = letter.origin[0] if letter.origin[0] < targets else BY_KEY
        producer.send(self.broker.name(self.stem), partition, letter.again(self))

    def _record(self, producer: CheckedProducer, ledger: Ledger, partition: int, span: tuple[int, int]) -> None:
        """Keep that a span is done, after all of it is acknowledged."""
        if self.dry_run or span[0] >= span[1]:
            return
        producer.flush()
        stem = dead_letter_topic(self.stem)
        done = ledger.of(stem, partition)
        for disposition in self.chosen.dispositions:
            done.add(disposition, span)
        producer.send(ledger.topic, BY_KEY, ledger.note(stem, partition))
        producer.flush()


def counts_text(replay: LetterReplay) -> str:
    """Write the counts for people."""
    verb = "would be sent" if replay.dry_run else "sent"
    left = [f"{count:,} {reason}" for reason, count in replay.summary()["not_sent"].items()]
    return ", ".join([f"{replay.stem}: {replay.read:,} dead letters read, {replay.sent:,} {verb} again", *left])


def _largest(stem: str) -> int:
    return next(topic.largest_message for topic in all_topics() if topic.stem == stem)
