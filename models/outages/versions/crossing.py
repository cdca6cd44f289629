"""Who is out where a version of the network has other zones: outages go on in the zone where their devices stand now.

An outage's id tells its zone. One whose device stands in another zone is therefore merged into a twin there, which has
all that is known of it, and its customers, out since the same moments. Customers who stand elsewhere without the device
that interrupted them are looked at anew: by what they have said the picture of their new zone finds them out, and so
they are since the same moment; else they have power by the version's first instant.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.outages.inference.knowledge import NEVER, NOBODY, OUT, PENDING, RETURNED
from models.outages.rules.life_cycle import end_transferred, publish, withdraw
from models.outages.rules.new_outage import name_outage
from models.outages.rules.operators.joining import hand_over_heirs
from models.outages.rules.returning import INFERRED, publish_points
from models.outages.rules.review import review
from models.outages.state.deciding import note
from models.outages.state.outage import no_customers
from models.outages.state.partition import count_customers
from models.outages.versions.letting_go import held, let_go

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

ELSEWHERE: Final = -1


class Left(NamedTuple):
    """Points that stand in another zone than the outage by which they are out; they are its own for now."""

    outage: Outage
    points: NDArray[np.int64]
    since: NDArray[np.int64]
    """Since when the ledger has them out."""


def go_over(partition: Partition) -> list[Left]:
    """Let outages go on where their devices stand; returns who is out and stands elsewhere."""
    points, left = partition.points, []
    owned = held(partition, points.owner)
    before, home = np.full((2, len(partition.by_slot)), ELSEWHERE, np.int64)
    outages = [outage for outage in partition.by_slot if outage is not None]
    for outage in outages:
        before[outage.slot], home[outage.slot] = outage.zone, _home(partition, outage)
    _forget_returns(partition, before)
    zone = partition.network.device_zone[partition.network.point_device[owned]]
    slot = points.owner[owned]
    cut_over = (before != home)[slot] | (zone != home[slot])
    owned, zone, slot = owned[cut_over], zone[cut_over], slot[cut_over]
    for outage in sorted(outages, key=lambda one: (one.zone, one.order, one.outage_id)):
        mine = slot == outage.slot
        if not mine.any():
            continue
        with_it = owned[mine & (zone == home[outage.slot])]
        away = owned[mine & (zone != home[outage.slot])]
        heir = outage
        if (points.phase[with_it] != RETURNED).any() and home[outage.slot] != outage.zone:
            heir = _be_twins(partition, outage, int(home[outage.slot]), np.concatenate([with_it, away]))
        left += _leave_behind(partition, heir, away)
    return left


def review_left(partition: Partition, left: list[Left]) -> None:
    """Find out who of those that were left is out by something in the zone where they stand; the others are back.

    A zone that has outages of which some were left is looked at with these, not before.
    """
    givers = {one.outage.zone for one in left} | partition.quarantined
    device = partition.network.point_device
    takers = {zone for one in left for zone in np.unique(partition.network.device_zone[device[one.points]]).tolist()}
    for zone in takers - givers:
        partition.drawn_at.pop(zone, None)
        partition.to_review.add(zone)
    review(partition, partition.now)
    for one in left:
        owner = partition.points.owner[one.points]
        claimed = owner != one.outage.slot
        partition.points.interrupted_at[one.points[claimed]] = one.since[claimed]
        one.outage.lose(np.array(count_customers(partition, one.points[claimed])))
        for slot in np.unique(owner[claimed]).tolist():
            if (heir := partition.by_slot[slot]) is not None and heir.suspected:
                publish(partition, heir, partition.now)  # its customers are out by a published word
        if not claimed.all():
            _be_back(partition, one.outage, one.points[~claimed])
        partition.dirty[one.outage.outage_id] = one.outage


def _home(partition: Partition, outage: Outage) -> int:
    """The zone in which an outage's device, or usage point, stands."""
    network = partition.network
    device = outage.device if outage.device >= 0 else int(network.point_device[outage.service_point])
    return int(network.device_zone[device])


def _forget_returns(partition: Partition, zone_of: NDArray[np.int64]) -> None:
    """Who stands in another zone was told as back by none that could take that back."""
    restored_by = partition.points.restored_by
    restored = held(partition, restored_by)
    zone = partition.network.device_zone[partition.network.point_device[restored]]
    restored_by[restored[zone_of[restored_by[restored]] != zone]] = NOBODY


def _be_twins(partition: Partition, outage: Outage, zone: int, points: NDArray[np.int64]) -> Outage:
    """An outage goes on in another zone, by another name, with those of some points that are out or pending."""
    network = partition.network
    returned = partition.points.phase[points] == RETURNED
    let_go(partition, outage, points[returned])
    dark = points[~returned]
    place = outage.device if outage.device >= 0 else int(network.point_device[outage.service_point])
    twin = replace(
        outage,
        outage_id="",
        slot=partition.take_slot(),
        zone=zone,
        area=int(partition.areas.of_device[place]),
        status="suspected" if outage.suspected else "confirmed" if outage.confirmed else "detected",
        restored_at=None,
        nested_in=None,
        supply=ELSEWHERE,
        affected=count_customers(partition, dark),
        restored=no_customers(),
        transferred=no_customers(),
        transferred_to=None,
        alternatives=[one for one in outage.alternatives if network.device_zone[one[0]] == zone],
        operators=deepcopy(outage.operators),
        touched={},
        revision=0,
        published={},
        restorations=[],
        steps=[],
    )
    partition.points.owner[dark] = twin.slot
    name_outage(partition, twin)
    twin.follows = twin.follows or outage.follows
    outage.lose(np.array(twin.affected))
    if outage.suspected:
        withdraw(partition, outage)
        return twin
    hand_over_heirs(partition, outage, twin)
    end_transferred(partition, outage, "merged", twin, partition.now)
    note(partition, "published", twin)
    partition.dirty[twin.outage_id] = twin
    return twin


def _leave_behind(partition: Partition, outage: Outage, away: NDArray[np.int64]) -> list[Left]:
    """Take from an outage the points that stand elsewhere; returns are told, of those that are out it is to be seen."""
    phase = partition.points.phase[away]
    back = (phase == PENDING) | (outage.over & (phase == OUT))
    if back.any() and not outage.suspected:
        publish_points(partition, outage, away[back].astype(np.int32), INFERRED)
    out = away[(phase == OUT) & ~back]
    since = partition.context.ledger.put_right.since(partition.points, out)
    if outage.suspected or not len(out):
        let_go(partition, outage, away)
        return []
    let_go(partition, outage, away[back | (phase == RETURNED)])
    return [Left(outage, out, since)]


def _be_back(partition: Partition, outage: Outage, some: NDArray[np.int64]) -> None:
    """Points have power in their new zone: told by the outage they had; what they said up to now is accounted for."""
    points, now = partition.points, partition.now
    points.back_at[some] = now
    publish_points(partition, outage, some.astype(np.int32), INFERRED)
    let_go(partition, outage, some)
    points.restored_by[some], points.returned_at[some] = NOBODY, NEVER
    points.consumed_at[some] = np.maximum(points.consumed_at[some], now)
    points.mask[some[points.out_last[some] <= now]] = 0
