"""Where origins stand is found at the end of the log, without reading all of it for one that is quiet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import pytest
from confluent_kafka import Message

from adapters.kafka.clients.offset_range import Edge, OffsetRange
from adapters.kafka.records import settled
from adapters.kafka.records.settled import OriginProgress, find_progress
from models.evidence.batch import END_OF_LOG, EvidenceBatch
from models.evidence.log_record import LogRecord, encode_record

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY, QUIET, NEVER = "ami.meter.events.v1/0", "customer.call.events.v1/0", "scada.device.events.v1/0"
ENOUGH = 40


@dataclass
class Log:
    """Stands for a broker with one partition of the log, and for who reads ranges of it."""

    records: list[bytes] = field(default_factory=list)
    begin: int = 0
    read: int = 0

    def append(self, *batches: EvidenceBatch, ids: dict[str, str] | None = None, **settled: tuple[int, int]) -> None:
        stands = {{"busy": BUSY, "quiet": QUIET, "never": NEVER}[name]: at for name, at in settled.items()}
        self.records.append(encode_record(LogRecord("network", list(batches), stands, topic_ids=ids or {})))

    def locate(self, topic: str, partition: int, begin: Edge | None = None, end: Edge | None = None) -> OffsetRange:
        first = self.begin if begin is None or begin.offset is None else begin.offset
        last = len(self.records) if end is None or end.offset is None else end.offset
        return OffsetRange(topic, partition, first, last)

    def records_of(self, part: OffsetRange) -> Iterator[Message]:
        for offset in range(part.begin, part.end):
            self.read += 1
            place: dict[str, Any] = {"topic": part.topic, "partition": part.partition, "offset": offset}
            yield Message(**place, value=self.records[offset], timestamp=(2, offset // 3))

    def find(self, monkeypatch: pytest.MonkeyPatch, *origins: str, known: tuple[str, ...] = ()) -> OriginProgress:
        log = self

        class Reader:
            def __init__(self, _client: object) -> None: ...

            def __enter__(self) -> Self:
                return self

            def __exit__(self, *_: object) -> None: ...

            locate = staticmethod(log.locate)
            records = staticmethod(log.records_of)

        monkeypatch.setattr(settled, "RangeReader", Reader)
        monkeypatch.setattr(settled, "FIRST_STEP", 2)
        monkeypatch.setattr(settled, "ENOUGH", ENOUGH)
        self.read = 0
        return find_progress({}, "log", 1, origins, known)


@pytest.fixture
def log() -> Log:
    """A thousand records in which one origin is written to, and another once near the head."""
    log = Log()
    log.append(EvidenceBatch(QUIET, 0, offsets=(0, 7)), quiet=(0, 0), ids={"customer.call.events.v1": "old"})
    for at in range(1, 1000):
        heartbeat, written = EvidenceBatch(QUIET, at), EvidenceBatch(BUSY, at, offsets=(at - 1, at))
        ids = {"customer.call.events.v1": "old" if at < 998 else "new"}
        log.append(heartbeat, written, busy=(max(at - 3, 0), at), quiet=(7, 1), ids=ids)
    return log


def test_an_origin_that_is_written_to_is_found_at_the_end(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = log.find(monkeypatch, BUSY)
    assert progress.settled == {BUSY: (996, 999)}
    assert progress.covered == {(BUSY, 0): 999}
    assert progress.topic_ids == {"customer.call.events.v1": "new"}
    assert log.read == 2


def test_a_quiet_origin_is_taken_where_it_is_settled(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = log.find(monkeypatch, BUSY, QUIET)
    assert progress.settled[QUIET] == (7, 1)
    assert progress.covered == {(BUSY, 0): 999}  # of the other one, what is settled is covered
    assert ENOUGH <= log.read < 4 * ENOUGH


@pytest.mark.parametrize(("known", "whole"), [((), True), ((NEVER,), False)])
def test_an_origin_that_nobody_names_is_looked_for_unless_a_snapshot_knows_it(
    log: Log, monkeypatch: pytest.MonkeyPatch, known: tuple[str, ...], *, whole: bool
) -> None:
    progress = log.find(monkeypatch, BUSY, QUIET, NEVER, known=known)
    assert NEVER not in progress.settled
    assert ((QUIET, 0) in progress.covered) == whole
    assert (log.read == len(log.records)) == whole


def test_a_feed_has_ended_for_who_reads_on_behind_its_end(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not log.find(monkeypatch, BUSY).has_ended(BUSY, 999)
    log.append(EvidenceBatch(BUSY, END_OF_LOG, offsets=(999, 1000)))
    log.append(EvidenceBatch(QUIET, 2000), EvidenceBatch(BUSY, END_OF_LOG, offsets=(1000, 1001)))
    found = log.find(monkeypatch, BUSY)
    assert found.has_ended(BUSY, 1001)
    assert not found.has_ended(BUSY, 1000)  # it is read once more
    log.append(EvidenceBatch(BUSY, 3000, offsets=(1001, 1002)))
    assert not log.find(monkeypatch, BUSY).has_ended(BUSY, 1002)  # another feed has begun


def test_what_is_no_record_of_the_log_says_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    log.records += [b"", b"junk"] * 3
    assert log.find(monkeypatch, BUSY).covered == {(BUSY, 0): 999}
    assert Log().find(monkeypatch, BUSY) == OriginProgress()
