"""One snapshot: simulated, heard by the engine in one instant and as it came in, and judged by the tests' oracle.

The oracle reads the tables and the lines by itself and finds the best picture by a recursion of its own, so that the
two have nothing in common but the model file. A picture is what is open: devices and single services.
"""

from __future__ import annotations

import csv
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
from tests.models.oracle.pictures import Picture, most_probable_of_many, weigh
from tests.models.oracle.reports import Report, word_of
from tests.models.oracle.scene import NAT, Scene, Tree

if TYPE_CHECKING:
    from models.network.network import Network
    from models.outages.weights.parameters import Parameters

SETTLED = 600_000
"""So long after the last line, in milliseconds, every wave is over."""


@dataclass(frozen=True)
class Utility:
    """A network as the engine has it, and its tables, parents before children, as the oracle has it."""

    network: Network
    devices: list[str]
    kinds: list[str]
    parents: list[int]
    points: list[str]
    meters: list[str]
    feeds: list[int]

    def count_classes(self) -> int:
        """Count the classes that feed anybody: devices that no usage point can tell apart are one."""
        slices = zip(self.network.point_start.tolist(), self.network.point_end.tolist(), strict=True)
        return len({(first, last) for first, last in slices if first < last})


@dataclass(frozen=True)
class Heard:
    """The engine's picture at one moment, beside the best one."""

    same: bool
    open: int
    nats_short: float
    """How far its weight is below the best one's."""
    right: int
    """Devices whose class is among the faults'."""
    named: int

    @property
    def short_an_outage(self) -> float:
        """How far it is below, over its open outages."""
        return self.nats_short / max(self.open, 1)


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
    """Read the two tables, for the engine and, apart, for the oracle."""
    with (folder / "devices.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["device_id"]: row for row in csv.DictReader(file)}
    with (folder / "usage_points.csv").open(newline="", encoding="utf-8") as file:
        points = list(csv.DictReader(file))
    placed = {"": -1}
    while len(placed) <= len(rows):
        for name, row in rows.items():
            if name not in placed and row["parent_id"] in placed:
                placed[name] = len(placed) - 1
    devices = [name for name in placed if name]
    return Utility(
        network=load_network(folder),
        devices=devices,
        kinds=[rows[name]["kind"] for name in devices],
        parents=[placed[rows[name]["parent_id"]] for name in devices],
        points=[point["usage_point_id"] for point in points],
        meters=[point["meter_id"] for point in points],
        feeds=[placed[point["device_id"]] for point in points],
    )


def run_case(utility: Utility, parameters: Parameters, seed: int, faults: int) -> Outcome:
    """Simulate one snapshot with the model's delivery rate, and compare."""
    options = storm_options(seed, "snapshot", {"delivery": parameters.delivery, "simultaneous": faults})
    storm = simulate(utility.network, options)
    with TemporaryDirectory() as folder:
        write_meters(Path(folder), utility.network, storm.meters, storm.meter_reports)
        lines = (Path(folder) / f"{METER_EVENTS}.jsonl").read_bytes().splitlines()
    opened = {utility.network.device_ids[fault.device] for fault in storm.course.faults}
    judge = Judge(utility, parameters, lines, opened)
    last = max(judge.received)
    end, settled = instant_of(last), instant_of(last) + SETTLED
    at_once, as_heard = Listener(utility, parameters), Listener(utility, parameters)
    at_once.hear([_received_at(line, last) for line in lines], end)
    as_heard.hear(lines, end)
    at_last_line = judge.compare(as_heard.picture(), end)
    as_heard.hear([], settled)
    return Outcome(
        len(opened), judge.compare(at_once.picture(), end), judge.compare(as_heard.picture(), settled), at_last_line
    )


def _received_at(line: bytes, at: int) -> bytes:
    return json.dumps(json.loads(line) | {"received_at": format_time(at)}).encode()


class Listener:
    """An engine with the lines' own way in."""

    def __init__(self, utility: Utility, parameters: Parameters) -> None:
        self.utility = utility
        self.ingest = OriginReader(utility.network, METER_EVENTS)
        rates = lay_delivery(utility.network, parameters)
        self.engine = Engine(Shared(utility.network, parameters, rates), [self.ingest.origin])

    def hear(self, lines: list[bytes], until: int) -> None:
        """Take lines, and live on until an instant."""
        if lines:
            self.engine.advance(self.ingest.read(lines, 0, 0).batch)
        self.engine.advance(EvidenceBatch(self.ingest.origin, until))

    def picture(self) -> Picture:
        """What is open, suspicions too, by the oracle's numbers."""
        utility, network = self.utility, self.utility.network
        return Picture(
            utility.devices.index(network.device_ids[outage.device])
            if outage.device >= 0
            else ~utility.points.index(network.point_ids[outage.service_point])
            for outage in self.engine.state.partition.by_name.values()
        )


class Judge:
    """The oracle, with the same lines."""

    def __init__(self, utility: Utility, parameters: Parameters, lines: list[bytes], opened: set[str]) -> None:
        rates = dict.fromkeys(parameters.sources, parameters.delivery)
        metered = [rates if meter else None for meter in utility.meters]
        self.tree = Tree(utility.kinds, utility.parents, utility.feeds, metered)
        self.parameters = parameters
        events = [json.loads(line) for line in lines]
        self.received = [parse_time(event["received_at"]) for event in events]
        point_of = {meter: point for point, meter in enumerate(utility.meters) if meter}
        said: dict[int, list[Report]] = {}
        for event in events:
            point = point_of[event["meter_id"]]
            said.setdefault(point, []).append(Report(point, event["kind"], parse_time(event["observed_at"])))
        coherence = round(parameters.coherence_seconds * 1000)
        self.words = {point: word_of(reports, coherence) for point, reports in said.items()}
        self.faults = {self._class(utility.devices.index(name)) for name in opened}
        self.scenes: dict[int, tuple[Scene, Picture]] = {}

    def compare(self, picture: Picture, now: int) -> Heard:
        """Weigh a picture against the best one at an instant."""
        scene, best = self._seen(now)
        classes = {self._class(what) for what in picture if what >= 0}
        short = weigh(scene, best) - weigh(scene, picture)
        return Heard(picture == best, len(picture), short / NAT, len(classes & self.faults), len(classes))

    def _seen(self, now: int) -> tuple[Scene, Picture]:
        if now not in self.scenes:
            scene = Scene(self.tree, self.parameters, self.words, {}, {}, now)
            self.scenes[now] = scene, most_probable_of_many(scene)
        return self.scenes[now]

    def _class(self, device: int) -> frozenset[int]:
        """Devices that no usage point can tell apart are one class."""
        return frozenset(self.tree.below[device])
