"""A process takes its state folder up only when the store in it has been looked through."""

import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.state.folder import StateFolder, StateRefusedError
from dataflows.service.state import open_state

IDENTITY = {"flow": "ingest", "process": "0", "processes": "1", "version of faultline": "1"}


def test_a_tampered_store_is_refused_and_its_clean_stop_still_known(tmp_path: Path) -> None:
    folder = open_state(tmp_path, IDENTITY)
    folder.finish({"clean": True})
    folder.close()
    with closing(sqlite3.connect(tmp_path / "recovery" / "part-0.sqlite3")) as connection, connection:
        state = pickle.dumps(print)
        connection.execute("INSERT INTO snaps VALUES ('now', 'ingest.raw', '0', 1, ?)", (state,))
    with pytest.raises(StateRefusedError, match=r"step 'ingest\.raw', key '0', epoch 1: holds what Faultline never"):
        open_state(tmp_path, IDENTITY | {"version of faultline": "2"})
    again = StateFolder(tmp_path)
    assert again.finished == {"clean": True}
    again.close()


def test_a_state_of_other_partitions_is_begun_anew_whatever_is_in_it(tmp_path: Path) -> None:
    open_state(tmp_path, IDENTITY).close()
    (tmp_path / "recovery" / "part-0.sqlite3").write_bytes(b"damaged")
    folder = open_state(tmp_path, IDENTITY | {"processes": "2"})
    assert (tmp_path / "recovery" / "part-0.sqlite3").read_bytes().startswith(b"SQLite")
    folder.close()
