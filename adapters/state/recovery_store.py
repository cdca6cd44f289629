"""Bytewax's recovery store, put right before a flow goes on from it.

Bytewax writes snapshots before their epoch is durable, and resumes a flow that was killed in it without them. But it
leaves them in the store, and once the epoch has been lived through again they count as its own: a key that the second
try did not touch is then ahead of all others. (0.21.1, src/recovery.rs: the newest snapshot below the resume epoch is
loaded, and none at or above it is ever deleted.)
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from adapters.state.folder import StateRefusedError
from adapters.state.store_check import STORES

if TYPE_CHECKING:
    from pathlib import Path

_RESUME_EPOCH: Final = """
    SELECT MAX(resume_epoch, COALESCE((SELECT MIN(worker_frontier) FROM fronts WHERE fronts.ex_num = exs.ex_num), 0))
    FROM exs WHERE ex_num = (SELECT MAX(ex_num) FROM exs)
"""
"""Of the newest execution, the epoch that it had not finished: a flow is one process with one worker."""


def forget_unfinished(recovery: Path) -> None:
    """Delete the snapshots of an epoch that never became durable. Raises `StateRefusedError` for a damaged store."""
    for store in sorted(recovery.glob(STORES)):
        try:
            with closing(sqlite3.connect(f"file:{store}?mode=rw", uri=True)) as connection, connection:
                found = connection.execute(_RESUME_EPOCH).fetchone()
                if found is not None:
                    connection.execute("DELETE FROM snaps WHERE snap_epoch >= ?", found)
        except sqlite3.DatabaseError as error:
            fault = f"the snapshot {store} cannot be read ({error}); empty the state folder and start again"
            raise StateRefusedError([fault]) from error
