"""The state folder of a flow on Kafka: taken up, made anew for other partitions, or refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from adapters.state.folder import StateFolder, StateRefusedError
from adapters.state.store_check import check_stores
from dataflows.service.preparation import LAYOUT_NAME, PARTITIONS_OF, PLACEMENT, RECONCILED, RULES_NAME, WITH_NETWORK

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from adapters.state.folder import Identity

AFTER_CLEAN_STOP: Final = frozenset(
    {RULES_NAME, "version of faultline", "model", "delivery", "estimates", "life support"}
)
"""Parts of an identity that may change after a clean stop: the output has not run ahead of that snapshot. (Flows of
one's own have their code in place of a version of its rules.)"""
LAID_OUT_ANEW: Final = frozenset({LAYOUT_NAME, "delivery"})
"""Written in another way; what tells the delivery was written with the layout, too."""
LEAST_FREE: Final = 64 << 20
"""Bytes on the disk below which nothing is started."""


def open_state(path: Path, identity: Identity, *, reconcile: bool = False) -> StateFolder:
    """Take the state folder of a process.

    A state of other partitions (another process, another number of them), or one that is written in another way by the
    same rules, is made anew: the flow goes on from a checkpoint or the log. Its store is looked through first. Raises
    `StateRefusedError` for one of another cluster or network, damaged or tampered with, or of other rules; with
    `reconcile` the latter is taken up all the same.
    """
    folder = StateFolder(path)
    try:
        _check_room(path)
        _take(folder, identity, reconcile=reconcile)
    except BaseException:
        folder.close()
        raise
    return folder


def _take(folder: StateFolder, identity: Identity, *, reconcile: bool) -> None:
    theirs = {name: part for name, part in folder.identity.items() if name in identity or name not in WITH_NETWORK}
    reconciled = {name: theirs.pop(name) for name in [RECONCILED] if name in theirs}
    counts = {name: count for name, count in theirs.items() if name.startswith(PARTITIONS_OF)}
    names = {name for name in {**theirs, **identity} if not name.startswith(PARTITIONS_OF)}
    if gone := _gone(counts, identity):
        raise StateRefusedError(gone)
    changed = {name for name in names if theirs.get(name) != identity.get(name)}
    if not folder.begun or changed & PLACEMENT or (changed <= LAID_OUT_ANEW and LAYOUT_NAME in changed):
        folder.begin(identity, lambda: None)
    elif changed <= AFTER_CLEAN_STOP and (not changed or folder.finished):
        check_stores(folder.recovery)
        folder.take_up(identity | ({} if changed else reconciled))
    elif RULES_NAME in changed and changed <= AFTER_CLEAN_STOP | {LAYOUT_NAME}:
        _take_of_other_rules(folder, identity, changed, reconcile=reconcile)
    else:
        folder.check(identity | counts | reconciled)


def _take_of_other_rules(folder: StateFolder, identity: Identity, changed: set[str], *, reconcile: bool) -> None:
    theirs = folder.identity
    if not reconcile:
        raise StateRefusedError([other_rules(f"state {folder.folder}", theirs, identity)])
    marked = identity | {RECONCILED: theirs.get(RULES_NAME, "of old")}
    if LAYOUT_NAME in changed:
        folder.begin(marked, lambda: None)
    else:
        check_stores(folder.recovery)
        folder.take_up(marked)


def other_rules(what: str, theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Say that something was made by other rules, and what to do."""
    made = f"{what} was made by rules {theirs.get(RULES_NAME, 'of old')}, this version of Faultline has rules"
    remedy = (
        "run the version that it was made with and stop it cleanly, or give --reconcile; see faultline upgrade check"
    )
    return f"{made} {ours.get(RULES_NAME)}; {remedy}"


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
