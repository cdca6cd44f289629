"""A stage for trouble: a storm as raw records, topics of its own, both flows as processes, and what came out."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import merge
from operator import attrgetter
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final, Self

from confluent_kafka import Producer

from adapters.kafka.topics.admin import create_topics
from adapters.kafka.topics.declaration import Topic
from adapters.kafka.topics.table import layout
from dataflows.service.flows import find_flows
from models.contracts.registry import outputs
from models.contracts.topics import EVIDENCE_LOG, RAW_TOPICS
from tests.chaos.processes import Flow, Place, run
from tests.chaos.topics import EvidenceLog, Record, committed, ends, read_topics
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PATIENCE: Final = 600.0
"""Seconds that the flows may take for what was given to them, on a machine that others use too."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A record of a raw topic, as it is written."""

    topic: str
    partition: int
    value: bytes | None
    key: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    at: int
    """Create time, milliseconds."""


def record_storm(broker: str, prefix: str, network: Path, storm: Path, raw_partitions: int) -> list[Raw]:
    """Let `faultline feed` write a storm, and read it back: all of it, in the order of time.

    Played from here, a storm is the same to the byte in any other topics, at any pace.
    """
    layouts = [topic for topic in layout(raw_partitions, 1, prefix, played=True) if topic.stem in RAW_TOPICS]
    create_topics({"bootstrap.servers": broker}, layouts, 1)
    run(broker, "feed", "--network", network, "--input", storm, "--prefix", prefix)
    return read_raw(broker, prefix, [(topic.name, part) for topic in layouts for part in range(raw_partitions)])


def read_raw(broker: str, prefix: str, places: Sequence[tuple[str, int]]) -> list[Raw]:
    """Read raw topics whole, in the order of time."""
    read = read_topics(broker, places)
    parts = (
        [_raw(name.removeprefix(prefix), partition, record) for record in records]
        for (name, partition), records in read.items()
    )
    return list(merge(*parts, key=attrgetter("at")))


def _raw(topic: str, partition: int, record: Record) -> Raw:
    return Raw(topic, partition, record.value, record.key, tuple(record.headers), record.at)


class Player:
    """Writes raw records in a thread, up to a share of them that grows."""

    def __init__(self, broker: str, prefix: str, script: Sequence[Raw], rate: float) -> None:
        """Write at most `rate` records a second."""
        self._producer = Producer(
            {"bootstrap.servers": broker, "enable.idempotence": True, "linger.ms": 5, "log_level": 0}
        )
        self._prefix, self._script, self._rate = prefix, script, rate
        self._allowed, self._written = 0, 0
        self._more, self._stop = Event(), Event()
        self._lost: list[str] = []
        self._thread = Thread(target=self._play, daemon=True)
        self._thread.start()

    def release(self, share: float) -> None:
        """Let it write up to this share of all records."""
        self._allowed = max(self._allowed, round(share * len(self._script)))
        self._more.set()

    def finish(self) -> None:
        """Write the rest and wait until all is there."""
        self._rate = float("inf")
        self.release(1.0)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        assert self._producer.flush(PATIENCE) == 0
        assert self._lost == []

    def close(self) -> None:
        """Write no more."""
        self._stop.set()
        self._more.set()
        self._thread.join(PATIENCE)

    def _play(self) -> None:
        while self._written < len(self._script) and not self._stop.is_set():
            if self._written == self._allowed:
                self._more.wait()
                self._more.clear()
                continue
            self._write(self._script[self._written])
            self._written += 1
            if self._written % 10 == 0:
                self._producer.poll(0)
                self._stop.wait(10 / self._rate)

    def _write(self, raw: Raw) -> None:
        self._producer.produce(
            self._prefix + raw.topic,
            raw.value,
            raw.key,
            raw.partition,
            timestamp=raw.at,
            headers=list(raw.headers),
            on_delivery=lambda error, _: self._lost.append(str(error)) if error else None,
        )


@dataclass
class Stage:
    """Topics of one prefix, and the processes around them."""

    broker: str
    prefix: str
    network: Path
    folder: Path
    script: Sequence[Raw]
    evidence_partitions: int
    settings: dict[str, str] = field(default_factory=dict)
    """Environment variables of the flows, without FAULTLINE_."""
    raw_partitions: int = field(init=False)
    topics: list[Topic] = field(init=False)
    log: EvidenceLog = field(init=False)
    flows: list[Flow] = field(default_factory=list)
    """Those that have to be alive."""
    _started: list[Flow] = field(default_factory=list)
    player: Player | None = None

    def __post_init__(self) -> None:
        self.raw_partitions = 1 + max(raw.partition for raw in self.script)
        self.topics = layout(self.raw_partitions, self.evidence_partitions, self.prefix, played=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        create_topics({"bootstrap.servers": self.broker}, self.topics, 1)
        self.log = EvidenceLog(self.broker, self.prefix, self.evidence_partitions)

    def play(self, rate: float = 1e9) -> Player:
        """Begin to write the storm, nothing of it yet."""
        self.player = Player(self.broker, self.prefix, self.script, rate)
        return self.player

    def flow(self, name: str, process: int = 0, processes: int = 1, **settings: object) -> Flow:
        """Start a process of a flow."""
        given = {**self.settings, **{key: str(value) for key, value in settings.items()}}
        state = self.folder / f"state-{name}-{process}"
        return self.start(Flow(self.broker, self.prefix, name, self.network, state, Place(process, processes), given))

    def twin(self, of: Flow) -> Flow:
        """Start another process in place of one that runs on, on a state of its own; returns it when it has begun."""
        self.flows.remove(of)
        state = self.folder / f"twin-of-{of.state.name}"
        twin = self.start(Flow(self.broker, self.prefix, of.name, self.network, state, of.place, of.settings))
        self.until_running(twin)
        return twin

    def until_running(self, *flows: Flow) -> None:
        """Wait until each has begun: before that a process has no state, and the others may do all the work."""
        for flow in flows:
            eventually(lambda flow=flow: self._alive() and flow.running(), PATIENCE)  # type: ignore[misc]

    def start(self, flow: Flow) -> Flow:
        """Start a process that is to be alive from now on."""
        self.flows.append(flow)
        self._started.append(flow)
        flow.start()
        return flow

    def both(self, processes: int = 1) -> list[Flow]:
        """Start each flow as so many processes."""
        places = [(name, process) for name in find_flows() for process in range(processes)]
        return [self.flow(name, process, processes) for name, process in places]

    def part_way(self, share: float) -> None:
        """Write up to a share of the storm, and wait until new output comes of it, or of what was written before."""
        assert self.player is not None
        before = {name: self.output_ends(name) for name in OUTPUT_STEMS}
        self.player.release(share)
        for name, end in before.items():
            eventually(lambda name=name, end=end: self._alive() and self.output_ends(name) > end, PATIENCE)  # type: ignore[misc]

    def raw_places(self) -> dict[str, tuple[str, int]]:
        """Give where each origin stands."""
        return {
            f"{topic}/{part}": (self.prefix + topic, part)
            for topic in RAW_TOPICS
            for part in range(self.raw_partitions)
        }

    def raw_ends(self) -> dict[str, int]:
        """Give the number of records that each origin has now."""
        places = self.raw_places()
        told = ends(self.broker, places.values())
        return {origin: told[place] for origin, place in places.items()}

    def recorded(self) -> list[Raw]:
        """Read back what the raw topics hold.

        A producer that loses its broker may write a batch twice, even an idempotent one if it has to ask for a new id.
        """
        return read_raw(self.broker, self.prefix, list(self.raw_places().values()))

    def wait_until_done(self) -> None:
        """Wait until the evidence log has all of the storm to its end marks, and outages has followed it all."""
        origins = self.raw_ends()
        eventually(lambda: self._alive() and self.log.complete(origins), PATIENCE)
        eventually(lambda: self._alive() and self.followed(), PATIENCE)

    def finish(self) -> None:
        """Write the rest of the storm, follow it to its end, and stop."""
        assert self.player is not None
        self.player.finish()
        self.wait_until_done()
        self.stop()

    def followed(self) -> bool:
        """Tell whether outages has kept in a snapshot all that the evidence log holds now."""
        places = self.log.places
        return committed(self.broker, f"faultline-outages-{self.prefix.rstrip('.')}", places) == ends(
            self.broker, places
        )

    def _alive(self) -> bool:
        for flow in self.flows:
            flow.check()
        return True

    def stop(self) -> None:
        """Stop all processes as an operator would: each ends with code 0."""
        for flow in self.flows:
            flow.terminate()
        for flow in self.flows:
            flow.wait_clean()
        self.flows.clear()

    def run(self) -> None:
        """Write the whole storm and follow it to its end with one process a flow."""
        self.play().finish()
        self.both()
        self.wait_until_done()
        self.stop()

    def close(self) -> None:
        """Leave nothing running."""
        if self.player:
            self.player.close()
        for flow in self._started:
            flow.kill()
        self.log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, stems: Iterable[str]) -> dict[tuple[str, int], list[Record]]:
        """Read topics whole, by name without prefix and partition."""
        numbers = {topic.stem: topic.partitions for topic in self.topics}
        places = [(self.prefix + stem, part) for stem in stems for part in range(numbers[stem])]
        read = read_topics(self.broker, places)
        return {(name.removeprefix(self.prefix), part): records for (name, part), records in read.items()}

    def written_by(self, flow: Flow) -> int:
        """Count what a process has written; of two ingest processes each accounts for its own origins."""
        return self.log.accounted(*flow.place) if flow.name == "ingest" else self.output_ends(flow.name)

    def idle(self, flow: Flow) -> bool:
        """Tell whether a process has written all that comes of what is there for it to read."""
        if flow.name == "outages":
            return self.followed()
        own = range(flow.place.process, self.raw_partitions, flow.place.processes)
        raw = ends(self.broker, [(self.prefix + topic, part) for topic in RAW_TOPICS for part in own])
        return self.written_by(flow) == self.evidence_partitions * sum(raw.values())

    def output_ends(self, flow: str) -> int:
        """Count what a flow has written to the topics that others read."""
        stems: Any = OUTPUT_STEMS[flow]
        places = [
            (topic.name, part) for topic in self.topics if topic.stem in stems for part in range(topic.partitions)
        ]
        return sum(ends(self.broker, places).values())


OUTPUT_STEMS: Final = {
    "ingest": {EVIDENCE_LOG},
    "outages": {output.topic for output in outputs("outages") if output.name not in {"zone_health", "clock"}},
}
