"""The engine goes on in the network as it is fed from now on, in the middle of an instant.

Positions have been heard, nothing has been concluded from them yet: what is known is carried to the same devices and
points at their places in the other forest, as it is when another version of the network is taken up.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from models.network.feeding.paths import NEVER as STILL
from models.outages.feeding.again import account_for, take_back
from models.outages.feeding.choosing import Chosen, Known, choose
from models.outages.feeding.elements import stand_in
from models.outages.feeding.links import links_of
from models.outages.feeding.positions import stand
from models.outages.feeding.testimony import Patience, testimony_of
from models.outages.state.partition import Partition
from models.outages.state.zone_repair import fail
from models.outages.versions.carrying import carried_outage, carried_partition
from models.outages.versions.partition_state import read_partition, restore_partition
from models.outages.versions.places import Places
from models.outages.versions.settling import meet
from models.outages.weights.scores import milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.outages.feeding.ways import Way
    from models.outages.state.verdict import Verdict


class Turned(NamedTuple):
    """Where the engine goes on."""

    partition: Partition
    places: Places


def turn(partition: Partition, now: int) -> Turned | None:
    """Choose the ways of the zones in which something stands otherwise; None if all are fed as before."""
    chosen = _choose(partition, now)
    ways, before = partition.ways, dict(partition.ways.by_zone)
    for zone, one in chosen.items():
        ways.by_zone.pop(zone, None)
        ways.by_zone.update({zone: one.ways} if one.ways else {})
        ways.turned.update({zone} if one.ways else {})
        ways.silent.pop(zone, None)
        ways.silent.update({zone: one.silent} if one.silent else {})
        ways.due.pop(zone, None)
        if one.due is not None:
            ways.due[zone] = one.due
            partition.set_timer(one.due, zone)
    turned = None
    if ways.by_zone != before:
        try:
            turned = _carry(partition)
        except Exception as error:  # noqa: BLE001  whatever it is, it is theirs who are fed otherwise from now on
            _leave(partition, before, chosen, error)
            return None
        partition = turned.partition
        account_for(partition, turned.places.parents_moved())
        meet(partition)
    for zone, one in chosen.items():
        if len(one.again.segment):
            take_back(partition, zone, one.again)
        if turned is not None or len(one.again.segment):
            partition.drawn_at.pop(zone, None)
            partition.to_review.add(zone)
    if chosen:
        stand_in(partition, chosen)
        ways.tidy()
    return turned


def _leave(partition: Partition, before: dict[int, dict[int, Way]], chosen: Iterable[int], error: Exception) -> None:
    """Leave all fed as before; the other zones are looked at again."""
    ways = partition.ways
    theirs = {zone for zone in chosen if ways.by_zone.get(zone) != before.get(zone)}
    ways.by_zone = before
    partition.switched |= {*chosen} - theirs
    for zone in sorted(theirs):
        fail(partition, zone, error)


def _choose(partition: Partition, now: int) -> dict[int, Chosen]:
    """By zone, where ties are closed or something is fed otherwise by now."""
    if not partition.switched and not partition.ways.due:
        return {}
    zones = partition.switched | {zone for zone, at in partition.ways.due.items() if at <= now}
    beyond = partition.shared.normal.ties.beyond
    zones = zones.union(*(beyond.get(zone, ()) for zone in partition.switched))
    partition.switched.clear()
    chosen = {}
    for zone in sorted(zones - partition.quarantined):
        if not partition.zones[zone]:
            continue
        try:
            one = _choose_in(partition, zone, now)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
            fail(partition, zone, error)
        else:
            chosen.update({} if one is None else {zone: one})
            if one is None:  # no tie is closed
                partition.ways.silent.pop(zone, None)
                partition.ways.due.pop(zone, None)
    return chosen


def _choose_in(partition: Partition, zone: int, now: int) -> Chosen | None:
    normal, ways = partition.shared.normal, partition.ways.by_zone.get(zone, {})
    if not ways and not normal.ties.of_zone.get(zone) and not partition.ways.elements:
        return None
    here = stand(partition, zone)
    links = links_of(partition, zone, here)
    if not ways and all(link.ended < STILL for link in links):
        return None
    scores = partition.scores
    wait = milliseconds(partition.parameters.silence_seconds)
    patience = Patience(scores.scada_hold, wait, scores.clock_tolerance, now)
    return choose(
        normal.network,
        zone,
        Known(here, links, partial(testimony_of, partition, zone), partition.ways.silent.get(zone, ())),
        ways,
        patience,
    )


def _carry(before: Partition) -> Turned:
    """Take what is known to the tables of the other forest."""
    shared = before.shared.arranged(before.ways.all_on(before.shared.normal.network))
    places = Places(before.shared, shared)
    saved = carried_partition(read_partition(before), places)
    after = Partition(shared, before.writer.organisation, None if before.whole else before.zones)
    after.trace, after.now, after.ways = before.trace, before.now, before.ways
    restore_partition(after, saved)
    after.corrected, after.noted = before.corrected, before.noted
    after.to_review = {places.area(area) for area in before.to_review}
    after.to_tell = {places.area(area) for area in before.to_tell}
    for name, outage in before.dirty.items():
        after.dirty[name] = after.by_name.get(name) or carried_outage(outage, places)
    return Turned(after, places)


def verdict_of(partition: Partition, verdict: Verdict) -> Verdict:
    """Give a verdict of this instant about the outage as it goes on."""
    if verdict.outage is None:
        return verdict
    name = verdict.outage.outage_id
    return replace(verdict, outage=partition.by_name.get(name) or partition.dirty[name])
