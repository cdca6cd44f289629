"""A file or folder held by one process at a time; the hold ends with the process, however that ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class InUseError(FaultsError):
    """What another process has."""


@contextmanager
def locked_output(folder: Path) -> Iterator[None]:
    """Make a folder for output, and hold it. Raises `InUseError`."""
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        hold(held, f"output {folder}", "give another folder, or wait for it to end")
        yield
    finally:
        os.close(held)


def hold(file: int, what: str, remedy: str) -> None:
    """Hold an open file or folder until it is closed. Raises `InUseError`."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InUseError([f"{what} is in use by another process; {remedy}"]) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InUseError([f"{what} cannot be locked ({reason}); give a folder on a local disk"]) from error
