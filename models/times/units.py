"""Units of time: all times are whole milliseconds since the epoch."""

from __future__ import annotations

from typing import Final

SECOND: Final = 1000
