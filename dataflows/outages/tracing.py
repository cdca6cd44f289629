"""The engine with its trace on: records, decisions and the evidence of some zones, for who asks why.

Nothing is written. What was published comes out again, since it depends on the log alone.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from adapters.kafka.clients.offset_range import Edge, RangeReader
from dataflows.outages.evidence_step import take_record
from dataflows.outages.offline import OfflineRun
from models.evidence.kinds import QUALITY_MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from dataflows.outages.preparation import PreparedOutages
    from models.evidence.batch import CrewRow, EvidenceBatch
    from models.network.network import Network
    from models.outages.engine import Engine
    from models.outages.publishing import Published
    from models.outages.state.trace import Decision


CODES: Final = 16
"""More than there are codes of a device's report."""


class Heard(NamedTuple):
    """Rows about points or devices in columns; times in milliseconds, subjects by position."""

    log_time: NDArray[np.int64]
    observed_at: NDArray[np.int64]
    subject: NDArray[np.int64]
    code: NDArray[np.int64]
    """Kind of evidence; of devices, position and `CODES` times the quality."""

    def about(self, first: int, last: int) -> Heard:
        """The rows of the subjects from `first` to below `last`, by log time."""
        rows = np.flatnonzero((self.subject >= first) & (self.subject < last))
        rows = rows[np.lexsort((self.observed_at[rows], self.log_time[rows]))]
        return Heard(*(column[rows] for column in self))


@dataclass(slots=True)
class Traced:
    """A run with its trace, while it is taken and afterwards."""

    network: Network
    records: list[dict[str, Any]] = field(default_factory=list)
    restorations: list[dict[str, Any]] = field(default_factory=list)
    crew: list[CrewRow] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    _points: list[Heard] = field(default_factory=list)
    _devices: list[Heard] = field(default_factory=list)

    @contextmanager
    def tracing(self, engine: Engine) -> Iterator[None]:
        """Note what an engine decides meanwhile."""
        trace = engine.trace()
        yield
        self.decisions += trace.decisions

    def take(self, engine: Engine, batches: Iterable[EvidenceBatch], published: Iterable[Published]) -> None:
        """Keep batches, and what the engine says of them."""
        for batch in batches:
            self._keep(batch, engine.state.partition.zones)
        for some in published:
            self.records += some.lifecycle
            self.restorations += some.restorations

    def _keep(self, batch: EvidenceBatch, zones: NDArray[np.bool_]) -> None:
        network = self.network
        if (rows := batch.points) is not None:
            points = network.point_position[rows.point].astype(np.int64)
            near = (points >= 0) & zones[network.device_zone[network.point_device[points]]]
            self._points.append(
                Heard(rows.log_time[near], rows.observed_at[near], points[near], rows.kind[near].astype(np.int64))
            )
        if (told := batch.devices) is not None:
            devices = network.device_position[told.device].astype(np.int64)
            near = (devices >= 0) & zones[network.device_zone[devices]]
            code = told.position.astype(np.int64) + CODES * (told.quality & QUALITY_MASK)
            self._devices.append(Heard(told.log_time[near], told.observed_at[near], devices[near], code[near]))
        self.crew += batch.crew

    @property
    def points(self) -> Heard:
        """All reports about usage points."""
        return _joined(self._points)

    @property
    def devices(self) -> Heard:
        """All that SCADA said."""
        return _joined(self._devices)


def _joined(parts: list[Heard]) -> Heard:
    nothing = Heard(*(np.zeros(0, np.int64) for _ in Heard._fields))
    return Heard(*(np.concatenate(columns) for columns in zip(nothing, *parts, strict=True)))


def trace_log(prepared: PreparedOutages) -> Traced:
    """Live through the evidence log as far as it is kept. Raises `FaultsError` where its head is gone for good."""
    traced, stretch = Traced(prepared.network), OfflineRun(prepared, Path())
    with RangeReader(prepared.cluster.client) as reader:
        for partition in prepared.own_partitions:
            start = prepared.start_before(partition, 0)
            part = reader.locate(prepared.cluster.evidence_log, partition, Edge(offset=start.offset))
            engine = prepared.build_engine(partition, start.state)
            with traced.tracing(engine):
                for item in stretch.followed(reader.records(part), part, start.begin[1]):
                    traced.take(engine, item.record.batches, take_record(engine, item))
    return traced
