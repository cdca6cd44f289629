"""Whether a path is a plain file: opening a pipe waits for whoever writes into it, without a word."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def other_kind(path: Path) -> str | None:
    """Say what a path is that is no plain file; None for a plain one, and where there is nothing."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None  # whoever opens it says so
    return next((kind for of_this_kind, kind in _KINDS if of_this_kind(mode)), None)
