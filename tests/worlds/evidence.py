"""Evidence as a utility's systems send it, and an engine that reads it, for tests. Times are seconds after START."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import orjson

from models.contracts.topics import (
    CALL_EVENTS,
    CREW_EVENTS,
    METER_EVENTS,
    OPERATOR_COMMANDS,
    RAW_TOPICS,
    SCADA_EVENTS,
    WORK_EVENTS,
)
from models.evidence.batch import END_OF_LOG, EvidenceBatch, RefusedLine
from models.evidence.watermarks import instant_of
from models.ingest.origin_reader import OriginReader
from models.network.network import Network
from models.outages.delivery.memory import WEIGHTS
from models.outages.engine import Engine
from models.outages.estimate.estimator import Estimator
from models.outages.publishing import Published
from models.outages.state.shared_tables import Shared
from models.outages.totals import Totals
from models.outages.weights.delivery import DeliveryRate, lay_delivery
from models.outages.weights.parameters import Parameters
from models.times.iso8601 import format_time, parse_time

START = parse_time("2024-01-10T00:00:00Z")
Step = tuple[str, int]
"""A topic, and how many of its lines to read next."""


def moment(seconds: float) -> int:
    """Milliseconds since the epoch."""
    return START + round(seconds * 1000)


def clock(seconds: float) -> str:
    """A time as records have it."""
    return format_time(moment(seconds))


@dataclass
class Evidence:
    """The lines of each topic, in the order of their arrival; `delay` is from observation to arrival, in seconds."""

    rows: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)

    def meter(self, points: str, kind: str, at: float, delay: float = 5, started: float | None = None) -> None:
        """One report of each of the points' meters (ids divided by spaces)."""
        told = {} if started is None else {"outage_started_at": moment(started)}
        for point in points.split():
            self._add(METER_EVENTS, at, delay, {"meter_id": f"M{point}", "kind": kind, "source": "mesh"} | told)

    def scada(self, device: str, position: str, at: float, quality: str = "good", delay: float = 1) -> None:
        """A position, or an alarm where `position` is "alarm"."""
        kind = {"kind": "alarm"} if position == "alarm" else {"kind": "position", "position": position}
        self._add(SCADA_EVENTS, at, delay, {"device_id": device, "quality": quality, "source": "ems"} | kind)

    def call(self, place: str, kind: str, at: float, delay: float = 5, of: str = "usage_point_id") -> None:
        """A customer's call for a usage point, or of an account."""
        self._add(CALL_EVENTS, at, delay, {of: place, "kind": kind, "channel": "telephone"})

    def crew(self, crew: str, status: str, at: float, delay: float = 5, **named: str) -> None:
        """A crew's report; `named` are its device, the device it found, its outage."""
        self._add(CREW_EVENTS, at, delay, {"crew_id": crew, "status": status} | named)

    def work(
        self, work: str, device: str, status: str, at: float, window: tuple[float, float], delay: float = 5
    ) -> None:
        """A report about planned work; of the kind that its id ends with, else maintenance."""
        named = {
            "work_id": work,
            "device_id": device,
            "status": status,
            "kind": work.partition("/")[2] or "maintenance",
        }
        begins, ends = (moment(seconds) for seconds in window)
        self._add(WORK_EVENTS, at, delay, named | {"planned_from": begins, "planned_to": ends})

    def command(self, kind: str, at: float, delay: float = 1, **fields: Any) -> None:
        """An operator's command; of a number of its own unless it is given one."""
        given = {"command_id": f"c{len(self.rows)}", "user": "op7", "reason": "seen", "kind": kind, "at": moment(at)}
        self._add(OPERATOR_COMMANDS, at, delay, given | fields)

    def _add(self, topic: str, at: float, delay: float, event: dict[str, Any]) -> None:
        times = {"observed_at": moment(at), "received_at": moment(at + delay), "event_id": f"{len(self.rows)}"}
        self.rows.append((at + delay, topic, event | times))

    def lines(self) -> dict[str, list[bytes]]:
        """The lines by topic, in the order of arrival."""
        lines: dict[str, list[bytes]] = defaultdict(list)
        for _, topic, event in sorted(self.rows, key=lambda row: row[0]):
            lines[topic].append(orjson.dumps(event))
        return lines


@dataclass
class Answer:
    """All that came out."""

    lifecycle: list[dict[str, Any]] = field(default_factory=list)
    restorations: list[dict[str, Any]] = field(default_factory=list)
    membership: list[dict[str, Any]] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    clock: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    abnormal: list[dict[str, Any]] = field(default_factory=list)
    backfeed: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: dict[str, list[RefusedLine]] = field(default_factory=lambda: {topic: [] for topic in RAW_TOPICS})
    totals: dict[str, Totals] = field(default_factory=dict)

    def take(self, published: Published) -> None:
        """Add what a batch led to."""
        self.lifecycle += published.lifecycle
        self.restorations += published.restorations
        self.membership += [
            orjson.loads(orjson.dumps(one, option=orjson.OPT_SERIALIZE_NUMPY)) for one in published.membership
        ]  # as read
        self.states += published.states
        self.clock += published.clock
        self.answers += published.answers
        self.abnormal += published.abnormal
        self.backfeed += published.backfeed
        for refused in published.dead_letters:
            self.dead_letters[refused.topic].append(refused)

    def last(self) -> dict[str, dict[str, Any]]:
        """The last record of each outage, by outage id, in the order of first publication."""
        return {record["outage_id"]: record for record in self.lifecycle}

    def interruptions(self, point: int) -> list[tuple[int, int]]:
        """From when to when a usage point (stable number) was out, of what the ledger has as over."""
        return [
            (one["out_at"][at], one["at"][at])
            for one in self.membership
            for at, here in enumerate(one["usage_points"])
            if here == point and one["changes"][at].startswith("restored")
        ]


class Reader:
    """Feeds lines of all topics to an engine, in any order that keeps the order within each topic."""

    def __init__(
        self,
        network: Network,
        lines: dict[str, list[bytes]],
        delivery: float = 0.85,
        rates: Iterable[DeliveryRate] = (),
        estimator: Estimator | None = None,
    ) -> None:
        self.network = network
        self.estimator = estimator
        self.lines = lines
        self.parameters = Parameters()
        self.delivery = lay_delivery(network, self.parameters, [DeliveryRate("*", "*", delivery), *rates])
        self.ingest = {topic: OriginReader(network, topic) for topic in RAW_TOPICS}
        self.read = dict.fromkeys(RAW_TOPICS, 0)
        self.log_time = dict.fromkeys(RAW_TOPICS, 0)
        self.answer = Answer()
        self.engine = self._engine()

    def _engine(self, state: bytes | None = None) -> Engine:
        origins = [ingest.origin for ingest in self.ingest.values()]
        shared = Shared(self.network, self.parameters, self.delivery, self.estimator)
        return Engine(shared, origins, state=state)

    def advance(self, topic: str, count: int) -> None:
        """Read the next lines of a topic; at its end say so."""
        first = self.read[topic]
        values = self.lines.get(topic, [])[first : first + count]
        if not values:
            self._take(self.ingest[topic].end(self.log_time[topic]))
            return
        self.read[topic] += len(values)
        ingested = self.ingest[topic].read(values, first, self.log_time[topic])
        self.log_time[topic] = ingested.batch.last_log_time
        self.answer.dead_letters[topic] += ingested.dead_letters
        self._take(ingested.batch)

    def pass_time(self, until: int) -> None:
        """Say that nothing of any topic comes before `until` (milliseconds)."""
        for topic in RAW_TOPICS:
            self._take(EvidenceBatch(self.ingest[topic].origin, until))

    def _take(self, batch: EvidenceBatch) -> None:
        self.answer.take(self.engine.advance(batch))

    def restart(self) -> None:
        """Go on with a new engine from the state of the old one."""
        self.engine = self._engine(self.engine.snapshot())

    def finish(self) -> Answer:
        """Read all that is left and end the log."""
        for topic in RAW_TOPICS:
            self.advance(topic, len(self.lines.get(topic, [])) or 1)
            self.advance(topic, 1)
        self.answer.totals = dict(zip(RAW_TOPICS, self.engine.state.totals.values(), strict=True))
        return self.answer


def know_rates(engine: Engine) -> None:
    """Believe what is given of the collectors in every event: they are steady, nothing is to be learned."""
    memory = engine.state.partition.memory
    for steady in (memory.gasps_steady, memory.returns_steady):
        steady[:, len(WEIGHTS) - 1] = 1 << 50


def play(network: Network, lines: dict[str, list[bytes]], steps: Iterable[Step] = (), delivery: float = 0.85) -> Answer:
    """Read all lines, at first as `steps` say, then topic by topic."""
    reader = Reader(network, lines, delivery)
    for topic, count in steps:
        reader.advance(topic, count)
    return reader.finish()


def instant_by_instant(reader: Reader, until: int) -> Iterator[Reader]:
    """Read lines as they come in, stopping after every instant up to `until` (ms) at which anything may happen."""
    arrivals = {topic: list(accumulate(map(_arrival, of), max)) for topic, of in reader.lines.items()}
    while (now := _next_instant(reader, arrivals)) <= until:
        for topic, times in arrivals.items():
            if count := bisect_left(times, now) - reader.read[topic]:
                reader.advance(topic, count)
        reader.pass_time(now)
        yield reader


def _next_instant(reader: Reader, arrivals: dict[str, list[int]]) -> int:
    """The next instant with a line or a timer."""
    times = [of[reader.read[topic]] for topic, of in arrivals.items() if reader.read[topic] < len(of)]
    timers = [timer[0] for timer in reader.engine.state.partition.timers[:1]]
    return min([instant_of(at) for at in times] + timers, default=END_OF_LOG)


def _arrival(line: bytes) -> int:
    at = orjson.loads(line)["received_at"]
    assert isinstance(at, int)
    return at
