"""The sender's numbers: each start is an epoch, and the last number of each is kept, so that no loss goes untold."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Final

import orjson

from adapters.files.whole import write_whole
from models.one_way.heartbeat import TOLD_EPOCHS
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

EPOCHS: Final = "one_way.json"
NUMBER: Final = "one_way.number"
_PLACE: Final = struct.Struct(">QQ")


class Numbers:
    """The numbers of one sender, kept in its state folder."""

    def __init__(self, folder: Path, now: int) -> None:
        """Begin an epoch at `now`, milliseconds. Raises `FaultsError` where the folder does not allow it."""
        try:
            self.epochs = _ended(folder)[-TOLD_EPOCHS:]
            self.epoch = max(now, 1 + max((epoch for epoch, _ in self.epochs), default=0))
            self.number = 0
            write_whole(folder / EPOCHS, orjson.dumps(self.epochs))
            self._file = os.open(folder / NUMBER, os.O_RDWR | os.O_CREAT, 0o600)
            self._write()
            self.sync()
        except OSError as error:
            raise FaultsError([f"state {folder}: cannot be used ({error.strerror}); see to the folder"]) from error

    def next(self) -> int:
        """Give the next number; it is kept before the frame goes."""
        self.number += 1
        self._write()
        return self.number

    def sync(self) -> None:
        """Bring it onto the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _write(self) -> None:
        os.pwrite(self._file, _PLACE.pack(self.epoch, self.number), 0)


def _ended(folder: Path) -> list[tuple[int, int]]:
    """Read the epochs before, and where each ended."""
    try:
        found = [(int(epoch), int(last)) for epoch, last in orjson.loads((folder / EPOCHS).read_bytes())]
        last = _PLACE.unpack((folder / NUMBER).read_bytes())
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, struct.error):
        remedy = "remove both, and receivers count no loss over this restart"
        raise FaultsError([f"{folder}: {EPOCHS} or {NUMBER} is damaged; {remedy}"]) from None
    return [*found, (last[0], last[1])]
