"""From a picture to outages: what it has open that nobody holds opens, what it has not goes, points find their owners.

An outage is a class of devices that is open in the picture; there is never a second one of a class. What was found
elsewhere at the same moment moves: same id, new device.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from models.outages.inference.knowledge import NEVER, NOBODY, OUT, PENDING
from models.outages.inference.ownership import BACK, DARK, OVER, PLACED, POWERED, Moved, bring_into_line
from models.outages.inference.picture import CERTAIN, Finding
from models.outages.rules.learning import know_sources
from models.outages.rules.life_cycle import cancel, end, end_transferred, is_late, publish, says_open, withdraw
from models.outages.rules.new_outage import make_outage, name_outage
from models.outages.rules.operators.holding import hold_services, is_held_whole
from models.outages.rules.told_interruptions import is_told, is_told_of
from models.outages.state.deciding import note
from models.outages.state.partition import class_key, encloses, span_of_key
from models.outages.state.trace import Weighed
from models.outages.weights.scores import milliseconds, units_of
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from models.outages.inference.forest import Span
    from models.outages.inference.picture import Picture
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


@dataclass(slots=True)
class Matched:
    """Outages and what the picture says of them."""

    found: list[tuple[Outage, Finding]] = field(default_factory=list)
    lost: list[Outage] = field(default_factory=list)
    new: list[Outage] = field(default_factory=list)
    """Of those found, without a name yet."""
    moved: list[Outage] = field(default_factory=list)
    """Of those found, at another device than before."""


def reconcile(partition: Partition, area: int, span: Span, picture: Picture, outages: Sequence[Outage]) -> list[Outage]:
    """Bring the outages of a span into line with its picture; returns those that are open now."""
    hold_services(partition, span, picture, outages)
    over = [outage for outage in outages if outage.over]
    matched = match(partition, area, span, picture, [outage for outage in outages if not outage.over])
    everybody = [outage for outage, _ in matched.found] + matched.lost + over
    *counts, changed, pairs = bring_into_line(
        partition.forest,
        partition.points,
        span,
        (picture.state, picture.lost_at, picture.back_at),
        _placed(partition, span, matched, everybody),
        len(partition.by_slot),
        (partition.scores.coherence, partition.scores.clock_tolerance),
    )
    moved = Moved(*counts)
    _name_new(partition, matched)
    _count(partition, everybody, moved, changed.tolist())
    _hand_on(partition, everybody, matched, moved, pairs.tolist())
    _bury_lost(partition, matched, everybody, moved)
    return [one for one in [*(outage for outage, _ in matched.found), *over] if one.outage_id in partition.by_name]


def match(partition: Partition, area: int, span: Span, picture: Picture, outages: Iterable[Outage]) -> Matched:
    """Tell which outage each finding is: the one of its class, one of its moment near it, or a new one."""
    network = partition.network
    zone = int(partition.areas.zone[area])
    left = {class_key(partition, outage): outage for outage in outages}
    matched, fresh = Matched(), []
    for finding in picture.findings:
        key = int(network.class_of[finding.device]) if finding.device >= 0 else ~finding.point
        if (outage := left.pop(key, None)) is not None:
            _update(partition, outage, finding)
            matched.found.append((outage, finding))
        else:
            fresh.append(finding)
    homes = [(finding, _span(partition, finding)) for finding in _absorb(partition, matched, left, fresh)]
    past = [(finding, home) for finding, home in homes if _is_past(partition, finding, home)]
    for finding, home in homes:
        if any(finding is one or (finding.nested and encloses(above, home)) for one, above in past):
            continue
        if _is_explained(partition, span, picture, matched, finding, home):
            continue
        near = [outage for outage in left.values() if _is_same(partition, outage, finding, home)]
        outage = min(near, key=lambda one: (one.suspected, one.order), default=None)
        if outage is None:
            outage = make_outage(partition, zone, int(_area_of(partition, finding)), finding, partition.now)
            matched.new.append(outage)
        else:
            del left[class_key(partition, outage)]
            outage.device, outage.service_point, outage.span = finding.device, finding.point, home
            outage.area = int(_area_of(partition, finding))
            matched.moved.append(outage)
            note(partition, "moved", outage)
            if not outage.suspected:
                partition.dirty[outage.outage_id] = outage
        _update(partition, outage, finding)
        matched.found.append((outage, finding))
    for outage in sorted(left.values(), key=lambda outage: outage.order):
        of_past = not outage.suspected and any(encloses(home, outage.span) for _, home in past)
        if of_past or _waits_for_neighbours(partition, outage):
            matched.found.append((outage, _keep(partition, span, picture, outage)))
        else:
            matched.lost.append(outage)
    return matched


def _is_past(partition: Partition, finding: Finding, home: tuple[int, int]) -> bool:
    """Whether it was over long ago: messages that come late do not say whether it lasted, nor what stayed dark then."""
    long_ago = finding.closed != NEVER and finding.closed < partition.now - partition.scores.forget
    return long_ago and not is_told(partition, home, finding.opened, finding.closed)


def _waits_for_neighbours(partition: Partition, outage: Outage) -> bool:
    """Whether it was found, is over, and meters tell of it: another picture of the past does not undo that."""
    sure = outage.posterior >= units_of(partition.parameters.restored_confidence)
    return outage.suspected and sure and is_told_of(partition, outage)


def _keep(partition: Partition, span: Span, picture: Picture, outage: Outage) -> Finding:
    """Give what an outage is as a finding, and have its points in the picture as it has them."""
    here, points, is_open = slice(*outage.span), partition.points, outage.closed_at is None
    mine = points.owner[here] == outage.slot
    mine &= points.phase[here] == OUT if is_open else True
    at = here.start - span.point + np.flatnonzero(mine)
    closed = NEVER if outage.closed_at is None else outage.closed_at
    picture.state[at], picture.lost_at[at], picture.back_at[at] = DARK if is_open else BACK, outage.wave_at, closed
    return Finding(
        outage.device,
        outage.service_point,
        outage.wave_at,
        closed,
        outage.nested,
        outage.started_at,
        outage.source,
        outage.posterior,
        outage.reports,
        (),
    )


def _is_explained(
    partition: Partition, span: Span, picture: Picture, matched: Matched, finding: Finding, home: tuple[int, int]
) -> bool:
    """Whether a finding is no outage of its own, or none yet: its points stay with whom they are, or count as back."""
    if not finding.nested:
        if _is_part(partition, matched, finding, home):
            return True
        if _fell_with(partition, matched, finding, home) and _is_too_early(partition, matched, finding, home):
            return True
        return is_late(partition, finding) and _leave_with_owners(partition, span, picture, finding, home)
    if _is_too_early(partition, matched, finding, home):
        return True
    if finding.posterior < units_of(partition.parameters.nested_confidence):
        _doubt(span, picture, finding, home)
        return True
    return False


def _span(partition: Partition, finding: Finding) -> tuple[int, int]:
    return span_of_key(partition, finding.device if finding.device >= 0 else ~finding.point)


def _area_of(partition: Partition, finding: Finding) -> int:
    device = finding.device if finding.device >= 0 else int(partition.network.point_device[finding.point])
    return int(partition.areas.of_device[device])


def _absorb(partition: Partition, matched: Matched, left: dict[int, Outage], fresh: list[Finding]) -> list[Finding]:
    """An outage whose device has closed stays what it was, though its parts explain as well what came back."""
    for key, outage in list(left.items()):
        if outage.closed_at is None or outage.suspected:
            continue
        homes = [(finding, _span(partition, finding)) for finding in fresh if finding.closed != NEVER]
        parts = [finding for finding, home in homes if home == outage.span or encloses(outage.span, home)]
        if parts:
            fresh = [finding for finding in fresh if not any(finding is part for part in parts)]
            del left[key]
            whole = parts[0]._replace(device=outage.device, point=outage.service_point, posterior=outage.posterior)
            matched.found.append((outage, whole._replace(opened=outage.wave_at, closed=outage.closed_at)))
    return fresh


def _is_part(partition: Partition, matched: Matched, finding: Finding, home: tuple[int, int]) -> bool:
    """Whether an outage above, of the same moment, is known well enough to explain a finding, too.

    What lost power and came back with a device above is a part of it; below one that is confirmed nothing is explained
    anew before that has closed, and what is back sooner than the rest is a step of its restoration.
    """
    if finding.device >= 0 and says_open(partition, finding.device):
        return False
    return any(
        encloses(outage.span, home)
        and (
            is_held_whole(outage, finding.opened)
            or (
                abs(outage.wave_at - finding.opened) <= partition.scores.coherence
                and (outage.confirmed if outage.closed_at is None else finding.closed != NEVER)
            )
        )
        for outage, _ in matched.found
    )


def _fell_with(partition: Partition, matched: Matched, finding: Finding, home: tuple[int, int]) -> bool:
    """Whether what is still open lost power in the moment of an outage above that has closed."""
    return finding.closed == NEVER and any(
        outage.closed_at is not None
        and encloses(outage.span, home)
        and abs(outage.wave_at - finding.opened) <= partition.scores.coherence
        for outage, _ in matched.found
    )


def _is_too_early(partition: Partition, matched: Matched, finding: Finding, home: tuple[int, int]) -> bool:
    """Whether those above have closed so lately that silence says little: its points wait with theirs.

    Not where it is as good as certain by now: meters that noticed what was too short for them tell of it at once. Nor
    does silence say anything yet where meters' messages have just begun to come again.
    """
    if finding.device >= 0 and says_open(partition, finding.device):
        return False
    hold = milliseconds(partition.parameters.nested_hold_seconds)
    if partition.now < partition.deaf_until + hold:
        return True
    seen = [one.closing_seen_at for one, _ in matched.found if one.closed_at is not None and encloses(one.span, home)]
    return finding.posterior < CERTAIN and partition.now < max(seen, default=0) + hold


def _doubt(span: Span, picture: Picture, finding: Finding, home: tuple[int, int]) -> None:
    """What is not probably dark counts as back, with those around it."""
    dark = _dark_by(span, picture, finding, home)
    picture.state[dark], picture.back_at[dark] = BACK, finding.since


def _dark_by(span: Span, picture: Picture, finding: Finding, home: tuple[int, int]) -> NDArray[np.int64]:
    """The points of the span, by place in it, that a finding has dark."""
    first, last = home[0] - span.point, home[1] - span.point
    here = (picture.state[first:last] == DARK) & (picture.lost_at[first:last] == finding.opened)
    return first + np.flatnonzero(here)


def _leave_with_owners(
    partition: Partition, span: Span, picture: Picture, finding: Finding, home: tuple[int, int]
) -> bool:
    """Leave what a finding has dark with published outages, out for longer; False if they have not all of it."""
    dark = span.point + _dark_by(span, picture, finding, home)
    owners = {int(slot) for slot in np.unique(partition.points.owner[dark])}
    published = [slot >= 0 and (one := partition.by_slot[slot]) is not None and not one.suspected for slot in owners]
    if not all(published):
        return False
    pending = dark[partition.points.phase[dark] == PENDING]
    partition.points.phase[pending] = OUT
    return True


def _is_same(partition: Partition, outage: Outage, finding: Finding, home: tuple[int, int]) -> bool:
    """Whether an outage was this one all along, seen at the wrong device."""
    near = encloses(home, outage.span) or encloses(outage.span, home) or home == outage.span
    at_once = abs(outage.wave_at - finding.opened) <= partition.scores.coherence
    settled = outage.confirmed or (outage.closed_at is not None and not outage.suspected)
    return near and at_once and not settled and not finding.nested


def _update(partition: Partition, outage: Outage, finding: Finding) -> None:
    outage.posterior, outage.reports = finding.posterior, finding.reports
    outage.alternatives = [] if outage.confirmed else list(finding.alternatives)
    if not _was_open_by(outage, finding.opened):  # else what is said of a later moment is of the same opening
        outage.source = finding.source
        if outage.wave_at != finding.opened:
            outage.wave_at = finding.opened
            outage.nested = finding.nested
    if outage.device != finding.device and not outage.confirmed:
        outage.device = finding.device
        note(partition, "named", outage)
    closed = None if finding.closed == NEVER else finding.closed
    if closed is not None and outage.closed_at is None:
        outage.closing_seen_at = partition.now
        note(partition, "device-closed", outage)
    outage.closed_at = closed
    if outage.outage_id and not outage.suspected:
        partition.dirty[outage.outage_id] = outage


def _was_open_by(outage: Outage, at: int) -> bool:
    """Whether it had been published by then, and nobody is back as far as is known."""
    whole = outage.closed_at is None and outage.restored[0] == 0
    return whole and outage.detected_at is not None and at > outage.detected_at


def _placed(partition: Partition, span: Span, matched: Matched, everybody: list[Outage]) -> NDArray[np.int64]:
    """Outages as `bring_into_line` takes them: those found come first."""
    rows = []
    for outage, finding in zip_longest(everybody, (finding for _, finding in matched.found)):
        stays, closed = POWERED if finding is None else DARK if finding.closed == NEVER else BACK, NEVER
        if outage.over:
            stays, closed = OVER, outage.closed_at or outage.started_at
        device = point = NOBODY
        if finding is not None and outage.device >= 0:
            device = int(partition.network.class_of[outage.device]) - span.device
        elif finding is not None:
            point = outage.service_point - span.point
        rows.append((outage.slot, stays, outage.suspected, closed, *outage.span, outage.wave_at, device, point))
    return np.array(rows, np.int64).reshape(-1, PLACED)


def _name_new(partition: Partition, matched: Matched) -> None:
    for outage in matched.new:
        partition.by_slot[outage.slot] = outage
    for outage in matched.new:
        name_outage(partition, outage)
        place = outage.device >= 0
        ids = partition.network.device_ids if place else partition.network.point_ids
        weighed = Weighed(ids[outage.device if place else outage.service_point], outage.posterior)
        note(partition, "dark-branch" if outage.nested else "opened", outage, [weighed])


def _count(partition: Partition, everybody: list[Outage], moved: Moved, changed: list[int]) -> None:
    """Customers gained and lost, and those who lost power again."""
    for index in changed:
        outage = everybody[index]
        outage.gain(moved.gained[index])
        outage.lose(moved.released[index])
        outage.give_back(-moved.again[index])
        outage.hand_on(-moved.rejoined[index])
        if moved.again[index, 0]:  # a revision says so before anything is told of them anew
            outage.next_restoration_at = max(outage.next_restoration_at, partition.now + SECOND)
        counts = moved.gained, moved.released, moved.again, moved.rejoined
        if not outage.suspected and any(count[index, 0] for count in counts):
            partition.dirty[outage.outage_id] = outage


def _hand_on(
    partition: Partition, everybody: list[Outage], matched: Matched, moved: Moved, pairs: list[tuple[int, int]]
) -> None:
    """Customers handed over; who takes those of an outage that closed was cut out of it."""
    for one, other in pairs:
        giver, taker, counts = everybody[one], everybody[other], moved.between[one, other]
        taker.gain(counts)
        feeds_nobody = giver.span[0] == giver.span[1]  # by now: it was so, and its customers stand below another device
        lost = giver in matched.lost and giver.restored[0] == 0 and not feeds_nobody
        merged, moves = giver.suspected or lost, giver in matched.moved
        if merged or moves:
            giver.lose(counts)
        else:
            giver.hand_on(counts)
            if taker in matched.new and giver.closed_at is not None and not giver.over:
                taker.parent_id = giver.outage_id
            giver.transferred_to = taker.outage_id
            if giver.closed_at is not None:
                know_sources(partition, giver, taker)
        if moves:
            partition.clear_slot(partition.points.handed_on_by, giver)  # they never were its own
        if taker.suspected and not merged:
            publish(partition, taker, partition.now)  # its customers are out by a published word
        for outage in (giver, taker):
            if not outage.suspected:
                partition.dirty[outage.outage_id] = outage


def _bury_lost(partition: Partition, matched: Matched, everybody: list[Outage], moved: Moved) -> None:
    """Outages that the picture does not have: a part of another one, or never there."""
    now = partition.now
    for index, outage in enumerate(everybody):
        lost = outage in matched.lost
        if not lost and (outage.affected[0] > 0 or _owns(partition, outage)):
            continue
        heirs = moved.between[index, :, 0]
        heir = everybody[int(heirs.argmax())] if len(heirs) and heirs.max() > 0 else None
        if outage.suspected:
            withdraw(partition, outage)
        elif outage.restored[0] > 0:
            end(partition, outage, now)
        elif heir is not None and not heir.suspected:
            # What a good-quality position or a crew had open was no part of another one: it has been mended.
            end_transferred(
                partition, outage, "repaired" if outage.confirmed and outage.transferred[0] > 0 else "merged", heir, now
            )
        else:
            cancel(partition, outage, now)


def _owns(partition: Partition, outage: Outage) -> bool:
    first, last = outage.span
    return bool((partition.points.owner[first:last] == outage.slot).any())
