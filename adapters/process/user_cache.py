"""Where Faultline keeps what it can make again: the user's cache, as the XDG base directory specification has it."""

from __future__ import annotations

import os
from pathlib import Path


def user_cache() -> Path:
    """Return the folder, which may not exist yet; raises `RuntimeError` for a user without a home."""
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".cache") / "faultline"
