"""Keys in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.kafka.connection.secret_file import read_secret
from models.one_way.frames import Key, make_key

if TYPE_CHECKING:
    from pathlib import Path


def read_key(path: Path) -> Key:
    """Read a key. Raises `OSError`, and `ValueError` where there is none."""
    return make_key(read_secret(path).strip().encode())
