"""An evidence log for tests: batches of all origins in the order in which they were appended, with their times."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from models.contracts.topics import RAW_TOPICS
from models.evidence.batch import EvidenceBatch
from models.ingest.origin_reader import OriginReader
from models.network.network import Network
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import DeliveryRate, lay_delivery
from models.outages.weights.parameters import Parameters
from tests.worlds.evidence import Answer

ORIGINS = [f"{topic}/0" for topic in RAW_TOPICS]
Lines = dict[str, list[bytes]]


@dataclass(frozen=True)
class Appended:
    """A batch and its append time (ms)."""

    batch: EvidenceBatch
    at: int | None


@dataclass
class Origin:
    """One raw partition on its way into the log; it may be read again from an earlier line."""

    ingest: OriginReader
    lines: list[bytes]
    log_times: list[int] = field(default_factory=list)
    read: int = 0

    def __post_init__(self) -> None:
        """Learn the log time before each line."""
        self.log_times = [0]
        for offset, line in enumerate(self.lines):
            self.log_times.append(self.ingest.read([line], offset, self.log_times[-1]).batch.last_log_time)

    def take(self, count: int, again: int = 0) -> EvidenceBatch:
        """The next lines, with some of those before once more; at the end say so."""
        first = max(0, self.read - again)
        lines = self.lines[first : self.read + count]
        if self.read == len(self.lines) and not again:
            self.read += 1
            return self.ingest.end(self.log_times[-1])
        self.read = min(self.read + count, len(self.lines))
        return self.ingest.read(lines, first, self.log_times[first]).batch

    @property
    def ended(self) -> bool:
        return self.read > len(self.lines)


def random_log(
    network: Network, lines: Lines, draw: random.Random, longest_gap: int, *, repeat: bool
) -> list[Appended]:
    """Any interleaving, in batches of any size, appended with gaps up to so many milliseconds; some of it twice."""
    origins = [Origin(OriginReader(network, topic), lines.get(topic, [])) for topic in RAW_TOPICS]
    log, at = [], 0
    while left := [origin for origin in origins if not origin.ended]:
        origin, at = draw.choice(left), at + draw.randint(0, longest_gap)
        again = draw.choice((0, 0, 1, 7)) if repeat and origin.read else 0
        log.append(Appended(origin.take(draw.choice((1, 1, 2, 5, 20)), again), at))
    return log


def read_log(
    network: Network,
    log: Iterable[Appended],
    restarts: random.Random | None = None,
    origins: Iterable[str] = ORIGINS,
) -> tuple[Answer, Engine]:
    """Play a log, at random places with a new engine from the state of the old one."""
    parameters, answer = Parameters(), Answer()
    delivery = lay_delivery(network, parameters, [DeliveryRate("*", "*", 0.85)])
    shared = Shared(network, parameters, delivery)
    engine = Engine(shared, list(origins))
    for appended in log:
        answer.take(engine.advance(appended.batch, appended.at))
        if restarts is not None and restarts.random() < 0.3:
            engine = Engine(shared, list(origins), state=engine.snapshot())
    answer.totals = dict(engine.state.totals)
    times = [record["updated_at"] for record in answer.lifecycle]
    assert all(before <= after for before, after in pairwise(times))
    return answer, engine
