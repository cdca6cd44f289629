"""Outages that begin by an operator's word: opened by hand, split off another one, or gone on after their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.context.last_revision import read_last_revision
from models.outages.context.operators import CONFIRMED_OPEN
from models.outages.inference.knowledge import FREE, NEVER, NOBODY, OUT, PENDING, RETURNED
from models.outages.inference.picture import Finding
from models.outages.inference.reports import CREW
from models.outages.rules.life_cycle import confirm, publish
from models.outages.rules.new_outage import RECENT, make_outage, name_outage
from models.outages.rules.operators.named_places import Place, holder_at, make_free, place_of
from models.outages.rules.operators.positions import declare_open
from models.outages.state.deciding import note
from models.outages.state.partition import count_customers, span_of, span_of_key
from models.outages.state.verdict import Refused
from models.outages.weights.scores import METER_MASK, milliseconds
from models.times.iso8601 import parse_time
from models.times.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.evidence.batch import CommandRow
    from models.outages.context.last_revision import LastRevision
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

REOPENED: Final = frozenset({"restored", "momentary", "repaired", "cancelled"})
"""Statuses after which an outage may go on, as another one that follows it."""


def open_by_hand(partition: Partition, row: CommandRow, now: int) -> Outage:
    """A device is open, or usage points are without power, of which nobody has told or only a suspicion knows."""
    zone = partition.zone_of.get(row.zone_id, -1)
    starts = partition.network.zone_point_start
    span = (int(starts[zone]), int(starts[zone + 1])) if zone >= 0 else (0, 0)
    place = place_of(partition, row, zone, span)
    at = row.observed_at if row.event.time is None else row.event.time
    outage = _open(partition, zone, place, at, row, now)
    outage.operator_facts().start_is_set = row.event.time is not None
    return outage


def split(partition: Partition, outage: Outage, row: CommandRow, now: int) -> Outage:
    """A part of an outage becomes an outage of its own, at a device below or a single service."""
    place = place_of(partition, row, outage.zone, outage.span)
    first, last = place.span
    if not (outage.span[0] <= first and last <= outage.span[1]):
        raise Refused("elsewhere", "that is not below the outage's device; name a part of it")
    points = partition.points
    dark = (points.owner[first:last] == outage.slot) & (points.phase[first:last] != RETURNED)
    mine = first + np.flatnonzero(dark)
    everywhere = slice(*outage.span)
    all_dark = (points.owner[everywhere] == outage.slot) & (points.phase[everywhere] != RETURNED)
    if not len(mine):
        raise Refused("elsewhere", "nobody there is without power by this outage; name a part that is")
    if len(mine) == int(all_dark.sum()):
        raise Refused("elsewhere", "that is all that is without power by this outage; order move in place of split")
    since = outage.started_at if row.event.time is None else row.event.time
    if since > now:
        raise Refused("impossible_time", "that is yet to come; give the time at which power went off")
    make_free(partition, holder_at(partition, outage.zone, place))
    part = _make(partition, outage.zone, place, min(outage.wave_at, now), now)
    part.source, part.posterior, part.started_at = outage.source, outage.posterior, since
    part.parent_id = outage.outage_id
    points.owner[mine], points.phase[mine] = part.slot, OUT
    counts = np.array(count_customers(partition, mine))
    outage.hand_on(counts)
    part.gain(counts)
    name_outage(partition, part)
    outage.transferred_to = part.outage_id
    _begin(partition, part, row, now)
    part.operator_facts().start_is_set = row.event.time is not None
    return part


def reopen(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    """Power is not back at an outage that is open: whoever was told so is out by it once more."""
    points, here = partition.points, slice(*outage.span)
    mine = outage.span[0] + np.flatnonzero(points.owner[here] == outage.slot)
    told = mine[points.phase[mine] == RETURNED]
    changed = outage.closed_at is not None or bool((points.phase[mine] == PENDING).any()) or len(told) > 0
    points.phase[mine] = OUT
    points.restored_by[told] = NOBODY
    outage.give_back(-np.array(count_customers(partition, told)))
    outage.restorations.clear()
    outage.closed_at, outage.closing_seen_at, outage.over = None, 0, False
    outage.next_restoration_at = max(outage.next_restoration_at, now + SECOND)
    _hold(partition, outage, row, now)
    confirm(partition, outage)
    return changed


def reopen_ended(partition: Partition, outage_id: str, row: CommandRow, now: int) -> Outage:
    """An outage that is over goes on as another one, which follows it: a final status stays for who has read it."""
    ended = partition.ended[outage_id]
    last = read_last_revision(ended.last_revision)
    facts = last.facts
    if facts["status"] not in REOPENED:
        raise Refused("closed_outage", "it is a part of another one; order it for that one")
    if now > ended.due - milliseconds(partition.parameters.forget_seconds) + RECENT:
        raise Refused("closed_outage", "it has been over for more than a day; open another one")
    at = parse_time(facts["restored_at"] or facts["started_at"]) if row.event.time is None else row.event.time
    if at < parse_time(facts["started_at"]):
        raise Refused("impossible_time", "the outage began after that; give the time since when power is off")
    outage = _open(partition, ended.zone, _place_of_ended(partition, ended.key, last), at, row, now)
    outage.follows = outage_id
    outage.operator_facts().start_is_set = True
    return outage


def _place_of_ended(partition: Partition, key: int, last: LastRevision) -> Place:
    """Where an outage that is over was."""
    if key < 0:
        return Place(-1, ~key, span_of_key(partition, key))
    device = int(partition.network.find_devices([last.facts["device_id"]])[0])
    if device < 0:
        raise Refused("unknown_device", "its device is no longer on the network; open another one")
    return Place(device, -1, span_of(partition, device))


def _open(partition: Partition, zone: int, place: Place, at: int, row: CommandRow, now: int) -> Outage:
    """An outage at a place since a moment; a suspicion that is there already is the one."""
    if at > now:
        raise Refused("impossible_time", "that is yet to come; give the time since when power is off")
    holder = holder_at(partition, zone, place)
    if holder is not None and not holder.suspected:
        raise Refused("already_open", f"{holder.outage_id} is at that device", holder.outage_id)
    _check_free(partition, place)
    outage = holder or _make(partition, zone, place, at, now)
    outage.started_at, outage.closed_at, outage.over = at, None, False
    _take_free(partition, outage, at)
    if holder is None:
        name_outage(partition, outage)
    _begin(partition, outage, row, now)
    return outage


def _check_free(partition: Partition, place: Place) -> None:
    """Somebody there is not without power by a published outage yet."""
    slots = np.unique(partition.points.owner[slice(*place.span)]).tolist()
    owners = [partition.by_slot[slot] for slot in slots if slot != NOBODY]
    published = [outage for outage in owners if outage is not None and not outage.suspected]
    if NOBODY not in slots and len(published) == len(owners):
        name = published[0].outage_id
        raise Refused("already_out", f"all there are without power by {name}; split that one", name)


def _make(partition: Partition, zone: int, place: Place, at: int, now: int) -> Outage:
    """A suspicion without name and points, as certain as an operator's word."""
    device = place.device if place.device >= 0 else int(partition.network.point_device[place.point])
    area = int(partition.areas.of_device[device])
    finding = Finding(
        place.device,
        place.point,
        at,
        NEVER,
        nested=False,
        since=at,
        source=CREW,
        posterior=0,
        reports=0,
        alternatives=(),
    )
    outage = make_outage(partition, zone, area, finding, now)
    partition.by_slot[outage.slot] = outage
    return outage


def _take_free(partition: Partition, outage: Outage, at: int) -> None:
    """Who has no outage is without power by this one since a moment, or since the point itself said so near it."""
    points, first = partition.points, outage.span[0]
    mine: NDArray[np.int64] = first + np.flatnonzero(points.owner[slice(*outage.span)] == NOBODY)
    mine = mine[points.phase[mine] == FREE]
    near = np.abs(points.out_first[mine] - at) <= partition.scores.coherence
    own = near & (points.mask[mine] & METER_MASK != 0)
    points.owner[mine], points.phase[mine] = outage.slot, OUT
    points.out_at[mine] = points.interrupted_at[mine] = np.where(own, points.out_first[mine], at)
    outage.gain(np.array(count_customers(partition, mine)))


def _begin(partition: Partition, outage: Outage, row: CommandRow, now: int) -> None:
    note(partition, "opened", outage)
    _hold(partition, outage, row, now)
    if outage.suspected:
        publish(partition, outage, now)
    confirm(partition, outage)


def _hold(partition: Partition, outage: Outage, row: CommandRow, now: int) -> None:
    """Its place has been open up to the command; that it has closed since may come from anybody."""
    said_at = min(row.observed_at, now)
    if outage.device >= 0:
        since = max(said_at, outage.wave_at)
        declare_open(partition, outage.device, since, row.observed_at, CONFIRMED_OPEN)
    else:
        outage.operator_facts().said_out_at = max(said_at, outage.wave_at)
    look_again(partition, outage)


def look_again(partition: Partition, outage: Outage) -> None:
    """The area of an outage is looked at in this instant."""
    for area in (outage.area, outage.zone):
        partition.drawn_at.pop(area, None)
    partition.to_review.add(outage.area)
