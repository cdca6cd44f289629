"""Who is out by which outage when the network changes: points that go, points that stand elsewhere, outages that meet.

Points that the next version does not have leave at its predecessor's last instant, while they still have a place. The
others are seen to at the first instant of the next version, before anything else happens there: outages go on in the
zones where their devices stand (`crossing`), and a picture is drawn of each zone that is built otherwise, and brings
points that were moved, and those that are new, to whom they belong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.network.network import PRIORITIES
from models.outages.inference.knowledge import NOBODY, OUT, PENDING, RETURNED
from models.outages.rules.life_cycle import cancel, end, end_transferred, withdraw
from models.outages.rules.returning import INFERRED, publish_points
from models.outages.rules.review import review
from models.outages.state.partition import class_key, count_customers
from models.outages.versions.crossing import go_over, review_left
from models.outages.versions.letting_go import end_if_empty, held, let_go
from models.outages.versions.places import structure_differs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition
    from models.outages.versions.places import Places


def leave(partition: Partition, gone: NDArray[np.bool_]) -> None:
    """Points that are gone from now on are out by no outage any more: the ledger says that they were removed."""
    partition.context.ledger.removed = gone
    for outage in _in_order(partition):
        first, last = outage.span
        here = partition.points.owner[first:last] == outage.slot
        mine = first + np.flatnonzero(here & gone[first:last])
        if len(mine):
            let_go(partition, outage, mine)
            end_if_empty(partition, outage)


def settle(partition: Partition, places: Places) -> None:
    """Put in order what changed hands with the network."""
    _count_anew(partition, places)
    partition.changing = True
    if left := go_over(partition):
        review_left(partition, left)
    meet(partition)
    for outage, others in strays(partition):
        back = partition.points.phase[others] == PENDING
        if outage.over:
            back |= partition.points.phase[others] == OUT
        if not outage.suspected and back.any():
            publish_points(partition, outage, others[back].astype(np.int32), INFERRED)
        done = others[back | (partition.points.phase[others] == RETURNED)]
        let_go(partition, outage, done)
    for zone in np.flatnonzero(structure_differs(places)).tolist():
        if partition.by_zone.get(zone) and zone not in partition.quarantined:
            partition.drawn_at.pop(zone, None)
            partition.to_review.add(zone)
    review(partition, partition.now)
    partition.changing = False
    part(partition)
    partition.dirty.update((one.outage_id, one) for one in _in_order(partition) if not one.suspected)


def part(partition: Partition) -> None:
    """Outages let go of whom they do not feed; those that have nobody left are over."""
    for outage, others in strays(partition):
        let_go(partition, outage, others)
    for outage in _in_order(partition):
        end_if_empty(partition, outage)


def _count_anew(partition: Partition, places: Places) -> None:
    """Customers and priorities of points may be others by now: whoever is out or has come back counts as now."""
    before, after, points = places.old.forest, places.new.forest, partition.points
    kept = np.flatnonzero(places.points >= 0)
    there = places.points[kept]
    other = before.customers[kept] != after.customers[there]
    other |= before.priority[kept] != after.priority[there]
    other &= partition.zones[places.new.network.device_zone[after.point_device[there]]]
    if not other.any():
        return
    now, then = there[other], kept[other]
    owned = held(partition, points.owner)
    owned = owned[points.phase[owned] != RETURNED]
    for outage in partition.by_name.values():
        mine = points.restored_by[now] == outage.slot
        if mine.any():
            more = _counts(after, now[mine])
            fewer = _counts(before, then[mine])
            outage.give_back(np.array(more) - fewer)
        dark = (points.owner[now] == outage.slot) & (points.phase[now] != RETURNED)
        if mine.any() or dark.any():
            out = _counts(after, owned[points.owner[owned] == outage.slot])
            counts = zip(outage.restored, outage.transferred, out, strict=True)
            outage.affected = [restored + transferred + left for restored, transferred, left in counts]


def _counts(forest: Forest, points: NDArray[np.int64]) -> list[int]:
    """As `count_customers`, in any version of the network."""
    customers, priority = forest.customers[points], forest.priority[points]
    return [int(customers.sum()), *(int(customers[priority == p].sum()) for p in range(1, len(PRIORITIES)))]


def _in_order(partition: Partition) -> list[Outage]:
    """Open outages of the zones that are not set aside."""
    there = [outage for outage in partition.by_name.values() if outage.zone not in partition.quarantined]
    return sorted(there, key=lambda outage: (outage.zone, outage.order, outage.outage_id))


def strays(partition: Partition) -> Iterator[tuple[Outage, NDArray[np.int64]]]:
    """Outages and the points that they have outside of what their device feeds."""
    owner, network = partition.points.owner, partition.network
    for zone in sorted(partition.by_zone):
        first, last = network.zone_point_start[zone : zone + 2].tolist()
        owned = first + np.flatnonzero(owner[first:last] != NOBODY)
        for outage in partition.open_in(zone):
            mine = owned[owner[owned] == outage.slot]
            others = mine[(mine < outage.span[0]) | (mine >= outage.span[1])]
            if len(others):
                yield outage, others


def meet(partition: Partition) -> None:
    """Of outages whose devices have become one class the first that was published goes on with the points of all."""
    first: dict[int, Outage] = {}
    for outage in sorted(_in_order(partition), key=lambda one: (one.suspected, one.order, one.outage_id)):
        heir = first.setdefault(class_key(partition, outage), outage)
        if heir is outage:
            continue
        owned = held(partition, partition.points.owner)
        mine = owned[partition.points.owner[owned] == outage.slot]
        outside = (mine < outage.span[0]) | (mine >= outage.span[1])
        let_go(partition, outage, mine[outside & (partition.points.phase[mine] == RETURNED)])
        dark = mine[partition.points.phase[mine] != RETURNED]
        counts = np.array(count_customers(partition, dark))
        partition.points.owner[dark] = heir.slot
        outage.lose(counts)
        heir.gain(counts)
        if outage.suspected:
            withdraw(partition, outage)
        elif outage.restored[0] > 0:
            end(partition, outage, partition.now)
        elif heir.suspected:
            cancel(partition, outage, partition.now)
        else:
            end_transferred(partition, outage, "merged", heir, partition.now)
