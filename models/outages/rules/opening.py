"""From what inference finds open to outages: new ones, ones that move upstream, ones that prove false.

A wave takes minutes to come in, so the same zone is explained again and again. Open outages of the present wave are
*incumbents*: they keep their device unless a challenger has a clear lead, and while the wave comes in only a device
upstream may replace it; then the oldest takes the new device and the others merge into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from models.outages.inference.device_facts import device_fact
from models.outages.inference.knowledge import NOBODY
from models.outages.inference.most_probable import explain_zones
from models.outages.inference.ownership import fresh_reports, release
from models.outages.inference.pass_columns import SUSPECTED
from models.outages.rules.incumbents import clear_incumbents, included_outages, set_incumbents
from models.outages.rules.life_cycle import cancel, is_due, merge_into, publish, withdraw
from models.outages.rules.new_outage import Opening, claim_below, is_certain_of_device, nest_older, open_new
from models.outages.rules.rivals import weigh_rivals
from models.outages.rules.start_time import sharpen_start
from models.outages.state.deciding import note
from models.outages.state.partition import encloses
from models.outages.state.zone_repair import fail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


Said = TypeVar("Said")
OPENINGS_AT_ONCE: Final = 3
"""So often the same customers may lose power anew at one instant."""
AGAIN: Final = 60_000
"""So long (ms) an outage that is over is not opened again on evidence from before its end alone."""
NOTHING: Final = np.zeros(0, np.int64)


def explain(partition: Partition, zones: list[int], now: int) -> None:
    """Explain the fresh evidence of some zones at an instant and bring their outages into line.

    If it fails, zone by zone shows whose fault it is.
    """
    fresh = _passed(partition, [zone for zone in zones if zone in partition.loose], _fresh)
    asked: dict[int, list[Outage]] = {}
    for zone in _sound(partition, zones):
        try:
            included = included_outages(partition, zone, fresh.get(zone, NOTHING), now)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
            fail(partition, zone, error)
            continue
        if included is not None:
            asked[zone] = included
            set_incumbents(partition, included)
    if not asked:
        return
    found = _passed(partition, list(asked), lambda partition, zones: _find(partition, zones, now))
    for included in asked.values():
        clear_incumbents(partition, included)
    for zone in _sound(partition, asked):
        try:
            _bring_into_line(partition, zone, asked[zone], found[zone], now)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
            fail(partition, zone, error)
        else:
            partition.loose.add(zone)


def _sound(partition: Partition, zones: Iterable[int]) -> list[int]:
    return [zone for zone in zones if zone not in partition.quarantined]


def _passed(
    partition: Partition, zones: list[int], work: Callable[[Partition, list[int]], dict[int, Said]]
) -> dict[int, Said]:
    """What a pass over the zones says of each; if it fails, that of those in which it does not."""
    try:
        return work(partition, zones)
    except Exception:  # noqa: BLE001  whose it is shows zone by zone
        said: dict[int, Said] = {}
    for zone in zones:
        try:
            said |= work(partition, [zone])
        except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
            fail(partition, zone, error)
    return said


def _fresh(partition: Partition, zones: list[int]) -> dict[int, NDArray[np.int64]]:
    """When the reports of loose zones were observed that no outage explains; zones without any are loose no more."""
    if not zones:
        return {}
    times, starts = fresh_reports(partition.points, partition.forest.zone_point_start, np.array(zones, np.int64))
    spans = zip(zones, pairwise(starts.tolist()), strict=True)
    fresh = {zone: times[first:last] for zone, (first, last) in spans if first < last}
    partition.loose.difference_update(zone for zone in zones if zone not in fresh)
    return fresh


def _bring_into_line(
    partition: Partition, zone: int, included: list[Outage], openings: list[Opening], now: int
) -> None:
    match = _match(partition, included, openings, now)
    _let_go(partition, match, openings, now)
    for opening in openings:
        if opening not in match.kept and not _goes_round(partition, zone, opening, now):
            _open(partition, zone, opening, included, now)


def _goes_round(partition: Partition, zone: int, opening: Opening, now: int) -> bool:
    """Whether these customers have had their outages at this instant, or one on the same evidence a moment ago.

    What contradicts itself may open and close again without end, at one instant or at each; it is left to later ones.
    """
    partition.opened[opening.span] += 1
    if partition.opened[opening.span] > OPENINGS_AT_ONCE:
        return True
    key = ~opening.service_point if opening.device < 0 else int(partition.network.class_of[opening.device])
    _, ended_at = partition.last_of_class.get(key, ("", 0))
    return opening.started < ended_at and now - ended_at < AGAIN and not partition.news.get(zone)


@dataclass(slots=True)
class _Match:
    kept: list[Opening]
    """Openings that an incumbent already stands for."""
    lost: list[Outage]
    """Incumbents whose device is not among the openings."""


def _find(partition: Partition, zones: list[int], now: int) -> dict[int, list[Opening]]:
    """Infer what opened in each of the zones, as many of them at once as there is room for."""
    openings: list[list[Opening]] = []
    while left := zones[len(openings) :]:
        ends = explain_zones(
            partition.forest,
            partition.points,
            partition.devices,
            partition.scores,
            partition.incumbents,
            partition.work,
            partition.found,
            np.array(left, np.int64),
            np.array([bool(partition.told.get(zone)) for zone in left]),
            now,
        )
        rows = _read(partition, ends[-1])
        openings += [rows[first:last] for first, last in pairwise(ends)]
    return dict(zip(zones, openings, strict=True))


def _read(partition: Partition, count: int) -> list[Opening]:
    """The first rows of what a pass found."""
    network, found = partition.network, partition.found
    what = found.what[:count]
    alone, device = what < 0, np.where(what < 0, NOBODY, what)
    point = np.where(alone, ~what, NOBODY)
    first = np.where(alone, ~what, network.point_start[device])
    last = np.where(alone, ~what + 1, network.point_end[device])
    columns = (device, point, first, last, found.posterior[:count], found.reports[:count], found.started[:count])
    return [
        Opening(device, point, (first, last), posterior, reports, started)
        for device, point, first, last, posterior, reports, started in zip(*(c.tolist() for c in columns), strict=True)
    ]


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
            note(partition, "named", outage)
        sharpen_start(partition, outage)
        if outage.stance != SUSPECTED:
            partition.dirty[outage.outage_id] = outage
        elif is_due(partition, outage, now) or is_certain_of_device(partition, opening):
            publish(partition, outage, now)
    return match


def _fact(partition: Partition, device: int, now: int) -> int:
    return int(device_fact(partition.devices, partition.scores, device, now))


def _let_go(partition: Partition, match: _Match, openings: list[Opening], now: int) -> None:
    """Incumbents that are found no longer: covered from upstream, narrowed downstream, or false."""
    for outage in match.lost:
        if any(encloses(opening.span, outage.span) for opening in openings):
            continue
        below = [opening for opening in openings if encloses(outage.span, opening.span) and opening not in match.kept]
        if outage.stance == SUSPECTED:
            note(partition, "withdrawn", outage)
            withdraw(partition, outage)
        elif below:
            _narrow(partition, outage, max(below, key=lambda opening: opening.reports), match)
        else:
            note(partition, "not-found", outage)
            cancel(partition, outage, now)


def _narrow(partition: Partition, outage: Outage, opening: Opening, match: _Match) -> None:
    """The outage moves downstream: what lies outside was never out."""
    outage.lose(release(partition.forest, partition.points, outage.span, opening.span, outage.slot))
    outage.device, outage.service_point, outage.span = opening.device, opening.service_point, opening.span
    outage.posterior = opening.posterior
    note(partition, "narrowed", outage, weigh_rivals(partition, opening))
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
        open_new(partition, zone, opening, now, "opened", weigh_rivals(partition, opening))


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
    claim_below(partition, survivor, opening)
    for outage in published:
        partition.mergeable[outage.slot] = 0
    for outage in others:
        note(partition, "merged-upstream", outage, other=survivor.outage_id)
        merge_into(partition, outage, survivor, now)
    sharpen_start(partition, survivor)
    nest_older(partition, survivor)
    note(partition, "moved-upstream", survivor, weigh_rivals(partition, opening))
    partition.dirty[survivor.outage_id] = survivor
