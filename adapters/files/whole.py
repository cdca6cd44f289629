"""A file that is there as it was or as it is to be, never a part of it, whenever the process ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

UNFINISHED: Final = ".new"
"""Ends the name of what is being written."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step, onto the disk. Raises `OSError`."""
    new = path.with_name(path.name + UNFINISHED)
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
