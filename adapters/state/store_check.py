"""Bytewax's recovery store, looked through before Bytewax opens it.

Bytewax unpickles what it finds there, and a pickle can run any program. Ours hold bytes, numbers, texts, and tuples,
lists and dictionaries of these: `pickletools.genops` walks a pickle's instructions without obeying them, and one that
could call, import or allocate at will makes the store refused. So do tables that are not Bytewax's own: a view or a
generated column could show one thing to this check and another to Bytewax.
"""

from __future__ import annotations

import pickletools
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bytewax.recovery import init_db_dir

from adapters.state.folder import StateRefusedError

STORES: Final = "part-*.sqlite3"
VALUES: Final = {"NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"}
TEXTS: Final = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8"}
TUPLES: Final = {"MARK", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "TUPLE"}
CONTAINERS: Final = {"EMPTY_LIST", "APPEND", "APPENDS", "EMPTY_DICT", "SETITEM", "SETITEMS"}
FRAME: Final = {"PROTO", "FRAME", "STOP", "MEMOIZE", "BINGET", "LONG_BINGET"}
PLAIN: Final = VALUES | TEXTS | TUPLES | CONTAINERS | FRAME
"""Instructions that only load values. `PUT` and its like allocate what a number in them says: they are not allowed."""
_ANEW: Final = "empty the state folder: the flow goes on from a checkpoint or the log"
_SCHEMA: Final = "SELECT type, name, sql FROM sqlite_master"
_SNAPSHOTS: Final = "SELECT step_id, state_key, snap_epoch, ser_change FROM snaps"


def check_stores(recovery: Path) -> None:
    """Read all stores through without running anything. Raises `StateRefusedError` with every fault."""
    stores = sorted(recovery.glob(STORES))
    faults = [] if stores else [f"state {recovery} has no recovery store; empty the state folder and start again"]
    for store in stores:
        try:
            with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
                faults += _faults_of_store(store, connection)
        except sqlite3.DatabaseError as error:
            faults.append(f"the snapshot {store} is damaged ({str(error).splitlines()[0]}); {_ANEW}")
    if faults:
        raise StateRefusedError(faults)


def forbidden_instruction(pickle: object) -> str | None:
    """Name the first thing in a pickle that does more than load a value; None where there is none."""
    if not isinstance(pickle, bytes):
        return f"{type(pickle).__name__} in place of a pickle"
    try:
        return next((code.name for code, _, _ in pickletools.genops(pickle) if code.name not in PLAIN), None)
    except (ValueError, IndexError, OverflowError) as error:
        return f"no pickle: {error}"


def _faults_of_store(store: Path, connection: sqlite3.Connection) -> list[str]:
    if sorted(connection.execute(_SCHEMA), key=repr) != _schema_of_bytewax():
        return [
            f"the snapshot {store} has other tables than Bytewax makes: it is damaged or was tampered with; {_ANEW}"
        ]
    if (answer := connection.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        return [f"the snapshot {store} is damaged ({answer.splitlines()[0]}); {_ANEW}"]
    for step, key, epoch, change in connection.execute(_SNAPSHOTS):
        if change is not None and (found := forbidden_instruction(change)):
            where = f"the snapshot {store}, step {step!r}, key {key!r}, epoch {epoch!r}"
            wrong = f"holds what Faultline never writes ({found[:80]}) and may be an attack"
            return [f"{where}: {wrong}; find out who wrote there, then {_ANEW}"]
    return []


def _schema_of_bytewax() -> list[tuple[str, str, str | None]]:
    with TemporaryDirectory(prefix="faultline-") as folder:
        init_db_dir(Path(folder), 1)  # type: ignore[no-untyped-call]
        (store,) = Path(folder).glob(STORES)
        with closing(sqlite3.connect(store)) as connection:
            return sorted(connection.execute(_SCHEMA), key=repr)
