"""A partition that stands is read on for who decides, and then again from where it stood; the others go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Message

from adapters.kafka.clients.consumer import Polled, Run
from adapters.kafka.connectors.evidence_source import LogReader, LogReading
from adapters.kafka.topics.ids import TopicCheck
from adapters.process.pulse import Pulse
from adapters.state.sealed import unseal
from models.evidence.batch import EvidenceBatch
from models.evidence.log_following import LogFollower
from models.evidence.log_record import LogRecord, encode_record
from tests.worlds.networks import Device, Point, network_of

if TYPE_CHECKING:
    from adapters.kafka.connectors.evidence_source import EvidenceRecord

NETWORK = network_of([Device("d", "", "breaker", "sub")], [Point("p", "d")])
ORIGIN = "ami.meter.events.v1/0"


def record(*offsets: tuple[int, int], **more: Any) -> bytes:
    batches = [EvidenceBatch(ORIGIN, 0, offsets=some) for some in offsets]
    return encode_record(LogRecord(NETWORK.version, batches, **more))


@dataclass
class Log:
    """Stands for a consumer over two partitions: a poll gives two records of each."""

    partitions: list[list[bytes]] = field(default_factory=lambda: [[], []])
    positions: dict[tuple[str, int], int] = field(default_factory=lambda: {("log", 0): 0, ("log", 1): 0})
    read_to: list[int] = field(default_factory=lambda: [0, 0])
    at_once: int = 2
    """Records of each partition that a poll gives, the partitions in turn."""
    ends_with_records: bool = False
    """Whether the end is told together with the last records before it, as may happen."""

    def poll(self, _most: int, _seconds: float) -> Polled:
        runs = []
        for partition in self._turns():
            first = self.read_to[partition]
            messages = [
                Message(topic="log", partition=partition, offset=offset, value=value, timestamp=(2, 1000))
                for offset, value in enumerate(self.partitions[partition][first : first + 2], first)
            ]
            if messages:
                runs.append(Run.of(("log", partition), messages))
                self.read_to[partition] = self.positions["log", partition] = first + len(messages)
        ends = {("log", part): at for part, at in enumerate(self.read_to) if at == len(self.partitions[part])}
        ends = {place: at for place, at in ends.items() if not runs or self.ends_with_records}
        self.positions |= {place: max(self.positions[place], at) for place, at in ends.items()}
        return Polled(runs, ends)

    def _turns(self) -> list[int]:
        return [0, 1] * (self.at_once // 2)

    def seek(self, place: tuple[str, int], offset: int) -> None:
        self.read_to[place[1]] = self.positions[place] = offset

    def commit(self, _offsets: object) -> None: ...

    def lags(self) -> dict[tuple[str, int], int]:
        return {}


def open_log(log: Log, pulse: Pulse) -> LogReader:
    followers = {part: LogFollower(NETWORK) for part in (0, 1)}
    return LogReader(LogReading(log, followers, TopicCheck({}, {}), "an id"), pulse)  # type: ignore[arg-type]


def read_all(reader: LogReader) -> list[EvidenceRecord]:
    return [item for _ in range(10) for _, item in reader.next_batch() if not item.end]


def offsets(items: list[EvidenceRecord], partition: int) -> list[tuple[int, bool, bool]]:
    """Offsets handed on, and of each whether it was passed over, and whether a gap was skipped before it."""
    mine = [item for item in items if item.partition == partition]
    return [(item.offset, item.foreign is not None, item.skipped_gap is not None) for item in mine]


def test_a_partition_stands_alone_until_a_control_record_names_it() -> None:
    log, pulse = Log(), Pulse()
    reader = open_log(log, pulse)
    log.partitions[0] = [record((0, 2)), b"damaged", record((3, 4)), record((4, 6)), record((6, 8))]
    log.partitions[1] = [record((0, 5)), record((5, 9))]
    items = read_all(reader)
    assert offsets(items, 0) == [(0, False, False), (1, True, False)]
    assert offsets(items, 1) == [(0, False, False), (1, False, False)]
    assert log.positions["log", 0] == 2  # all from there on is still to be read
    state, topic_id = unseal(reader.snapshot(), "state")
    assert topic_id == "an id"
    assert {int(part): at for part, at in state.items()} == {
        0: [2, {ORIGIN: 2}, [NETWORK.version]],
        1: [2, {ORIGIN: 9}, [NETWORK.version]],
    }
    (words,) = pulse.hindrances.values()
    assert "evidence of 1 records is missing" in words
    assert "faultline evidence skip --partition 0 --offset 2" in words
    log.partitions[0] += [record(skip_gaps=[9]), record((8, 9)), record(skip_gaps=[2]), record((9, 10))]
    items = read_all(reader)
    assert pulse.hindrances == {}
    assert offsets(items, 0) == [(2, False, True), *((offset, False, False) for offset in range(3, 9))]


def test_a_stranger_among_the_evidence_is_passed_over_where_it_goes_on() -> None:
    log, pulse = Log(), Pulse()
    reader = open_log(log, pulse)
    log.partitions[0] = [record((0, 2)), record((70, 90)), record((2, 3)), record((3, 4))]
    assert offsets(read_all(reader), 0) == [(0, False, False), (1, True, False), (2, False, False), (3, False, False)]
    assert pulse.hindrances == {}


def test_what_a_poll_has_beyond_the_decision_comes_again() -> None:
    log, pulse = Log(at_once=6), Pulse()
    reader = open_log(log, pulse)
    log.partitions[0] = [record((0, 2)), record((3, 4)), record((4, 6)), record(skip_gaps=[1]), record((7, 8))]
    log.partitions[0] += [record((8, 9)), record(skip_gaps=[4])]
    log.partitions[1] = [record((0, 5))] * 6
    items = read_all(reader)
    assert offsets(items, 0) == [(offset, False, offset in {1, 4}) for offset in range(7)]
    assert pulse.hindrances == {}


@pytest.mark.parametrize("together", [False, True])
def test_who_goes_back_to_a_gap_is_not_at_the_end(*, together: bool) -> None:
    """What a run before this one has written of it, after the same decision, may stand in the topics."""
    log, pulse = Log(ends_with_records=together), Pulse()
    reader = open_log(log, pulse)
    log.partitions[0] = [record((0, 2)), record((3, 4)), record((4, 6)), record(skip_gaps=[1])]
    items = [item for _ in range(6) for _, item in reader.next_batch() if item.partition == 0]
    assert [(item.offset, item.live, item.end) for item in items] == [
        *((offset, False, False) for offset in range(4)),
        (3, True, True),
    ]


def test_the_end_of_a_partition_is_told_once_after_all_that_stood_there() -> None:
    log, pulse = Log(), Pulse()
    reader = open_log(log, pulse)
    log.partitions[0] = [record((0, 2)), record((2, 3)), record((3, 4))]
    items = [item for _ in range(6) for _, item in reader.next_batch()]
    log.partitions[0].append(record((4, 5)))
    items += [item for _ in range(3) for _, item in reader.next_batch()]
    told = [(item.offset, item.live, item.end) for item in items if item.partition == 0]
    assert told == [*((offset, False, False) for offset in range(3)), (2, True, True), (3, True, False)]
    assert [(item.offset, item.end) for item in items if item.partition == 1] == [(-1, True)]
