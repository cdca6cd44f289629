"""A utility of several districts, and full storms over them, written as they happen."""

from __future__ import annotations

import csv
import heapq
from contextlib import ExitStack, closing
from dataclasses import dataclass
from threading import Event, Thread
from time import time_ns
from typing import TYPE_CHECKING

from confluent_kafka import Producer

from adapters.files.play import Playback
from adapters.files.topics import find_topic_files
from adapters.network.load import load_network
from models.contracts.topics import RAW_TOPICS
from models.ingest.record_keys import RecordKey, partition_for
from models.times.iso8601 import format_time
from tests.worlds.storms import faultline

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

POINTS = 3000
PEAK = POINTS // 3
HOURS = 0.2
"""The faults of the preset's six hours fall within these: thirty times as dense, and no message is any faster."""
FAULTS_AN_HOUR = POINTS / 400 * 6 / HOURS
RAMP_MINUTES = 6
_OF_A_DISTRICT = {
    "devices": ("device_id", "parent_id", "feeder_id", "substation_id", "other_parent_id"),
    "usage_points": ("usage_point_id", "meter_id", "device_id", "collector_id", "account_id"),
}
Line = tuple[int, str, bytes | None, bytes]
"""When it arrives (ms), its topic, key and value."""


@dataclass(frozen=True)
class District:
    """A town of a name of its own, in a folder."""

    folder: Path
    number: int

    @property
    def tables(self) -> Path:
        return self.folder / f"district-{self.number}"

    @property
    def _storm(self) -> Path:
        return self.folder / f"storm-{self.number}"

    def make(self) -> None:
        """Invent it."""
        west = -97 + self.number / 5
        extent = f"{west},37,{west + 0.1:.4f},37.1"
        _done("network", "generate", "--usage-points", POINTS, "--seed", self.number, "--output", self.tables,
              f"--extent={extent}")  # fmt: skip
        for table, columns in _OF_A_DISTRICT.items():
            rows = _rows(self.tables / f"{table}.csv")
            for row in rows:
                row |= {name: f"d{self.number}/{row[name]}" for name in columns if row.get(name)}
            _write(self.tables / f"{table}.csv", rows)
        (self.tables / "areas.csv").unlink()

    def blow(self, begins_at: int) -> None:
        """Let a storm begin over it then (ms)."""
        how = ("--preset", "full", "--duration", HOURS, "--faults-per-hour", FAULTS_AN_HOUR,
               "--ramp-minutes", RAMP_MINUTES, "--peak-customers", PEAK)  # fmt: skip
        own = ("--network", self.tables, "--output", self._storm, "--seed", self.number)
        _done("simulate", *own, *how, "--start", format_time(begins_at))

    def lines(self) -> Generator[Line]:
        """Give the lines of its storm as they arrive."""
        with Playback(find_topic_files(self._storm, RAW_TOPICS), load_network(self.tables)) as playback:
            keys = {topic: RecordKey(topic) for topic in RAW_TOPICS}
            for at, place, _, line in playback.lines():
                if line and line.strip():
                    topic = playback.topics[place]
                    yield at, topic, keys[topic].read(line), line


class Weather(Thread):
    """Writes what arrives of all storms, when it arrives."""

    def __init__(self, broker: str, districts: Sequence[District], between: tuple[int, int]) -> None:
        """Write from one instant to another (ms); what came before the storms, such as words of crews, at once."""
        super().__init__(daemon=True)
        self._producer = Producer({"bootstrap.servers": broker, "linger.ms": 5, "log_level": 0})
        self._districts = districts
        self._begin, self._end = between
        self._over = Event()
        self.written, self.latest_ms = 0, 0

    def run(self) -> None:
        """Write until then."""
        partitions: dict[str, int] = {}
        for at, topic, key, line in as_they_arrive(self._districts):
            while (left := at - now()) > 0 and not self._over.is_set():
                self._producer.poll(min(left / 1000, 0.1))
            if at > self._end or self._over.is_set():
                break
            if at > self._begin:
                self.latest_ms = max(self.latest_ms, now() - at)
            if topic not in partitions:
                partitions[topic] = len(self._producer.list_topics(topic, 60).topics[topic].partitions)
            self._producer.produce(topic, line, key, partition_for(key, line, partitions[topic]))
            self.written += 1
        assert self._producer.flush(60) == 0

    def wait_for(self, share: float) -> None:
        """Wait until so much of its time is over, and for its last word at the end."""
        left = self._begin + share * (self._end - self._begin) - now()
        self._over.wait(max(left, 0) / 1000)
        if share == 1:
            self.join()

    def end(self) -> None:
        """Write no more."""
        self._over.set()
        self.join()


def now() -> int:
    return time_ns() // 1_000_000


def joined(folders: Sequence[Path], output: Path) -> None:
    """Write the tables of several places as those of one utility."""
    output.mkdir()
    for table in _OF_A_DISTRICT:
        _write(output / f"{table}.csv", [row for folder in folders for row in _rows(folder / f"{table}.csv")])


def as_they_arrive(districts: Sequence[District]) -> Iterator[Line]:
    """Give the lines of all storms as they arrive."""
    with ExitStack() as stack:
        each = [stack.enter_context(closing(district.lines())) for district in districts]
        yield from heapq.merge(*each, key=lambda line: line[0])


def _done(*arguments: object) -> None:
    ended = faultline(*arguments)
    assert ended.returncode == 0, ended.stderr


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
