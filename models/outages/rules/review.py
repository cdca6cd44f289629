"""Looking at outages and zones at an instant: which of them, in which order, and what is asked of an outage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.outages.inference.energised import NOT_YET
from models.outages.inference.pass_columns import SETTLED, STANDING, SUSPECTED
from models.outages.rules.closing import close
from models.outages.rules.life_cycle import next_due, review_duration, review_suspicion
from models.outages.rules.opening import explain
from models.outages.state.partition import overlap
from models.outages.state.quiet import STIRS, WAITS, rest, who_stirs
from models.outages.state.zone_repair import fail

if TYPE_CHECKING:
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def look(partition: Partition, spoken: dict[str, Outage], now: int) -> None:
    """Outages first, then zones: power that came back explains reports before new outages do.

    `spoken` are outages whose points spoke or whose timers ran down: looked at if something may follow.
    """
    resting = _resting(partition, spoken, now)
    outages = sorted((spoken | partition.to_review).values(), key=lambda one: (one.zone, one.outage_id))
    spoken.clear()
    partition.to_review.clear()
    moved: dict[int, list[tuple[int, int]]] = {}
    for outage in outages:
        if partition.by_slot[outage.slot] is not outage or outage.zone in partition.quarantined:
            continue
        around = moved.get(outage.zone, ())
        if outage.outage_id in resting and not any(overlap(outage.span, span) for span in around):
            continue
        try:
            unmoved = _review(partition, outage, now)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
            fail(partition, outage.zone, error)
            continue
        if not unmoved:
            moved.setdefault(outage.zone, []).append(outage.span)
            partition.loose.add(outage.zone)
    zones = sorted(partition.to_explain)
    partition.to_explain.clear()
    if zones:
        explain(partition, zones, now)


def _resting(partition: Partition, spoken: dict[str, Outage], now: int) -> set[str]:
    """Of the outages that were spoken of, those that nothing follows for at this instant."""
    outages = [outage for name, outage in spoken.items() if name not in partition.to_review]
    if not outages:
        return set()
    try:
        return _rest(partition, outages, now)
    except Exception:  # noqa: BLE001  whose it is shows zone by zone
        return _rest_by_zone(partition, outages, now)


def _rest_by_zone(partition: Partition, outages: list[Outage], now: int) -> set[str]:
    resting: set[str] = set()
    for zone in sorted({outage.zone for outage in outages}):
        try:
            resting |= _rest(partition, [outage for outage in outages if outage.zone == zone], now)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
            fail(partition, zone, error)
    return resting


def _rest(partition: Partition, outages: list[Outage], now: int) -> set[str]:
    slots = np.array([outage.slot for outage in outages], np.int32)
    stirs, due = who_stirs(partition.forest.customers, partition.points, partition.limits, partition.quiet, slots, now)
    resting = set()
    for outage, stir, due_at in zip(outages, stirs.tolist(), due.tolist(), strict=True):
        if due_at != NOT_YET:
            partition.set_timer(due_at, outage=outage)
        if stir == WAITS:
            partition.set_timer(outage.next_restoration_at, outage=outage)
        if stir != STIRS:
            resting.add(outage.outage_id)
    return resting


def _review(partition: Partition, outage: Outage, now: int) -> bool:
    """Look at an outage; True if that changed nothing."""
    if outage.stance == SUSPECTED:
        review_suspicion(partition, outage, now)
        return False
    accounted_for = close(partition, outage, now)
    if outage.final:
        return False
    review_duration(partition, outage, now)
    _settle(partition, outage, now)
    if not accounted_for or outage.outage_id in partition.dirty:
        partition.quiet.until[outage.slot] = 0
        return False
    rest(partition.quiet, outage, next_due(partition, outage, now))
    return True


def _settle(partition: Partition, outage: Outage, now: int) -> None:
    """Once its wave is over an outage is explained a last time, or what came back speaks for it."""
    if outage.stance == STANDING and outage.wave_at + round(partition.parameters.wave_seconds * 1000) <= now:
        if outage.restoring:
            outage.stance = SETTLED
        else:
            partition.to_explain.add(outage.zone)
