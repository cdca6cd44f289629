"""A recovery store is looked through without running anything that stands in it."""

import os
import pickle
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.recovery import init_db_dir
from bytewax.testing import TestingSink, TestingSource
from hypothesis import given
from hypothesis import strategies as st

from adapters.state.folder import StateRefusedError
from adapters.state.store_check import check_stores, forbidden_instruction
from dataflows.service.run import run_flow

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | inner.map(lambda value: (value, value))
    ),
)


class Running:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.mkdir, (str(self.folder),)


@pytest.fixture
def recovery(tmp_path: Path) -> Path:
    (tmp_path / "recovery").mkdir()
    init_db_dir(tmp_path / "recovery", 1)  # type: ignore[no-untyped-call]
    return tmp_path / "recovery"


def execute(recovery: Path, *statements: str, values: tuple[object, ...] = ()) -> None:
    with closing(sqlite3.connect(recovery / "part-0.sqlite3")) as connection, connection:
        for statement in statements:
            connection.execute(statement, values)


def keep(recovery: Path, state: bytes) -> None:
    statement = "INSERT INTO snaps (step_id, state_key, snap_epoch, ser_change) VALUES ('counting.count', 'a', 0, ?)"
    execute(recovery, statement, values=(state,))


def counting() -> Dataflow:
    flow = Dataflow("counting")
    keyed = op.key_on("key", op.input("texts", flow, TestingSource(["a"])), str)
    op.output("nothing", op.stateful_map("count", keyed, lambda count, _: (count, count)), TestingSink([]))
    return flow


@given(PLAIN)
def test_what_plain_values_pickle_to_passes(value: object) -> None:
    assert forbidden_instruction(pickle.dumps(value, protocol=4)) is None


@given(PLAIN, st.integers(0, 4))
def test_what_could_run_is_named_wherever_it_stands(value: object, protocol: int) -> None:
    assert forbidden_instruction(pickle.dumps([value, Running(Path("x"))], protocol=protocol)) is not None


@pytest.mark.parametrize(
    "broken", [b"", b"\x80", b"\x80\x04K", b"\x80\x04N", b"\xff\x80\x04N.", b"\x80\x04r\xff\xff\xff\x7fN.", "N."]
)
def test_what_is_no_pickle_of_ours_is_named(broken: object) -> None:
    assert forbidden_instruction(broken)


def test_a_pickle_that_runs_a_program_is_refused_before_it_does(recovery: Path) -> None:
    ran = recovery.parent / "ran"
    keep(recovery, pickle.dumps(Running(ran)))
    execute(recovery, "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (0, 1, 5)")
    execute(recovery, "INSERT INTO fronts (ex_num, worker_index, worker_frontier) VALUES (0, 0, 5)")
    with pytest.raises(StateRefusedError, match=r"step 'counting\.count', key 'a', epoch 0: .* may be an attack"):
        run_flow(counting(), recovery)
    assert not ran.exists()


@pytest.mark.parametrize(
    "statements",
    [
        ["ALTER TABLE snaps RENAME TO kept", "CREATE VIEW snaps AS SELECT * FROM kept"],
        ["CREATE TRIGGER late AFTER INSERT ON exs BEGIN UPDATE snaps SET ser_change = x'80044e2e'; END"],
        ["ALTER TABLE snaps ADD COLUMN more TEXT"],
    ],
)
def test_tables_that_could_show_something_else_later_are_refused(recovery: Path, statements: list[str]) -> None:
    execute(recovery, *statements)
    with pytest.raises(StateRefusedError, match="other tables than Bytewax makes"):
        check_stores(recovery)


def test_a_store_that_bytewax_wrote_passes(recovery: Path) -> None:
    run_flow(counting(), recovery)
    check_stores(recovery)


def test_missing_and_damaged_stores_are_refused(recovery: Path, tmp_path: Path) -> None:
    with pytest.raises(StateRefusedError, match="no recovery store"):
        check_stores(tmp_path)
    store = recovery / "part-0.sqlite3"
    for content in (b"no database at all" * 100, store.read_bytes()[:5000]):
        store.write_bytes(content)
        with pytest.raises(StateRefusedError, match="is damaged"):
            check_stores(recovery)
