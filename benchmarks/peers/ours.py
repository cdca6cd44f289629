"""Faultline: ingest as in production (source, decoder, checks, look-up, columns), then the join and the count.

A Bytewax flow with recovery: every ten seconds the offsets, what each meter has said and the counts are kept. Copies
are what the engine's own join finds to change nothing.
"""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import bytewax.operators as op
import numpy as np
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main

from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.connectors.raw_source import RECORDS_AT_ONCE
from adapters.kafka.records.raw import record_columns
from adapters.process.pulse import collect_seldom
from benchmarks.peers.protocol import Progress, Task
from models.contracts.topics import METER_EVENTS
from models.evidence.instant_order import order_rows
from models.ingest.origin_reader import OriginReader
from models.network.compiler import compile_network
from models.network.tables import DeviceColumns, PointColumns
from models.outages.evidence.merge import join_points
from models.outages.inference.knowledge import nothing_known
from models.outages.weights.parameters import Parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.evidence.batch import PointRows
    from models.network.network import Network

COHERENCE_MS = round(Parameters().coherence_seconds * 1000)
Read = tuple[str, "tuple[PointRows | None, int]"]


def read_network(task: Task) -> Network:
    """Lay the table out as a network: a breaker a feeder, and its meters below."""
    with task.table.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        meters, feeder_of = zip(*rows, strict=True)
    feeders = sorted(set(feeder_of))
    place = {feeder: number for number, feeder in enumerate(feeders)}
    devices = DeviceColumns.bare(feeders, [3] * len(feeders), [-1] * len(feeders), feeders)
    return compile_network(
        devices, PointColumns.bare(meters, meters, np.array(list(map(place.get, feeder_of)), np.int32))
    )


class Source(FixedPartitionedSource[Read, Any]):
    """All partitions of a process through one consumer and ingest."""

    def __init__(self, task: Task, network: Network) -> None:
        self.task, self.network = task, network

    def list_parts(self) -> list[str]:
        """There is one."""
        return ["0"]

    def build_part(self, _step_id: str, _part: str, state: dict[int, tuple[int, int]] | None) -> SourcePart:
        """Go on from a snapshot, or begin."""
        begin = state or dict.fromkeys(self.task.partitions(), (0, 0))
        return SourcePart(self.task, self.network, begin)


class SourcePart(StatefulSourcePartition[Read, Any]):
    """Reads to the end of the partitions."""

    def __init__(self, task: Task, network: Network, begin: dict[int, tuple[int, int]]) -> None:
        offsets = {(task.topic, partition): offset for partition, (offset, _) in begin.items()}
        self.log_times = {partition: log_time for partition, (_, log_time) in begin.items()}
        self.reader = PartitionReader({"bootstrap.servers": task.bootstrap}, task.name, offsets)
        self.ingest = {partition: OriginReader(network, METER_EVENTS, partition) for partition in begin}
        self.left = sum(task.ends[partition] - offset for (_, partition), offset in offsets.items())

    def next_batch(self) -> list[Read]:
        """Read, decode, check, look up."""
        if self.left == 0:
            raise StopIteration
        items: list[Read] = []
        for run in self.reader.poll(RECORDS_AT_ONCE, 0.02).runs:
            values, logged = record_columns(run, self.log_times[run.partition])
            batch = self.ingest[run.partition].read_log(values, logged, self.log_times[run.partition]).batch
            self.log_times[run.partition] = batch.last_log_time
            self.left -= len(values)
            items.append(("join", (batch.points, len(values))))
        return items

    def snapshot(self) -> dict[int, tuple[int, int]]:
        """Give where each partition stands."""
        return {part: (offset, self.log_times[part]) for (_, part), offset in self.reader.positions.items()}

    def close(self) -> None:
        """End reading."""
        self.reader.close()


class Join(StatefulBatchLogic["tuple[PointRows | None, int]", int, bytes]):
    """What each meter has said, and how many of a feeder are out."""

    def __init__(self, network: Network) -> None:
        self.network = network
        points, feeders = len(network.point_ids), len(network.device_ids)
        self.points, _ = nothing_known(points, feeders)
        self.out = np.zeros(feeders, np.int64)
        self.dropped = 0

    def begin(self, state: bytes | None) -> Join:
        """Go on from a snapshot, if there is one."""
        if state is not None:
            self.restore(state)
        return self

    def on_batch(self, values: list[tuple[PointRows | None, int]]) -> tuple[list[int], bool]:
        """Merge; what changes nothing is a copy."""
        for rows, _ in values:
            if rows is not None:
                self.merge(rows)
        return [sum(records for _, records in values)], self.RETAIN

    def merge(self, rows: PointRows) -> None:
        """Join one batch and count the meters that it shows out."""
        position, count = self.network.point_position[rows.point], len(rows.point)
        order, _ = order_rows(rows.log_time, position)
        changed, said_out = np.zeros(count, np.uint8), np.zeros(count, np.uint8)
        touched = np.zeros(count, np.int32)
        columns = (position, rows.kind, rows.observed_at, rows.outage_started_at, rows.log_time)
        join_points(self.points, columns, order, (0, count), COHERENCE_MS, changed, touched, said_out)
        fresh = self.network.point_device[position[changed > 0]]
        self.out += np.bincount(fresh, minlength=len(self.out))
        self.dropped += count - len(fresh)

    def snapshot(self) -> bytes:
        """Write the counts and what is known of each point."""
        return b"".join([np.int64(self.dropped).tobytes(), *(column.tobytes() for column in self.columns())])

    def restore(self, state: bytes) -> None:
        """Go on from a snapshot."""
        self.dropped, place = int(np.frombuffer(state, np.int64, 1)[0]), 8
        for column in self.columns():
            column[:] = np.frombuffer(state, column.dtype, len(column), place)
            place += column.nbytes

    def columns(self) -> list[NDArray[Any]]:
        """All that the answer depends on."""
        return [self.out, *self.points]


class Done(DynamicSink[int]):
    """Tells the driver how far things are."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> DonePart:
        """Open the sink of the one worker."""
        return DonePart(self.progress)


class DonePart(StatelessSinkPartition[int]):
    """Tells it for one worker."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def write_batch(self, items: list[int]) -> None:
        """Count records that are done with."""
        self.progress.see(sum(items))


def main() -> None:
    task = Task.from_environment()
    network = read_network(task)
    progress = Progress(task.records())
    join = Join(network)
    flow = Dataflow("peers")
    read = op.input("ingest", flow, Source(task, network))
    joined = op.stateful_batch("join", read, join.begin)
    op.output("done", op.map("records", joined, lambda keyed: keyed[1]), Done(progress))
    warm_up(network)
    collect_seldom()
    init_db_dir(task.state, 1)  # type: ignore[no-untyped-call]
    progress.ready()
    recovery = RecoveryConfig(task.state)  # type: ignore[no-untyped-call]
    run_main(flow, epoch_interval=timedelta(seconds=10), recovery_config=recovery)  # type: ignore[no-untyped-call]
    out = {network.device_ids[feeder]: int(count) for feeder, count in enumerate(join.out.tolist()) if count}
    progress.answer(join.dropped, out)


def warm_up(network: Network) -> None:
    """Load the machine code of the loops, as the other contenders load theirs before they are ready."""
    line = (
        b'{"event_id":"","meter_id":"%s","kind":"last_gasp","observed_at":"2026-07-01T00:00:00.000Z",'
        b'"received_at":"2026-07-01T00:00:00.000Z","source":"mesh"}' % network.meter_ids[0].encode()
    )
    batch = OriginReader(network, METER_EVENTS).read([line], 0, 0).batch
    assert batch.points is not None  # noqa: S101  a known meter
    Join(network).merge(batch.points)


if __name__ == "__main__":
    main()
