"""Units of time: all times are whole milliseconds since the epoch."""

from __future__ import annotations

from typing import Final

SECOND: Final = 1000
END_OF_TIME: Final = 1 << 62
"""Later than anything: a bound where there is none, an end that has not come."""
