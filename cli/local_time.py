"""Times for people: as clocks of the utility show them where its time zone is set, else as records have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.process.time_zone import find_zone, local_time
from dataflows.service.given_settings import find_settings
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def clock_of_utility(config: Path | None = None) -> Callable[[str], str]:
    """Give what writes a record's time for people. Raises `FaultsError` for a zone that is not known."""
    given = find_settings({"config": config}).get("time_zone")
    if given is None:
        return str
    zone = find_zone(given.value)
    return lambda written: local_time(parse_time(written), zone)
