"""Flows behind the outages on Kafka: kill -9, other numbers of processes, lost volumes show nowhere in their output."""

from __future__ import annotations

import secrets
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest
from confluent_kafka import Producer

from models.contracts.topics import OUTAGE_PULSE
from models.times.iso8601 import parse_time
from tests.chaos.processes import Flow, Place, run
from tests.chaos.stage import PATIENCE
from tests.chaos.topics import Record, committed, ends, read_topics
from tests.peers.kafka import eventually
from tests.peers.toys import FEEDER_COUNTS, TERRITORIES, TERRITORY_LOG, TOYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.stage import Stage

FOLLOWED = ("outage.lifecycle.events.v1", "outage.current.state.v1", "outage.clock.v1")
READS = {"feeders": (FOLLOWED[0], FOLLOWED[2]), "territories": (FOLLOWED[1], FOLLOWED[2], TERRITORY_LOG)}
Content = tuple[bytes | None, bytes | None, tuple[tuple[str, bytes], ...]]


@dataclass
class Copy:
    """The topics of the outages flow once more, written part by part, and the toys behind them."""

    calm: Stage
    folder: Path
    prefix: str = field(default_factory=lambda: f"toys{secrets.token_hex(4)}.")
    flows: list[Flow] = field(default_factory=list)
    written: float = 0.0

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.settings = {"flows": TOYS, "epoch_seconds": "0.5"}
        numbers = ("--raw-partitions", self.calm.raw_partitions, "--evidence-partitions", self.calm.evidence_partitions)
        options = (*numbers, "--replication", 1, "--prefix", self.prefix, "--played")
        run(self.calm.broker, "topics", "create", *options, **self.settings)
        self.records = self.calm.read(FOLLOWED)

    def write(self, share: float) -> None:
        """Write up to a share of each partition, the clock last, as the outages flow does."""
        producer = Producer({"bootstrap.servers": self.calm.broker, "enable.idempotence": True, "log_level": 0})
        for (stem, part), records in self.records.items():
            for one in records[round(self.written * len(records)) : round(share * len(records))]:
                place = (self.prefix + stem, one.value, one.key, part)
                producer.produce(*place, timestamp=one.at, headers=list(one.headers))
            assert producer.flush(240) == 0
        self.written = share

    def start(self, processes: int = 1) -> list[Flow]:
        """Start the toys."""
        self.flows = []
        for name in READS:
            for process in range(processes):
                state = self.folder / f"state-{name}-{process}"
                place = Place(process, processes)
                self.flows.append(Flow(self.calm.broker, self.prefix, name, None, state, place, self.settings))
        for flow in self.flows:
            flow.start()
        return self.flows

    def wait(self) -> None:
        """Wait until the toys have followed all that is there, topic by topic: a log is written before it is read."""
        for name, stems in READS.items():
            for stem in stems:
                eventually(lambda name=name, stem=stem: self._followed(name, stem), PATIENCE)  # type: ignore[misc]

    def _followed(self, name: str, stem: str) -> bool:
        for flow in self.flows:
            flow.check()
        places = [(self.prefix + stem, part) for part in range(self.calm.evidence_partitions)]
        group = f"faultline-{name}-{self.prefix.rstrip('.')}"
        return committed(self.calm.broker, group, places) == ends(self.calm.broker, places)

    def stop(self) -> None:
        """Stop the toys cleanly."""
        for flow in self.flows:
            flow.terminate()
        for flow in self.flows:
            flow.wait_clean()

    def output(self) -> dict[tuple[str, int], list[Content]]:
        """Give what the toys have written: nothing is twice, and nothing is missing."""
        parts = range(self.calm.evidence_partitions)
        places = [(self.prefix + stem, part) for stem in (FEEDER_COUNTS, TERRITORIES) for part in parts]
        read = read_topics(self.calm.broker, places)
        return {(stem.removeprefix(self.prefix), part): dense(records) for (stem, part), records in read.items()}

    def close(self) -> None:
        """Leave nothing running."""
        for flow in self.flows:
            flow.kill()


def dense(records: list[Record]) -> list[Content]:
    numbers = [int(dict(record.headers)["ce_sequence"]) for record in records]
    assert numbers == list(range(1, len(records) + 1))
    return [record.content for record in records]


@pytest.fixture(scope="module")
def expected(calm: Stage, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], list[Content]]:
    """What the toys write if nobody disturbs them."""
    undisturbed = Copy(calm, tmp_path_factory.mktemp("toys") / "calm")
    undisturbed.write(1.0)
    undisturbed.start()
    try:
        undisturbed.wait()
        undisturbed.stop()
    finally:
        undisturbed.close()
    output = undisturbed.output()
    assert sum(map(len, output.values())) > 100
    return output


def test_pulses_lie_between_the_records_of_the_clock_that_they_name(calm: Stage) -> None:
    """Up to its instant nothing is said but what the clock's record has by then: the next one is later."""
    read, looked_at = calm.read((FOLLOWED[2], OUTAGE_PULSE)), 0
    for part in range(calm.evidence_partitions):
        clock = [parse_time(orjson.loads(one.value or b"")["updated_at"]) for one in read[FOLLOWED[2], part]]
        pulses = [orjson.loads(one.value or b"") for one in read[OUTAGE_PULSE, part]]
        assert [one["instant"] for one in pulses] == sorted({one["instant"] for one in pulses})
        for one in pulses:
            assert clock[one["clock"] - 1] <= one["instant"]
            assert one["clock"] == len(clock) or one["instant"] < clock[one["clock"]]
        looked_at += len(pulses)
    assert looked_at >= calm.evidence_partitions


@pytest.fixture
def troubled(calm: Stage, tmp_path: Path) -> Iterator[Copy]:
    copy = Copy(calm, tmp_path / "troubled")
    yield copy
    copy.close()


def test_kills_and_other_numbers_of_processes_give_the_same_bytes(
    troubled: Copy, expected: dict[tuple[str, int], list[Content]]
) -> None:
    for share, processes in ((0.3, 1), (0.6, 3)):
        troubled.start(processes)
        troubled.write(share)
        eventually(lambda: sum(map(len, troubled.output().values())) > 0, PATIENCE)
        for flow in troubled.flows:
            flow.kill()
        troubled.start(processes)
        troubled.wait()
        for flow in troubled.flows:
            flow.kill()
        if processes == 3:  # a lost volume
            for flow in troubled.flows:
                shutil.rmtree(flow.state)
    troubled.start(2)
    troubled.write(1.0)
    troubled.wait()
    troubled.stop()
    assert troubled.output() == expected


def test_of_two_with_one_number_the_older_is_fenced(
    troubled: Copy, expected: dict[tuple[str, int], list[Content]]
) -> None:
    troubled.start()
    troubled.write(0.4)
    troubled.wait()
    older = troubled.flows
    for flow in older:
        flow.send(signal.SIGSTOP)
    troubled.folder = troubled.folder / "twins"
    troubled.folder.mkdir()
    try:
        for flow in troubled.start():
            eventually(flow.running, PATIENCE)
        for flow in older:
            flow.send(signal.SIGCONT)
        troubled.write(1.0)
        for flow in older:
            assert flow.wait(PATIENCE) == 2
            assert "was taken over by another process" in flow.said()[-1]
        troubled.wait()
        troubled.stop()
    finally:
        for flow in older:
            flow.kill()
    assert troubled.output() == expected
