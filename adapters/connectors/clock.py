"""The connector's clock: when something arrived. No flow reads it; it stands in `received_at` and in heartbeats."""

from __future__ import annotations

import asyncio
import time


def now_us() -> int:
    """Give the microseconds since the epoch."""
    return time.time_ns() // 1000


def now_ms() -> int:
    """Give the milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until it is told to stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
