"""From what inference finds open to outages: new ones, ones that move upstream, ones that prove false.

A wave takes minutes to come in, so the same zone is explained again and again. Open outages of the present wave are
*incumbents*: they keep their device unless a challenger has a clear lead, and while the wave comes in only a device
upstream may replace it; then the oldest takes the new device and the others merge into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.identity import outage_id
from models.inference import SETTLED, STANDING, SUSPECTED, device_fact, explain_zone
from models.knowledge import NEVER, NOBODY
from models.life_cycle import cancel, is_due, merge_into, publish, withdraw
from models.outage import Outage
from models.ownership import claim, fresh_reports, release, reports_of
from models.partition import Partition, class_key, encloses
from models.start import sharpen_start

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

RECENT: int = 24 * 3_600_000
"""An outage of the same customers within a day is named in `follows`, milliseconds."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A device, or a single service (`device` -1), that the pass found open."""

    device: int
    service_point: int
    span: tuple[int, int]
    posterior: int
    reports: int
    started: int


def explain(partition: Partition, zone: int, now: int) -> None:
    """Explain a zone's fresh evidence at an instant and bring its outages into line."""
    included = _included(partition, zone, now)
    if included is None:
        return
    _set_incumbents(partition, included)
    openings = _find(partition, zone, now)
    _clear_incumbents(partition, included)
    unmatched = _match(partition, included, openings, now)
    _let_go(partition, unmatched, included, openings, now)
    for opening in openings:
        if opening not in unmatched.kept:
            _open(partition, zone, opening, included, now)


@dataclass(slots=True)
class _Match:
    kept: list[Opening]
    """Openings that an incumbent already stands for."""
    lost: list[Outage]
    """Incumbents whose device is not among the openings."""


def _included(partition: Partition, zone: int, now: int) -> list[Outage] | None:
    """The incumbents of the wave to explain; None if there is nothing to explain."""
    network = partition.network
    fresh = fresh_reports(
        partition.points, int(network.zone_point_start[zone]), int(network.zone_point_start[zone + 1])
    )
    everything = partition.open_in(zone)
    outages = [outage for outage in everything if not outage.restoring]
    held = {class_key(partition, outage) for outage in everything}
    unheld = [d for d in sorted(partition.told.get(zone, ())) if int(network.class_of[d]) not in held]
    news = [device for device in unheld if device in partition.news.get(zone, ())]
    settling = [outage for outage in outages if _settles(partition, outage, now)]
    if not fresh.size and not unheld and not settling:
        return None
    asked = {outage.outage_id for device in news for outage in _concerned(partition, outages, device)}
    included = [
        outage
        for outage in outages
        if outage in settling or outage.outage_id in asked or _coheres(fresh, outage, partition.scores.coherence)
    ]
    return [outage for outage in included if not _is_older_below(partition, outage, included)]


def _coheres(fresh: NDArray[np.int64], outage: Outage, span: int) -> bool:
    """Whether some unexplained report belongs to the outage's wave."""
    return bool(fresh.size) and int(np.abs(fresh - outage.wave_at).min()) <= span


def _concerned(partition: Partition, outages: list[Outage], device: int) -> list[Outage]:
    """The outages that the news of an open device may move: the innermost around it, the latest wave below it."""
    span = _span(partition, device)
    around = [outage for outage in outages if encloses(outage.span, span)]
    innermost = min(around, key=lambda outage: (outage.span[1] - outage.span[0], outage.outage_id), default=None)
    below = [outage for outage in outages if outage.span == span or encloses(span, outage.span)]
    latest = max((outage.wave_at for outage in below), default=0)
    below = [outage for outage in below if latest - outage.wave_at <= partition.scores.coherence]
    return below if innermost is None else [innermost, *below]


def _is_older_below(partition: Partition, outage: Outage, included: list[Outage]) -> bool:
    """An outage of another wave below one that is explained anew keeps its points: they are no evidence now."""
    return any(
        encloses(other.span, outage.span) and abs(other.wave_at - outage.wave_at) > partition.scores.coherence
        for other in included
    )


def _settles(partition: Partition, outage: Outage, now: int) -> bool:
    """Whether the outage is to be looked at once more: a suspicion has stood long enough, or the wave is over.

    From the end of the wave on the device stands on its own.
    """
    if is_due(partition, outage, now):
        return True
    if outage.stance == STANDING and now >= outage.wave_at + partition.parameters.wave_seconds * 1000:
        outage.stance = SETTLED
        return True
    return False


def _span(partition: Partition, device: int) -> tuple[int, int]:
    return int(partition.network.point_start[device]), int(partition.network.point_end[device])


def _set_incumbents(partition: Partition, included: Iterable[Outage]) -> None:
    incumbents = partition.incumbents
    for outage in included:
        incumbents.included[outage.slot] = 1
        incumbents.stance[outage.slot] = outage.stance
        incumbents.service_point[outage.slot] = outage.service_point
        if outage.device >= 0:
            incumbents.at_device[outage.device] = outage.slot


def _clear_incumbents(partition: Partition, included: Iterable[Outage]) -> None:
    incumbents = partition.incumbents
    for outage in included:
        incumbents.included[outage.slot] = 0
        incumbents.service_point[outage.slot] = NOBODY
        if outage.device >= 0:
            incumbents.at_device[outage.device] = NOBODY


def _find(partition: Partition, zone: int, now: int) -> list[Opening]:
    found = partition.found
    count = explain_zone(
        partition.forest,
        partition.points,
        partition.devices,
        partition.scores,
        partition.incumbents,
        partition.work,
        found,
        zone,
        now,
        bool(partition.told.get(zone)),
    )
    openings = []
    for row in range(count):
        what = int(found.what[row])
        device, point = (what, NOBODY) if what >= 0 else (NOBODY, ~what)
        openings.append(
            Opening(
                device=device,
                service_point=point,
                span=_span(partition, device) if device >= 0 else (point, point + 1),
                posterior=int(found.posterior[row]),
                reports=int(found.reports[row]),
                started=int(found.started[row]),
            )
        )
    return openings


def _match(partition: Partition, included: list[Outage], openings: list[Opening], now: int) -> _Match:
    """Incumbents whose class is still found open stay; within the class a fact about a device names it."""
    by_span = {(opening.span, opening.device < 0): opening for opening in openings}
    match = _Match([], [])
    for outage in included:
        opening = by_span.get((outage.span, outage.device < 0))
        if opening is None:
            match.lost.append(outage)
            continue
        match.kept.append(opening)
        outage.posterior = opening.posterior
        outage.wave_at = min(outage.wave_at, opening.started)
        if opening.device != outage.device and _fact(partition, opening.device, now) > _fact(
            partition, outage.device, now
        ):
            outage.device = opening.device
        sharpen_start(partition, outage)
        if outage.stance != SUSPECTED:
            partition.dirty[outage.outage_id] = outage
        elif is_due(partition, outage, now) or (outage.device >= 0 and opening.reports > 1):
            publish(partition, outage, now)
    return match


def _fact(partition: Partition, device: int, now: int) -> int:
    return int(device_fact(partition.devices, partition.scores, device, now))


def _let_go(partition: Partition, match: _Match, included: list[Outage], openings: list[Opening], now: int) -> None:
    """Incumbents that are found no longer: covered from upstream, narrowed downstream, or false."""
    for outage in match.lost:
        if any(encloses(opening.span, outage.span) for opening in openings):
            continue
        below = [opening for opening in openings if encloses(outage.span, opening.span) and opening not in match.kept]
        if outage.stance == SUSPECTED:
            withdraw(partition, outage)
        elif below:
            _narrow(partition, outage, max(below, key=lambda opening: opening.reports), match)
        else:
            cancel(partition, outage, now)


def _narrow(partition: Partition, outage: Outage, opening: Opening, match: _Match) -> None:
    """The outage moves downstream: what lies outside was never out."""
    outage.lose(release(partition.forest, partition.points, outage.span, opening.span, outage.slot, False))
    outage.device, outage.service_point, outage.span = opening.device, opening.service_point, opening.span
    outage.posterior = opening.posterior
    match.kept.append(opening)
    partition.dirty[outage.outage_id] = outage


def _open(partition: Partition, zone: int, opening: Opening, included: list[Outage], now: int) -> None:
    inside = [outage for outage in included if not outage.final and encloses(opening.span, outage.span)]
    inside = [outage for outage in inside if partition.by_slot[outage.slot] is outage]
    inside = [outage for outage in inside if _of_one_wave(partition, outage, opening)]
    published = [outage for outage in inside if outage.stance != SUSPECTED]
    for outage in inside:
        if outage.stance == SUSPECTED:
            withdraw(partition, outage)
    if published:
        _move_upstream(partition, opening, published, now)
    else:
        open_new(partition, zone, opening, now)


def _of_one_wave(partition: Partition, outage: Outage, opening: Opening) -> bool:
    """Older outages below a new one keep their points; those of the same wave are the same outage."""
    return abs(outage.wave_at - opening.started) <= partition.scores.coherence


def _move_upstream(partition: Partition, opening: Opening, published: list[Outage], now: int) -> None:
    """The oldest keeps its name and takes the device upstream; the others of the wave merge into it."""
    survivor, others = published[0], published[1:]
    for outage in published:
        partition.mergeable[outage.slot] = 1
    survivor.device, survivor.service_point, survivor.span = opening.device, NOBODY, opening.span
    survivor.posterior = opening.posterior
    survivor.wave_at = min(opening.started, survivor.wave_at)
    _claim(partition, survivor, opening.started)
    for outage in published:
        partition.mergeable[outage.slot] = 0
    for outage in others:
        merge_into(partition, outage, survivor, now)
    sharpen_start(partition, survivor)
    _nest_older(partition, survivor)
    partition.dirty[survivor.outage_id] = survivor


def open_new(partition: Partition, zone: int, opening: Opening, now: int) -> Outage:
    """A new outage, published at once unless it is only suspected."""
    outage = Outage(
        outage_id="",
        slot=partition.take_slot(),
        zone=zone,
        device=opening.device,
        service_point=opening.service_point,
        span=opening.span,
        opened_at=now,
        wave_at=opening.started,
        started_at=opening.started,
        posterior=opening.posterior,
    )
    partition.by_slot[outage.slot] = outage
    parents = _claim(partition, outage, opening.started)
    outage.outage_id = _name(partition, outage)
    outage.follows = _followed(partition, outage)
    if parents:
        outage.parent_id = parents[0].outage_id
        partition.parents[parents[0].outage_id] = parents[0]
        closed_at = max((section.closed_at for section in parents[0].sections), default=outage.started_at)
        outage.started_at = max(outage.started_at, closed_at)
    partition.add(outage)
    sharpen_start(partition, outage)
    _nest_older(partition, outage)
    if above := partition.upstream_of(outage):
        outage.nested_in = above.outage_id
    if _is_certain_of_device(partition, opening):
        publish(partition, outage, now)
    else:
        partition.to_review[outage.outage_id] = outage
    return outage


def _is_certain_of_device(partition: Partition, opening: Opening) -> bool:
    """One report below a device that feeds several points may be a single service: it is suspected first."""
    return opening.device >= 0 and (
        opening.reports != 1
        or opening.span[1] - opening.span[0] == 1
        or opening.device in partition.told.get(int(partition.network.device_zone[opening.device]), ())
    )


def _claim(partition: Partition, outage: Outage, started: int) -> list[Outage]:
    """Take the points below the device; returns the closing outages that lost some."""
    partition.moved[:] = 0
    gained = claim(
        partition.forest, partition.points, outage.span, outage.slot, started, partition.mergeable, partition.moved
    )
    outage.gain(gained)
    losers = partition.slots_of(partition.moved)
    for other in losers:
        other.lose(partition.moved[other.slot])
        if other.outage_id:
            partition.dirty[other.outage_id] = other
            partition.to_review[other.outage_id] = other
    return [other for other in losers if partition.mergeable[other.slot] == 0]


def _name(partition: Partition, outage: Outage) -> str:
    """The earliest evidence names the outage; evidence that has named one before is passed over."""
    network = partition.network
    pairs = reports_of(partition.points, outage.span, outage.slot)
    named = [(int(at), network.point_ids[int(point)]) for at, point in pairs]
    if outage.device >= 0:
        opened = int(partition.devices.open_first[outage.device])
        said = opened if opened != NEVER else outage.started_at
        named.append((said, network.device_ids[outage.device]))
        if opened == NEVER and pairs.size:
            named.pop()
    zone_id = network.zone_ids[outage.zone]
    for at, subject in sorted(named):
        name = outage_id(zone_id, subject, at)
        if name not in partition.known:
            return name
    subject = network.device_ids[outage.device] if outage.device >= 0 else network.point_ids[outage.service_point]
    return outage_id(zone_id, subject, outage.opened_at)


def _followed(partition: Partition, outage: Outage) -> str | None:
    last = partition.last_of_class.get(class_key(partition, outage))
    return last[0] if last is not None and outage.opened_at - last[1] <= RECENT else None


def _nest_older(partition: Partition, outage: Outage) -> None:
    """Older outages below keep their points and are nested in this one."""
    for other in partition.open_in(outage.zone):
        if (
            other is not outage
            and encloses(outage.span, other.span)
            and other.nested_in is None
            and not other.restoring
        ):
            other.nested_in = outage.outage_id
            if other.stance != SUSPECTED:
                partition.dirty[other.outage_id] = other
