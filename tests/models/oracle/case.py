"""A case, told to the oracle and to the engine alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from models.contracts.inputs.crew import CrewEvent
from models.evidence.batch import END_OF_LOG, CrewRow, DeviceRows, EvidenceBatch, PointRows
from models.evidence.kinds import KIND_CODE
from models.evidence.sources import NO_SOURCE
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import DeliveryRate, lay_delivery
from tests.models.oracle.reports import telemetry_of, word_of
from tests.models.oracle.scene import Scene
from tests.worlds.networks import Device, Point, network_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.network.network import Network
    from models.outages.weights.parameters import Parameters
    from tests.models.oracle.reports import Position, Report
    from tests.models.oracle.scene import Tree

START = 1_782_900_000_000
METERS, SCADA, CREWS = "ami.meter.events.v1/0", "scada.device.events.v1/0", "crew.status.events.v1/0"
QUALITIES = ("good", "uncertain", "bad")


@dataclass(frozen=True)
class Case:
    """A tree, a model and all that was said, with the instant at which it is looked at."""

    tree: Tree
    collectors: Sequence[int]
    """Of each usage point."""
    delivery: Sequence[tuple[str, int, float]]
    """Source, collector and rate; `*` for any source."""
    parameters: Parameters
    reports: Sequence[Report]
    positions: Sequence[Position]
    crews: Sequence[tuple[int, int]]
    """Device and time of a crew's arrival."""
    now: int

    def scene(self) -> Scene:
        """The case as the oracle sees it."""
        coherence = round(self.parameters.coherence_seconds * 1000)
        said = {report.point for report in self.reports}
        words = {p: word_of([one for one in self.reports if one.point == p], coherence) for p in said}
        telemetry = {
            device: seen
            for device in {one.device for one in self.positions}
            if (
                seen := telemetry_of([one for one in self.positions if one.device == device], self.parameters, self.now)
            )
        }
        closed = {device: seen.closed_at for device, seen in telemetry.items() if seen.closed_at is not None}
        crews = {device: at for device, at in self.crews if at > closed.get(device, at - 1)}
        return Scene(self.tree, self.parameters, words, telemetry, crews, self.now)

    def network(self) -> Network:
        """The tree as the engine has it; ids are the oracle's numbers."""
        tree = self.tree
        devices = [
            Device(str(device), "" if parent < 0 else str(parent), kind, f"zone {_root(tree, device) % 2}")
            for device, (kind, parent) in enumerate(zip(tree.kinds, tree.parents, strict=True))
        ]
        points = [
            Point(str(point), str(device), "" if tree.rates[point] is None else None, f"collector {collector}")
            for point, (device, collector) in enumerate(zip(tree.feeds, self.collectors, strict=True))
        ]
        return network_of(devices, points)

    def engine(self) -> Engine:
        """An engine that has heard nothing yet."""
        network = self.network()
        known = {network.collector_ids[i] for i in range(len(network.collector_ids))}
        rows = [DeliveryRate(source, f"collector {collector}", rate) for source, collector, rate in self.delivery]
        rows = [row for row in rows if row.collector_id in known]
        shared = Shared(network, self.parameters, lay_delivery(network, self.parameters, rows))
        return Engine(shared, [METERS, SCADA, CREWS])

    def hear_at_once(self) -> Engine:
        """An engine that has heard all of it in one instant."""
        engine, log_time = self.engine(), self.now - 1
        reports = [(log_time, report) for report in self.reports]
        engine.advance(replace(point_batch(engine, reports), watermark=END_OF_LOG, last_log_time=log_time))
        engine.advance(replace(self._telemetry(engine, log_time), watermark=END_OF_LOG, last_log_time=log_time))
        engine.advance(replace(self._crew_words(engine, log_time), watermark=END_OF_LOG, last_log_time=log_time))
        return engine

    def hear_one_by_one(self, log_times: Sequence[int]) -> Engine:
        """An engine that has heard each report at its own log time, and nothing more until `now`."""
        engine = self.engine()
        batch = point_batch(engine, sorted(zip(log_times, self.reports, strict=True)))
        for origin in (SCADA, CREWS):
            engine.advance(EvidenceBatch(origin, self.now))
        engine.advance(replace(batch, watermark=self.now))
        return engine

    def _telemetry(self, engine: Engine, log_time: int) -> EvidenceBatch:
        at, count = _device_numbers(engine), len(self.positions)
        rows = DeviceRows(
            log_time=np.full(count, log_time),
            offset=np.arange(count),
            device=np.array([at[one.device] for one in self.positions], np.int32),
            position=np.array([one.position == "closed" for one in self.positions], np.uint8),
            quality=np.array([QUALITIES.index(one.quality) for one in self.positions], np.uint8),
            observed_at=np.array([one.observed_at for one in self.positions], np.int64),
            received_at=np.array([one.observed_at for one in self.positions], np.int64),
        )
        return EvidenceBatch(SCADA, log_time, devices=rows, read=count)

    def _crew_words(self, engine: Engine, log_time: int) -> EvidenceBatch:
        at = _device_numbers(engine)
        rows = []
        for offset, (device, arrived_at) in enumerate(self.crews):
            event = CrewEvent(
                event_id=str(offset),
                crew_id=str(offset),
                status="on_site",
                observed_at=arrived_at,
                received_at=log_time,
                device_id=str(device),
            )
            rows.append(CrewRow(log_time, offset, event, arrived_at, at[device], -1, -1, b""))
        return EvidenceBatch(CREWS, log_time, crew=rows, read=len(rows))


def point_batch(engine: Engine, reports: Sequence[tuple[int, Report]]) -> EvidenceBatch:
    """Reports with their log times, in the order of these."""
    network, count = engine.state.partition.network, len(reports)
    number = {network.point_ids[p]: int(network.point_number[p]) for p in range(len(network.point_ids))}
    rows = PointRows(
        log_time=np.array([log_time for log_time, _ in reports], np.int64),
        offset=np.arange(count),
        point=np.array([number[str(report.point)] for _, report in reports], np.int32),
        kind=np.array([KIND_CODE[report.kind] for _, report in reports], np.uint8),
        observed_at=np.array([report.observed_at for _, report in reports], np.int64),
        outage_started_at=np.zeros(count, np.int64),
        received_at=np.array([report.observed_at for _, report in reports], np.int64),
        source=np.full(count, NO_SOURCE, np.uint32),
    )
    return EvidenceBatch(METERS, int(rows.log_time.max(initial=0)), points=rows, read=count)


def open_pictures(engine: Engine) -> dict[int, int]:
    """What the engine has open, suspicions too, by the oracle's numbers, with each log posterior in units."""
    network = engine.state.partition.network
    return {
        int(network.device_ids[one.device])
        if one.device >= 0
        else ~int(network.point_ids[one.service_point]): one.posterior
        for one in engine.state.partition.by_name.values()
    }


def _device_numbers(engine: Engine) -> dict[int, int]:
    network = engine.state.partition.network
    return {int(network.device_ids[d]): int(network.device_number[d]) for d in range(len(network.device_ids))}


def _root(tree: Tree, device: int) -> int:
    while tree.parents[device] >= 0:
        device = tree.parents[device]
    return device
