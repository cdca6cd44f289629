"""The folder of `--state`: Bytewax's recovery store, and a manifest that says what the state belongs to.

The manifest is written last, in one step: a folder without one has not begun, whatever a kill has left in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from stat import S_IWGRP, S_IWOTH
from typing import TYPE_CHECKING, Any, Final

import orjson
from bytewax.recovery import init_db_dir

from adapters.files.whole import UNFINISHED, write_whole
from adapters.state.lock import InUseError, hold
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from adapters.files.topics import TopicFile

MANIFEST: Final = "manifest.json"
NEW_MANIFEST: Final = MANIFEST + UNFINISHED
RECOVERY: Final = "recovery"
LOCK: Final = "lock"
OURS: Final = {MANIFEST, NEW_MANIFEST, RECOVERY, LOCK}

Identity = dict[str, str]
"""What a state belongs to: a version or hash by the name of the thing."""


class StateRefusedError(FaultsError):
    """A state that cannot be taken up."""


class StateFolder:
    """A folder that belongs to one replay, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made if it is missing. Raises `StateRefusedError`."""
        self.folder = folder
        self.recovery = folder / RECOVERY
        self._make()
        self._lock = _locked(folder / LOCK)
        self._manifest = read_manifest(folder)

    @property
    def begun(self) -> bool:
        """Whether a replay has begun on this state."""
        return self._manifest is not None

    @property
    def finished(self) -> Mapping[str, Any] | None:
        """What `finish` was given, None while the replay is under way."""
        return self._manifest and self._manifest["finished"]

    @property
    def identity(self) -> Identity:
        """What the state belongs to; empty before it has begun."""
        return {} if self._manifest is None else dict(self._manifest["identity"])

    def check(self, identity: Identity) -> None:
        """Raise `StateRefusedError` with each part of the identity that is another than this state's."""
        if self._manifest is None:
            return
        begun_with = self._manifest["identity"]
        faults = [
            f"state {self.folder} belongs to another {name}: {begun_with.get(name, 'none')}, "
            f"now {identity.get(name, 'none')}; give what it was begun with, or another --state"
            for name in {**begun_with, **identity}
            if begun_with.get(name) != identity.get(name)
        ]
        if faults:
            raise StateRefusedError(faults)

    def begin(self, identity: Identity, clear_output: Callable[[], None]) -> None:
        """Begin: an empty recovery store and a cleared output, then the manifest that makes both count."""
        shutil.rmtree(self.recovery, ignore_errors=True)
        self.recovery.mkdir(0o700)
        init_db_dir(self.recovery, 1)  # type: ignore[no-untyped-call]
        clear_output()
        self._write({"identity": identity, "finished": None})

    def take_up(self, identity: Identity) -> None:
        """Go on with the state, as that of `identity` from now on."""
        self._write({"identity": identity, "finished": None})

    def finish(self, result: Mapping[str, Any]) -> None:
        """Note that the replay is over, and what it came to."""
        if self._manifest is not None:
            self._write({**self._manifest, "finished": dict(result)})

    def close(self) -> None:
        """Let the next process have the folder."""
        os.close(self._lock)

    def _make(self) -> None:
        try:
            self.folder.mkdir(0o700, parents=True, exist_ok=True)
            refuse_unfit(self.folder)
            self.folder.chmod(0o700)
        except OSError as error:
            raise StateRefusedError([f"state {self.folder} is no folder to write in: {error.strerror}"]) from error

    def _write(self, manifest: dict[str, Any]) -> None:
        write_whole(self.folder / MANIFEST, orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
        self._manifest = manifest


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Read what a state folder says of itself; None where it has not begun. Raises `StateRefusedError`."""
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = orjson.loads(path.read_bytes())
        return {"identity": dict(manifest["identity"]), "finished": manifest["finished"]}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise StateRefusedError([f"{path} cannot be read; give another --state"]) from error


def refuse_unfit(folder: Path) -> None:
    """Raise `StateRefusedError` for a folder that is there and cannot be a state's.

    Nobody besides this user and root may have written in it.
    """
    try:
        strangers = sorted(entry.name for entry in folder.iterdir() if entry.name not in OURS)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateRefusedError([f"state {folder} is no folder to write in: {error.strerror}"]) from error
    faults = _open_to_others(folder, folder / RECOVERY)
    if strangers:
        faults.append(f"{folder} holds other things ({', '.join(strangers[:3])}); give an empty or a new folder")
    if faults:
        raise StateRefusedError([f"state {fault}" for fault in faults])


def _open_to_others(*folders: Path) -> list[str]:
    trusted = {0, os.geteuid()}
    found = [(path, path.stat()) for path in folders if path.exists()]
    faults = [
        f"{path} belongs to another user; give a folder of your own"
        for path, status in found
        if status.st_uid not in trusted
    ]
    return faults + [
        f"{path} can be written by other users, who could make the flow run their programs; "
        f"empty it if you do not know what is in it, then chmod 700 {path}"
        for path, status in found
        if status.st_mode & (S_IWGRP | S_IWOTH)
    ]


def identify(files: Sequence[TopicFile]) -> Identity:
    """Give the hash of each input file's whole content."""
    identity = {}
    for file in files:
        with file.path.open("rb") as content:
            identity[f"input file {file.path.name}"] = hashlib.file_digest(content, "sha256").hexdigest()
    return identity


def _locked(path: Path) -> int:
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        hold(lock, f"state {path.parent}", "wait for it to end")
    except InUseError as error:
        os.close(lock)
        raise StateRefusedError(error.faults) from error
    return lock
