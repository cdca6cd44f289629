"""Whether the channels by which customers are told can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cli.connect.settings import find_ways
from cli.storm_ready.page import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

CHECK: Final = "channel"


def channels(settings: Sequence[Path]) -> Iterator[Row]:
    """Reach for each channel of files of settings; nothing is sent."""
    ways = [found for file in settings for found in find_ways(file).items()]
    for channel, way in ways:
        fault = way.fault()
        if fault is None:
            yield Row(CHECK, channel, "ready", "can be reached")
        else:
            todo = "see to the other side, its address and our secret: nobody is told by it"
            yield Row(CHECK, channel, "not ready", f"cannot be reached: {fault[:200]}", todo)
    if not ways:
        yield Row(CHECK, "", "not asked", "no settings of connect notifications are named", "")
