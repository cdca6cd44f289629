"""When an outage teaches what its collectors do: once its wave is over, and when it ends.

What an instant teaches counts from the next one on, since the pictures of this instant are drawn by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.outages.delivery.memory import believed, learn, who_returned, who_spoke
from models.outages.inference.reports import METERS
from models.outages.rules.life_cycle import confirmed_by

if TYPE_CHECKING:
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

OVER: Final = 300_000
"""A wave is over so long (ms) after the loss of power."""
LONG: Final = 90_000
"""What lasted for less (ms) was not noticed by all meters."""


def learn_from_wave(partition: Partition, outage: Outage, now: int) -> None:
    """Who gasped, of all that lost power with this outage."""
    if outage.learned or outage.suspected or outage.nested or outage.source != METERS:
        return
    if now < outage.wave_at + OVER and outage.closed_at is None:
        partition.set_timer(outage.wave_at + OVER, ~outage.area)
        return
    outage.learned = True
    if outage.closed_at is not None and outage.closed_at < outage.wave_at + LONG:
        return
    forest, memory, zone = partition.forest, partition.memory, outage.zone
    rows = int(forest.zone_row_start[zone]), int(forest.zone_row_start[zone + 1])
    heard, asked = who_spoke(partition.points, forest.delivery_row, outage.span, outage.slot, rows, outage.wave_at)
    if not confirmed_by(partition, outage) and heard.any():
        first = int(heard.argmax())  # had nobody spoken it would not be known
        heard[first] -= 1
        asked[first] -= 1
    known = believed(memory, partition.scores, forest, zone)
    learn((memory.gasps, memory.gasps_of), memory.gasps_steady[zone], known.gasps, rows[0], heard, asked)


def learn_from_return(partition: Partition, outage: Outage) -> None:
    """Who said that power is back, of all for whom it is."""
    if outage.suspected or outage.closed_at is None or outage.closed_at < outage.wave_at + LONG:
        return
    forest, memory, zone = partition.forest, partition.memory, outage.zone
    rows = int(forest.zone_row_start[zone]), int(forest.zone_row_start[zone + 1])
    tolerance = partition.scores.clock_tolerance
    heard, asked = who_returned(partition.points, forest.delivery_row, outage.span, outage.slot, rows, tolerance)
    known = believed(memory, partition.scores, forest, zone)
    learn((memory.returns, memory.returns_of), memory.returns_steady[zone], known.returns, rows[0], heard, asked)


def know_sources(partition: Partition, giver: Outage, taker: Outage) -> None:
    """Whose meter is of which kind is known from now on: of those that lost power anew as of those that did not."""
    points, here = partition.points, slice(*giver.span)
    theirs = (points.owner[here] == giver.slot) | (points.owner[here] == taker.slot)
    points.source[here][theirs] = points.said_by[here][theirs]
