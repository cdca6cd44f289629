"""A flow that is killed twice in one epoch goes on from what was durable, for every key."""

import pickle
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulBatchLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import init_db_dir
from typing_extensions import override

from adapters.state.folder import StateRefusedError
from adapters.state.recovery_store import forget_unfinished
from dataflows.service.run import FlowFailedError, run_flow

Item = tuple[str, int]


class Killed(Exception):  # noqa: N818 (it is no error)
    """The process ends here."""


class Numbers(StatefulSourcePartition[Item, int]):
    """Gives items one by one, an epoch each, and is killed at a moment of one of them."""

    def __init__(self, items: list[Item], position: int, kill_at: int) -> None:
        self.items, self.position, self.kill_at = items, position, kill_at

    @override
    def next_batch(self) -> Iterable[Item]:
        if self.position == self.kill_at:
            raise Killed
        if self.position == len(self.items):
            raise StopIteration
        self.position += 1
        return [self.items[self.position - 1]]

    @override
    def snapshot(self) -> int:
        return self.position


class Source(FixedPartitionedSource[Item, int]):
    def __init__(self, items: list[Item], kill_at: int) -> None:
        self.items, self.kill_at = items, kill_at

    @override
    def list_parts(self) -> list[str]:
        return ["0"]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Numbers:
        return Numbers(self.items, resume_state or 0, self.kill_at)


class Count(StatefulBatchLogic[int, int, int]):
    def __init__(self, count: int) -> None:
        self.count = count

    @override
    def on_batch(self, values: list[int]) -> tuple[Iterable[int], bool]:
        self.count += len(values)
        return [self.count], False

    @override
    def snapshot(self) -> int:
        return self.count


class Kept(DynamicSink[Item], StatelessSinkPartition[Item]):
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    @override
    def build(self, step_id: str, worker_index: int, worker_count: int) -> "Kept":
        return self

    @override
    def write_batch(self, items: list[Item]) -> None:
        self.counts |= dict(items)


def count(recovery: Path, items: list[Item], kill_at: int = -1) -> dict[str, int]:
    """Count items by key, an epoch for each item."""
    kept = Kept()
    flow = Dataflow("count")
    stream = op.input("numbers", flow, Source(items, kill_at))
    op.output("kept", op.stateful_batch("counts", stream, lambda state: Count(state or 0)), kept)
    run_flow(flow, recovery, timedelta(0))
    return kept.counts


ITEMS = [(key, 1) for key in "abcabcaabbz"]


@pytest.fixture
def recovery(tmp_path: Path) -> Path:
    init_db_dir(tmp_path, 1)  # type: ignore[no-untyped-call]
    return tmp_path


def resume_epoch(store: Path) -> int:
    with closing(sqlite3.connect(store)) as connection:
        return int(connection.execute("SELECT MAX(worker_frontier) FROM fronts").fetchone()[0])


def test_what_a_dead_run_left_of_its_last_epoch_is_not_counted_with(recovery: Path) -> None:
    """A count of `z` that never became durable stands in the store when the flow is killed again, some epochs later."""
    with pytest.raises(FlowFailedError, match="Killed"):
        count(recovery, ITEMS, kill_at=6)
    store = recovery / "part-0.sqlite3"
    with closing(sqlite3.connect(store)) as connection, connection:
        left = ("count.counts", "z", resume_epoch(store), pickle.dumps(100))
        assert connection.execute("SELECT 1 FROM snaps WHERE step_id = ?", left[:1]).fetchone()
        connection.execute("INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES (?, ?, ?, ?)", left)
    with pytest.raises(FlowFailedError, match="Killed"):
        count(recovery, ITEMS, kill_at=9)
    assert count(recovery, ITEMS)["z"] == 1


def test_what_is_durable_stays(recovery: Path) -> None:
    with pytest.raises(FlowFailedError, match="Killed"):
        count(recovery, ITEMS, kill_at=6)
    store = recovery / "part-0.sqlite3"
    resumes_at = resume_epoch(store)
    for _ in range(2):
        forget_unfinished(recovery)
        with closing(sqlite3.connect(store)) as connection:
            epochs = [epoch for (epoch,) in connection.execute("SELECT snap_epoch FROM snaps")]
        assert len(epochs) >= 4
        assert max(epochs) < resumes_at


def test_a_store_that_has_not_begun_is_left_as_it_is(recovery: Path) -> None:
    forget_unfinished(recovery)
    assert count(recovery, ITEMS) == {"a": 4, "b": 4, "c": 2, "z": 1}


def test_a_damaged_store_is_refused(recovery: Path) -> None:
    (recovery / "part-0.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(StateRefusedError, match="empty the state folder"):
        forget_unfinished(recovery)
