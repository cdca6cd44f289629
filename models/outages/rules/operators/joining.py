"""Two outages of a zone are one by an operator's word: the one ends as a part of the other, which goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.network.zone_digest import LETTERS
from models.outages.context.operators import CONFIRMED_OPEN
from models.outages.inference.knowledge import OUT, RETURNED
from models.outages.rules.life_cycle import confirm, end_transferred
from models.outages.rules.operators.beginnings import look_again
from models.outages.rules.operators.named_places import (
    Place,
    common_place,
    device_of,
    holder_at,
    lowest_above,
    make_free,
)
from models.outages.rules.operators.positions import declare_closed, declare_open
from models.outages.state.deciding import note
from models.outages.state.partition import class_key, count_customers, span_of
from models.outages.state.verdict import Refused

if TYPE_CHECKING:
    from models.evidence.batch import CommandRow
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def merge(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    """An outage is a part of another one: its customers are out by that one, whose device feeds both."""
    heir = _heir(partition, outage, row)
    place = _place(partition, outage, heir, row)
    holder = holder_at(partition, outage.zone, place)
    make_free(partition, None if holder is outage else holder, heir)
    points = partition.points
    dark = (points.owner[slice(*outage.span)] == outage.slot) & (points.phase[slice(*outage.span)] != RETURNED)
    mine = outage.span[0] + np.flatnonzero(dark)
    points.owner[mine], points.phase[mine] = heir.slot, OUT
    counts = np.array(count_customers(partition, mine))
    outage.lose(counts)
    heir.gain(counts)
    hand_over_heirs(partition, outage, heir)
    end_transferred(partition, outage, "merged", heir, now)
    if outage.device >= 0 and class_key(partition, outage) != _key(partition, place):
        declare_closed(partition, outage.device, now)
    _stand_at(partition, heir, place, row, now)
    heir.operator_facts().whole_until = now
    heir.operator_facts().note(row.event.command_id, row.event.kind, row.observed_at)
    heir.touched["customers"] = heir.revision + 1
    partition.dirty[heir.outage_id] = heir
    return True


def hand_over_heirs(partition: Partition, outage: Outage, heir: Outage | None) -> None:
    """What was merged into an outage that is part of another one is part of that; into one that never was, of none."""
    for name in [name for name, survivor in partition.survivors.items() if survivor == outage.outage_id]:
        if heir is not None:
            partition.survivors[name] = heir.outage_id
        if (merged := partition.dirty.get(name)) is None:
            continue
        if heir is not None:
            merged.merged_into = heir.outage_id
        else:
            merged.status, merged.merged_into = "cancelled", None
            del partition.survivors[name]


def _heir(partition: Partition, outage: Outage, row: CommandRow) -> Outage:
    """The other outage, open and of the same zone."""
    name = row.event.other_outage_id or ""
    heir = partition.by_name.get(name)
    if heir is outage:
        raise Refused("elsewhere", "an outage is no part of itself; name another one in other_outage_id", name)
    if heir is not None and not heir.suspected and heir.zone == outage.zone:
        return heir
    if len(name) == len(outage.outage_id) and name[:LETTERS] != outage.outage_id[:LETTERS]:
        raise Refused("elsewhere", "other_outage_id is of another zone; only outages of one zone can be merged")
    if (survivor := partition.survivors.get(name)) is not None:
        raise Refused("merged_outage", f"other_outage_id is a part of {survivor}; name that one", survivor)
    if name in partition.ended or (name in partition.dirty and heir is None):
        raise Refused("closed_outage", "other_outage_id is over; name one that is open", name)
    raise Refused("unknown_outage", "no outage other_outage_id is known; take the id from outage.current.state.v1")


def _place(partition: Partition, outage: Outage, heir: Outage, row: CommandRow) -> Place:
    """Where the outage that goes on is: at a device that feeds both."""
    first, last = min(outage.span[0], heir.span[0]), max(outage.span[1], heir.span[1])
    if row.event.device_id is not None:
        device = device_of(partition, row.event.device_id, heir.zone)
        span = span_of(partition, device)
        if not (span[0] <= first and last <= span[1]):
            raise Refused("elsewhere", "that device does not feed both outages; name one that does")
        return Place(device, -1, span)
    for one in (heir, outage):
        if one.span == (first, last):
            return Place(one.device, one.service_point, one.span)
    points, here = partition.points, slice(first, last)
    out = np.isin(points.owner[here], [outage.slot, heir.slot]) & (points.phase[here] != RETURNED)
    return common_place(partition, lowest_above(partition, (first, last)), int(out.sum()))


def _key(partition: Partition, place: Place) -> int:
    return int(partition.network.class_of[place.device]) if place.device >= 0 else ~place.point


def _stand_at(partition: Partition, outage: Outage, place: Place, row: CommandRow, now: int) -> None:
    """An outage is at a place from now on, and its device has been open up to the command."""
    said_at = max(min(row.observed_at, now), outage.wave_at)
    if class_key(partition, outage) != _key(partition, place):
        if outage.device >= 0:
            declare_closed(partition, outage.device, now)
        outage.device, outage.service_point, outage.span = place.device, place.point, place.span
        device = place.device if place.device >= 0 else int(partition.network.point_device[place.point])
        outage.area, outage.nested = int(partition.areas.of_device[device]), False
        outage.touched["device_id"] = outage.revision + 1
        note(partition, "moved", outage)
    if outage.device >= 0:
        declare_open(partition, outage.device, said_at, row.observed_at, CONFIRMED_OPEN)
    else:
        outage.operator_facts().said_out_at = said_at
    confirm(partition, outage)
    look_again(partition, outage)
