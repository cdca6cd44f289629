"""The state folder of a flow on Kafka: taken up, made anew for other partitions, or refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from adapters.state.folder import StateFolder, StateRefusedError
from adapters.state.store_check import check_stores
from dataflows.service.preparation import PARTITIONS_OF, PLACEMENT

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.state.folder import Identity

VERSIONS: Final = frozenset({"version of faultline", "model", "delivery"})
"""Parts of an identity that may change after a clean stop: the output has not run ahead of that snapshot."""
LEAST_FREE: Final = 64 << 20
"""Bytes on the disk below which nothing is started."""


def open_state(path: Path, identity: Identity) -> StateFolder:
    """Take the state folder of a process.

    A state of other partitions (another process, another number of them) is made anew: the flow goes on from a
    checkpoint or the log. Its store is looked through first. Raises `StateRefusedError` for one of another cluster,
    network or version, damaged or tampered with.
    """
    folder = StateFolder(path)
    try:
        _check_room(path)
        _take(folder, identity)
    except BaseException:
        folder.close()
        raise
    return folder


def _take(folder: StateFolder, identity: Identity) -> None:
    theirs = folder.identity
    counts = {name: count for name, count in theirs.items() if name.startswith(PARTITIONS_OF)}
    names = {name for name in {**theirs, **identity} if not name.startswith(PARTITIONS_OF)}
    if gone := _gone(counts, identity):
        raise StateRefusedError(gone)
    changed = {name for name in names if theirs.get(name) != identity.get(name)}
    if not folder.begun or changed & PLACEMENT:
        folder.begin(identity, lambda: None)
        return
    if changed <= VERSIONS and (not changed or folder.finished):
        check_stores(folder.recovery)
        folder.take_up(identity)
        return
    folder.check(identity | counts)


def _gone(counts: Identity, identity: Identity) -> list[str]:
    """Name each partition that was read and is not there any more. Bytewax would end for it in words of its own."""
    return [
        f"{name.removeprefix(PARTITIONS_OF)}/{partition} was read and is not there any more; restore the topic, "
        "or begin anew with another prefix"
        for name, count in counts.items()
        for partition in range(int(identity.get(name, 0)), int(count))
    ]


def _check_room(path: Path) -> None:
    free = shutil.disk_usage(path).free
    if free < LEAST_FREE:
        room = f"has {free >> 20} MiB free, at least {LEAST_FREE >> 20} are needed"
        raise StateRefusedError([f"state {path} {room}; make room, or give a folder on another disk"])
