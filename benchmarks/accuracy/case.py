"""One snapshot: simulated, heard by the engine in one instant and as it came in, and held against what opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from adapters.network.load import load_network
from models.contracts.topics import METER_EVENTS
from models.evidence.batch import EvidenceBatch
from models.evidence.watermarks import instant_of
from models.ingest.origin_reader import OriginReader
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.times.iso8601 import format_time, parse_time
from simulator.files.topics import write_meters
from simulator.options import storm_options
from simulator.storm import simulate

if TYPE_CHECKING:
    from models.network.network import Network
    from models.outages.weights.parameters import Parameters

SETTLED = 600_000
"""So long after the last line, in milliseconds, every wave is over."""


@dataclass(frozen=True)
class Utility:
    """A network as the engine has it."""

    network: Network

    def count_classes(self) -> int:
        """Count the classes that feed anybody: devices that no usage point can tell apart are one."""
        slices = zip(self.network.point_start.tolist(), self.network.point_end.tolist(), strict=True)
        return len({(first, last) for first, last in slices if first < last})


@dataclass(frozen=True)
class Heard:
    """The engine's picture at one moment, beside what opened; classes of devices."""

    right: int
    named: int


@dataclass(frozen=True)
class Outcome:
    """One storm."""

    faults: int
    at_once: Heard
    """All evidence in one instant."""
    settled: Heard
    """As it came in, when all waves are over."""
    at_last_line: Heard
    """As it came in, when the last line has come: often in the middle of a wave."""


def read_utility(folder: Path) -> Utility:
    """Read a network."""
    return Utility(load_network(folder))


def run_case(utility: Utility, parameters: Parameters, seed: int, faults: int) -> Outcome:
    """Simulate one snapshot with the model's delivery rate, and compare."""
    options = storm_options(seed, "snapshot", {"delivery": parameters.delivery, "simultaneous": faults})
    storm = simulate(utility.network, options)
    with TemporaryDirectory() as folder:
        write_meters(Path(folder), utility.network, storm.meters, storm.meter_reports)
        lines = (Path(folder) / f"{METER_EVENTS}.jsonl").read_bytes().splitlines()
    opened = {int(utility.network.class_of[fault.device]) for fault in storm.course.faults}
    last = max(parse_time(json.loads(line)["received_at"]) for line in lines)
    end, settled = instant_of(last), instant_of(last) + SETTLED
    at_once, as_heard = Listener(utility, parameters), Listener(utility, parameters)
    at_once.hear([_received_at(line, last) for line in lines], end)
    as_heard.hear(lines, end)
    at_last_line = as_heard.compare(opened)
    as_heard.hear([], settled)
    return Outcome(len(opened), at_once.compare(opened), as_heard.compare(opened), at_last_line)


def _received_at(line: bytes, at: int) -> bytes:
    return json.dumps(json.loads(line) | {"received_at": format_time(at)}).encode()


class Listener:
    """An engine with the lines' own way in."""

    def __init__(self, utility: Utility, parameters: Parameters) -> None:
        self.network = utility.network
        self.ingest = OriginReader(utility.network, METER_EVENTS)
        rates = lay_delivery(utility.network, parameters)
        self.engine = Engine(Shared(utility.network, parameters, rates), [self.ingest.origin])

    def hear(self, lines: list[bytes], until: int) -> None:
        """Take lines, and live on until an instant."""
        if lines:
            self.engine.advance(self.ingest.read(lines, 0, 0).batch)
        self.engine.advance(EvidenceBatch(self.ingest.origin, until))

    def compare(self, opened: set[int]) -> Heard:
        """What is open now, suspicions too, beside the classes that did open."""
        outages = self.engine.state.partition.by_name.values()
        named = {int(self.network.class_of[outage.device]) for outage in outages if outage.device >= 0}
        return Heard(len(named & opened), len(named))
