"""What the engine remembers of restorations, zone by zone: the latest ones, and how long these outages lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.outages.estimate.situation import FRESH, LATEST, UNKNOWN
from models.times.logarithms import logarithms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Restored = tuple[int, int]
"""When power was back (seconds since the epoch), and 256 log2 of the seconds that the outage lasted."""


class ZoneHistory:
    """The latest restorations of each zone."""

    def __init__(self) -> None:
        self._latest: dict[int, list[Restored]] = {}

    def note(self, zone: int, began: int, restored: int) -> None:
        """Take in an outage that is over."""
        lasted = int(logarithms_of(np.array([restored - began], np.int64))[0])
        self._latest[zone] = sorted([*self._latest.get(zone, []), (restored, lasted)])[-LATEST:]

    def columns(self, zone: int, now: int) -> tuple[int, int]:
        """Give `fresh_restorations` and `latest_duration` of a situation."""
        latest = self._latest.get(zone, [])
        fresh = sum(restored > now - FRESH for restored, _ in latest)
        return fresh, sum(lasted for _, lasted in latest) // len(latest) if latest else UNKNOWN

    def save(self) -> list[tuple[int, list[Restored]]]:
        """Give all that is remembered, in an order of its own."""
        return sorted(self._latest.items())

    def restore(self, saved: Iterable[tuple[int, Iterable[Sequence[int]]]]) -> None:
        """Know what `save` gave, and nothing else."""
        self._latest = {zone: [(restored, lasted) for restored, lasted in latest] for zone, latest in saved}
