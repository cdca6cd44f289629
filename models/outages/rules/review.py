"""Looking at areas at an instant: a picture is drawn, outages are brought into line, returns and news are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.outages.inference.forest import Span
from models.outages.inference.knowledge import CLOSED, NEVER
from models.outages.inference.picture import CERTAIN, Held, draw_picture
from models.outages.rules.learning import learn_from_wave
from models.outages.rules.life_cycle import confirm, confirmed_by, review_duration, review_suspicion
from models.outages.rules.opening_anew import let_rest_as_pictured, let_rest_as_told, undecided_until
from models.outages.rules.reconcile import reconcile
from models.outages.rules.returning import conclude, review_return
from models.outages.rules.start_time import sharpen_start
from models.outages.state.partition import class_key
from models.outages.state.zone_repair import fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.outages.inference.picture import Picture
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition

LOOKS: Final = (30, 110)
"""Seconds after an opening was found at which it is looked at again: who is silent by then counts."""
LOOKS_BACK: Final = (110,)
"""The same after a closing: until then silence says little, and who speaks has the area looked at anyway."""
AT_ONCE: Final = 8_000
"""Feeders that open within this span (ms) may have lost what feeds them all."""
ACCOUNTED: Final = 300_000
"""A closing that belongs to no outage is accounted for after so long (ms)."""
PAUSE: Final = 3
LONGEST_PAUSE: Final = 12
"""Seconds between two pictures of an area, the least and the most: twice as many with each that is like the last."""
POINTS_A_SECOND: Final = 5_000
SIZE_A_SECOND: Final = 12_000
"""Larger pictures, by usage points or by devices and histories, are drawn less often than once a second."""


def review(partition: Partition, now: int) -> None:
    """Look at all areas in which something happens at this instant."""
    for areas, of_zone in ((partition.to_review, _review_zone), (partition.to_tell - partition.to_review, _tell_zone)):
        zones: dict[int, set[int]] = {}
        for area in areas:
            zones.setdefault(int(partition.areas.zone[area]), set()).add(area)
        areas.clear()
        for zone, here in sorted(zones.items()):
            if zone in partition.quarantined:
                continue
            try:
                of_zone(partition, zone, here, now)
            except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
                fail(partition, zone, error)
    partition.to_tell.clear()


def _tell_zone(partition: Partition, zone: int, areas: set[int], now: int) -> None:
    """Tell what is certain, who says that he is back, what is sustained, and learn, all by the last picture."""
    for outage in partition.open_in(zone):
        if outage.area in areas or outage.area == zone:
            if outage.suspected and outage.posterior >= CERTAIN:
                review_suspicion(partition, outage, now)
            if now >= outage.next_restoration_at:
                review_return(partition, outage, now)
            else:
                partition.set_timer(outage.next_restoration_at, ~outage.area)
            if not outage.final:
                review_duration(partition, outage, now)
                learn_from_wave(partition, outage, now)


def _review_zone(partition: Partition, zone: int, areas: set[int], now: int) -> None:
    if zone in areas or _is_joined(partition, zone):
        _review_area(partition, zone, now)
        return
    for area in sorted(areas):
        _review_area(partition, area, now)
    if _opened_at_once(partition, zone, now):
        _review_area(partition, zone, now, at_once=True)


def _is_joined(partition: Partition, zone: int) -> bool:
    """Whether something is open, or said of a device, above the feeders."""
    of_device = partition.areas.of_device
    above = [outage.device for outage in partition.by_zone.get(zone, {}).values() if outage.area == zone]
    return bool(above) or any(int(of_device[device]) == zone for device in partition.spoken_of.get(zone, ()))


def _opened_at_once(partition: Partition, zone: int, now: int) -> bool:
    """Whether several whole feeders opened in one moment, one of them just now."""
    first = partition.areas.device
    heads = [
        outage
        for outage in partition.by_zone.get(zone, {}).values()
        if outage.area != zone
        and outage.device >= 0
        and int(partition.network.class_of[outage.device]) == int(first[outage.area])
    ]
    return any(
        one is not other and abs(one.wave_at - other.wave_at) <= AT_ONCE
        for one in heads
        if one.opened_at == now
        for other in heads
    )


def _review_area(partition: Partition, area: int, now: int, *, at_once: bool = False) -> None:
    areas = partition.areas
    first, last = int(areas.device[area]), int(areas.device_end[area])
    if first == last:
        return
    point, point_end = int(partition.network.point_start[first]), int(partition.network.point_end[last - 1])
    zone = int(areas.zone[area])
    if area == zone:
        starts = partition.network.zone_point_start
        point, point_end = int(starts[zone]), int(starts[zone + 1])
    else:
        point_end = int(partition.network.point_end[first])
    if point == point_end:
        return  # of devices that feed nobody there is nothing to tell
    again_at = partition.drawn_at.get(area, 0)
    if now < again_at and not at_once:
        partition.set_timer(again_at, area)
        return
    span = Span(first, last, point, point_end, now)
    outages = [one for one in partition.open_in(zone) if first <= _device(partition, one) < last]
    if now < (until := max((undecided_until(partition, outage) for outage in outages), default=0)):
        partition.set_timer(until, area)
        return
    outages = let_rest_as_told(partition, outages)
    _account(partition, zone, outages, now)
    spoken_of = [device for device in partition.spoken_of.get(zone, ()) if first <= device < last]
    fed = {device: since for device, since in partition.fed.items() if first <= device < last}

    def draw(there: Sequence[Outage]) -> Picture:
        held = [_held(partition, outage) for outage in there if not outage.over]
        return draw_picture(partition.ground, span, held, spoken_of, fed)

    outages = let_rest_as_pictured(partition, outages, draw)
    picture = draw(outages)
    for device in fed:
        del partition.fed[device]
    partition.fed.update(picture.fed)
    pause = _pause(partition, area, outages, picture)
    wait = max(pause, (point_end - point) // POINTS_A_SECOND, picture.size // SIZE_A_SECOND)
    partition.drawn_at[area] = now + 1000 * wait
    for outage in reconcile(partition, area, span, picture, outages):
        _review_outage(partition, outage, now)
    if any(outage.zone == zone for outage in partition.dirty.values()):
        _nest(partition, zone)


def _pause(partition: Partition, area: int, outages: Sequence[Outage], picture: Picture) -> int:
    """Seconds until the next picture of an area."""
    class_of = partition.network.class_of
    held = [outage for outage in outages if not outage.over]
    before = {(class_key(partition, one), NEVER if one.closed_at is None else one.closed_at) for one in held}
    after = {(int(class_of[one.device]) if one.device >= 0 else ~one.point, one.closed) for one in picture.findings}
    pause = PAUSE if before != after else min(2 * partition.pauses.get(area, PAUSE), LONGEST_PAUSE)
    partition.pauses[area] = pause
    return pause


def _device(partition: Partition, outage: Outage) -> int:
    return outage.device if outage.device >= 0 else int(partition.network.point_device[outage.service_point])


def _held(partition: Partition, outage: Outage) -> Held:
    key = class_key(partition, outage)
    closed = NEVER if outage.closed_at is None else outage.closed_at
    return Held(
        max(key, -1), outage.service_point, outage.slot, outage.wave_at, outage.source, closed, outage.confirmed
    )


def _account(partition: Partition, zone: int, outages: list[Outage], now: int) -> None:
    """What was said of devices long ago and belongs to no outage is accounted for."""
    devices, spoken = partition.devices, partition.spoken_of.get(zone)
    if not spoken:
        return
    holders = {class_key(partition, outage) for outage in outages}
    for device in sorted(spoken):
        held = int(partition.network.class_of[device]) in holders
        at = int(devices.position_at[device])
        if devices.position[device] == CLOSED and not held and now >= at + ACCOUNTED:
            devices.settled_at[device] = max(int(devices.settled_at[device]), at)
        open_run = int(devices.open_first[device]) > int(devices.settled_at[device])
        closing = devices.position[device] == CLOSED and at > int(devices.settled_at[device])
        crew = devices.crew_open_at[device] != NEVER or (devices.crew_done_at[device] != NEVER and held)
        if not (open_run or closing or crew):
            spoken.discard(device)
    if not spoken:
        del partition.spoken_of[zone]


def _review_outage(partition: Partition, outage: Outage, now: int) -> None:
    if outage.closed_at is None:
        sharpen_start(partition, outage)
    if not outage.suspected and confirmed_by(partition, outage):
        confirm(partition, outage)
    if outage.suspected:
        review_suspicion(partition, outage, now)
    review_return(partition, outage, now)
    if outage.outage_id not in partition.by_name:
        return
    conclude(partition, outage, now)
    if outage.final:
        return
    review_duration(partition, outage, now)
    learn_from_wave(partition, outage, now)
    since, looks = (outage.opened_at, LOOKS) if outage.closed_at is None else (outage.closing_seen_at, LOOKS_BACK)
    for seconds in looks:
        if now < since + 1000 * seconds:
            partition.set_timer(since + 1000 * seconds, outage.area)
            break


def _nest(partition: Partition, zone: int) -> None:
    """Who is nested in whom, of what is published and open."""
    outages = partition.open_in(zone)
    if len(outages) < 2 and not any(outage.nested_in for outage in outages):
        return
    for outage in outages:
        above = partition.upstream_of(outage)
        name = None if above is None or above.closed_at is not None else above.outage_id
        if name != outage.nested_in:
            outage.nested_in = name
            if not outage.suspected:
                partition.dirty[outage.outage_id] = outage
