"""What an estimate is made from: whole numbers that the engine knows at an instant and a history knows of the past.

Times are in seconds. `UNKNOWN` stands for what nobody has said. Nothing is in here that is only known afterwards: the
customers are those of now, crews count from their first report on, and of other outages only what has happened by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from models.network.network import DEVICE_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN: Final = -1
KINDS: Final[Mapping[str, int]] = {"service": 1, **{kind: place for place, kind in enumerate(DEVICE_KINDS, start=2)}}
"""`device_kind` as a number; 0 is unknown."""
WORKS: Final[Mapping[str, int]] = {"maintenance": 1, "safety_shutoff": 2, "switching": 3}
"""`planned_kind` as a number; 0 is none."""
CREW_STAGES: Final[Mapping[str, int]] = {"assigned": 1, "en_route": 1, "on_site": 2, "repairing": 3, "completed": 3}
"""How far a crew's status is; 0 is that of no crew."""
LATEST: Final = 20
"""Of a zone so many restorations are remembered, the latest ones."""
FRESH: Final = 3 * 3600
"""A restoration is fresh for so long."""


class Situation(NamedTuple):
    """One outage at one instant."""

    customers: int
    device_kind: int
    hour: int
    """0 to 23, in the utility's time zone."""
    weekday: int
    """0 is Monday."""
    age: int
    """Since the outage began."""
    crew_stage: int
    """The furthest that a crew has come."""
    crew_age: int
    """Since a crew has first come so far."""
    planned: int
    planned_left: int
    """Until the announced end of the planned work, 0 once that has passed."""
    open_outages: int
    """In the zone now, this one with them."""
    open_age: int
    """How long these have been out: the mean."""
    fresh_restorations: int
    """In the zone, of the latest ones."""
    latest_duration: int
    """How long the latest outages of the zone lasted: the mean of their logarithms to base 2, in 1/256."""


FIELDS: Final = Situation._fields
