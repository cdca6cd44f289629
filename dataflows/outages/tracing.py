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


class EvidenceRows(NamedTuple):
    """Rows about points or devices in columns; times in milliseconds, subjects by position."""

    log_time: NDArray[np.int64]
    observed_at: NDArray[np.int64]
    subject: NDArray[np.int64]
    code: NDArray[np.int64]
    """Kind of evidence; of devices, position and `CODES` times the quality."""

    def about(self, first: int, last: int) -> EvidenceRows:
        """The rows of the subjects from `first` to below `last`, by log time."""
        rows = np.flatnonzero((self.subject >= first) & (self.subject < last))
        rows = rows[np.lexsort((self.observed_at[rows], self.log_time[rows]))]
        return EvidenceRows(*(column[rows] for column in self))


@dataclass(slots=True)
class Traced:
    """A run with its trace, while it is taken and afterwards."""

    network: Network
    records: list[dict[str, Any]] = field(default_factory=list)
    restorations: list[dict[str, Any]] = field(default_factory=list)
    crew: list[CrewRow] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    _points: list[EvidenceRows] = field(default_factory=list)
    _devices: list[EvidenceRows] = field(default_factory=list)

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
            points = _positions(network.point_position, rows.point)
            near = (points >= 0) & zones[network.device_zone[network.point_device[points]]]
            self._points.append(
                EvidenceRows(
                    rows.log_time[near], rows.observed_at[near], points[near], rows.kind[near].astype(np.int64)
                )
            )
        if (reports := batch.devices) is not None:
            devices = _positions(network.device_position, reports.device)
            near = (devices >= 0) & zones[network.device_zone[devices]]
            code = reports.position.astype(np.int64) + CODES * (reports.quality & QUALITY_MASK)
            self._devices.append(
                EvidenceRows(reports.log_time[near], reports.observed_at[near], devices[near], code[near])
            )
        self.crew += batch.crew

    @property
    def points(self) -> EvidenceRows:
        """All reports about usage points."""
        return _joined(self._points)

    @property
    def devices(self) -> EvidenceRows:
        """All that SCADA said."""
        return _joined(self._devices)


def _positions(positions: NDArray[np.int32], numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where numbers stand; -1 of what a later version has."""
    known = numbers < len(positions)
    return np.where(known, positions[np.where(known, numbers, 0)], -1).astype(np.int64)


def _joined(parts: list[EvidenceRows]) -> EvidenceRows:
    nothing = EvidenceRows(*(np.zeros(0, np.int64) for _ in EvidenceRows._fields))
    return EvidenceRows(*(np.concatenate(columns) for columns in zip(nothing, *parts, strict=True)))


def trace_log(prepared: PreparedOutages) -> Traced:
    """Live through the evidence log as far as it is kept. Raises `FaultsError` where its head is gone for good."""
    traced, stretch = Traced(prepared.network), OfflineRun(prepared, Path())
    with RangeReader(prepared.cluster.client) as reader:
        for partition in prepared.own_partitions:
            start = prepared.start_before(partition, 0)
            part = reader.locate(prepared.cluster.evidence_log, partition, Edge(offset=start.offset))
            engine = prepared.build_engine(partition, start.state)
            with traced.tracing(engine):
                for item in stretch.followed(reader.records(part), part, start.begin):
                    traced.take(engine, item.record.batches, take_record(engine, item))
    return traced
