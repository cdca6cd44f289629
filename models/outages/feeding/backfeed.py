"""The backfeed watch: somebody says "on" in a section that is open or under clearance, where crews may be at work.

It goes by what is said of positions, never by the picture: a tie that nobody told of takes nobody out of the watch.
What is heard is published after some seconds, in which word of a closing may still come. Nothing is concluded from it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.contracts.outputs.network import MOST_POINTS
from models.outages.context.crews import NO_CLASS
from models.outages.feeding.abnormal import closed_by_word
from models.outages.feeding.sections import isolations, lay_sections
from models.outages.feeding.watches import Watch
from models.outages.inference.knowledge import NEVER, OUT, PENDING
from models.outages.state.partition import class_key
from models.outages.state.record_writer import SCHEMA_VERSION, format_time
from models.outages.state.zone_repair import fail
from models.times.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.context.crews import CrewAt
    from models.outages.feeding.watches import Isolation, Sections
    from models.outages.state.partition import Partition

Record = dict[str, Any]
HOLD: Final = 30 * SECOND
"""Word of a closing, and of what else feeds a section, may come so much later (ms) than a meter's "on"."""
LONGEST_HOLD: Final = 120 * SECOND
"""What looks like a closing of which nobody has told is published after so long (ms)."""
PUT_OFF: Final = 10 * SECOND
"""Until then it is looked at again so often (ms)."""


class CrewsByPlace(NamedTuple):
    """Crews in the order of the devices at which they are."""

    device: list[int]
    crew: list[CrewAt]


@dataclass(slots=True)
class Review:
    """What the sections are looked at with, at an instant."""

    partition: Partition
    sections: Sections
    now: int
    other: set[int] = field(default_factory=set)
    """Of the sections that are published, those in which crews or outages may be others."""
    crews: CrewsByPlace | None = None
    """Found once they are asked for."""


def watch(partition: Partition, now: int) -> list[Record]:
    """Give the records of an instant at which all else has been said; `sequence` still to come."""
    book, why = partition.backfeed, isolations(partition, now)
    before, book.why = book.why, why
    if before is not None and before != why:
        book.sections = None
    book.sections = book.sections or lay_sections(partition, why)
    review = Review(partition, book.sections, now)
    numbers = _to_review(review, before) if why or book.watches else set()
    records = [_review_unless_set_aside(review, number) for number in sorted(numbers)]
    book.reported.clear()
    book.revised.clear()
    partition.context.crews.moved.clear()
    return [record for record in records if record is not None]


def _to_review(review: Review, before: list[Isolation] | None) -> set[int]:
    """Give the devices of the sections about which anything may be other than at the instant before."""
    partition, book, sections = review.partition, review.partition.backfeed, review.sections
    published = [number for number, one in book.watches.items() if one.revision]
    if before is None:
        review.other.update(published)
        return {*book.watches, *sections.place}
    asked = {number for number, one in book.watches.items() if not one.revision and one.due <= review.now}
    if before is not book.why and (others := {one.number for one in {*before} ^ {*(book.why or ())}}):
        at = partition.network.device_position[np.fromiter(others, np.int64)]
        asked |= {*others, *sections.around(at.astype(np.int64))}
    if book.reported:
        points = np.unique(partition.network.point_position[np.concatenate(book.reported)]).astype(np.int64)
        asked.update(sections.heard_in(points))
    review.other.update(number for number in published if _zone_of(partition, number) in book.revised)
    if published and (crews := partition.context.crews.moved):
        places = [_place_of(partition, crew) for crew in crews]
        spans = [(number, _span_of(partition, number)) for number in published]
        review.other.update(number for number, span in spans if any(span[0] <= at < span[1] for at in places))
    return asked | review.other


def _place_of(partition: Partition, crew: CrewAt) -> int:
    """The device at which a crew is, or at which the outage that it names is or was; -1 where nobody knows."""
    if not crew.outage_id:
        return crew.key
    outage, ended = partition.by_name.get(crew.outage_id), partition.ended.get(crew.outage_id)
    key = class_key(partition, outage) if outage is not None else ended.key if ended is not None else NO_CLASS
    return key if key >= 0 or key == NO_CLASS else int(partition.network.point_device[~key])


def _zone_of(partition: Partition, number: int) -> int:
    device = partition.network.device_at(number)
    return int(partition.network.device_zone[device]) if device >= 0 else -1


def _span_of(partition: Partition, number: int) -> tuple[int, int]:
    """The devices of a section, with those above that customers cannot tell from its own."""
    network, device = partition.network, partition.network.device_at(number)
    return (int(network.class_of[device]), int(network.device_end[device])) if device >= 0 else (0, 0)


def _is_other(review: Review, known: Watch) -> bool:
    """Whether extent or crews are others than those that are published."""
    if known.number not in review.other:
        return False
    return _extent(review.partition, known.number) != known.extent or _crews_near(review, known.number) != known.crews


def _review_unless_set_aside(review: Review, number: int) -> Record | None:
    """Look at a section unless its zone is set aside, or is to be."""
    partition = review.partition
    zone = _zone_of(partition, number)
    if zone not in partition.quarantined:
        try:
            return _review(review, number)
        except Exception as error:
            if zone < 0:
                raise
            fail(partition, zone, error)
    if (known := partition.backfeed.watches.get(number)) is not None:
        known.due = max(known.due, review.now + HOLD)
    return None


def _review(review: Review, number: int) -> Record | None:
    """Say what is new of a section; None if nothing is."""
    book, place = review.partition.backfeed, review.sections.place.get(number)
    known = book.watches.get(number)
    live = np.zeros(0, np.int64) if place is None else _live(review, place)
    if place is None or not len(live):
        if known is None:
            return None
        del book.watches[number]
        return _clear(review, known) if known.revision else None
    why = review.sections.why[place]
    first_on = _first_on(review.partition, live, why.since)
    if known is None:
        known = book.watches[number] = _begin(review, why, first_on)
    known.first_on = min(known.first_on, first_on)
    if review.now < known.due or _is_put_off(review, known):
        return None
    if known.revision and len(live) < 2 * known.points_on and not _is_other(review, known):
        return None
    known.points_on, known.crews = len(live), _crews_near(review, number)
    return _record(review, known, live)


def _is_put_off(review: Review, known: Watch) -> bool:
    """Whether the picture has all of the section coming back, and has not told so yet: word of a closing may come."""
    if known.revision or review.now >= known.until or not _is_coming_back(review.partition, known.number):
        return False
    known.due = min(review.now + PUT_OFF, known.until)
    return True


def _live(review: Review, place: int) -> NDArray[np.int64]:
    """Give the points of a section that have said "on" since it was isolated, and no "out" after that."""
    points, here = review.partition.points, review.sections.alone(place)
    since = review.sections.why[place].since + review.partition.scores.clock_tolerance
    on = points.on_last[here]
    live: NDArray[np.int64] = here[(on > since) & (on > points.out_last[here]) & (points.mute[here] == 0)]
    return live


def _first_on(partition: Partition, live: NDArray[np.int64], since: int) -> int:
    first, last = partition.points.on_first[live], partition.points.on_last[live]
    return int(np.where(first > since + partition.scores.clock_tolerance, first, last).min())


def _begin(review: Review, why: Isolation, first_on: int) -> Watch:
    network = review.partition.network
    device = network.device_at(why.number)
    names = network.device_ids[device], network.zone_ids[int(network.device_zone[device])]
    return Watch(why.number, *names, why.since, why.basis, review.now + HOLD, review.now + LONGEST_HOLD, first_on)


def _clear(review: Review, known: Watch) -> Record:
    """It is over: nobody says so any more, another way feeds the section, or what isolated it does no more."""
    partition, closed_at = review.partition, None
    device = partition.network.device_at(known.number)
    isolated = any(one.number == known.number for one in partition.backfeed.why or ())
    over = "fed_otherwise" if isolated or known.number in partition.ways.kept_open else "ended"
    over = "out" if known.number in review.sections.place else over
    if over == "ended" and known.basis == "open" and device >= 0:
        at = closed_by_word(partition.devices, device)
        closed_at = format_time(at) if at != NEVER else None
    record = _record(review, known, np.zeros(0, np.int64))
    return record | {"status": "cleared", "cleared_by": over, "closed_at": closed_at}


def _record(review: Review, known: Watch, live: NDArray[np.int64]) -> Record:
    partition = review.partition
    known.revision, known.extent = known.revision + 1, _extent(partition, known.number)
    known.name = known.name or f"{known.device_id}:{format_time(review.now)}"
    return {
        "event_id": f"{known.name}:{known.revision}",
        "schema_version": SCHEMA_VERSION,
        "organisation": partition.writer.organisation,
        "backfeed_id": known.name,
        "revision": known.revision,
        "status": "active",
        "cleared_by": None,
        "closed_at": None,
        "basis": known.basis,
        "zone_id": known.zone_id,
        "device_id": known.device_id,
        "isolated_since": format_time(known.since),
        "first_on_at": format_time(known.first_on),
        "extent": known.extent,
        "usage_points_on": len(live),
        "usage_points": _points(partition, live),
        "crews": known.crews,
        "updated_at": format_time(review.now),
    }


def _extent(partition: Partition, number: int) -> str:
    """`part` while anybody is out by an outage at the section's device, or above it."""
    return "part" if _has(partition, number, OUT) else "whole"


def _is_coming_back(partition: Partition, number: int) -> bool:
    return _has(partition, number, PENDING) and not _has(partition, number, OUT)


def _has(partition: Partition, number: int, phase: int) -> bool:
    """Whether a section has points in a phase, of an outage that is no smaller than the section."""
    network, device = partition.network, partition.network.device_at(number)
    if device < 0:
        return False
    first, last = int(network.point_start[device]), int(network.point_end[device])
    some = partition.points.phase[first:last] == phase
    owners = [partition.by_slot[slot] for slot in np.unique(partition.points.owner[first:last][some]).tolist()]
    return any(one is not None and one.span[0] <= first and last <= one.span[1] for one in owners)


def _points(partition: Partition, live: NDArray[np.int64]) -> list[Record]:
    network, at = partition.network, partition.points.on_last
    first = live[np.lexsort((live, at[live]))][:MOST_POINTS]
    return [
        {
            "usage_point_id": network.point_ids[point],
            "device_id": network.device_ids[int(network.point_device[point])],
            "on_at": format_time(int(at[point])),
        }
        for point in first.tolist()
    ]


def _crews_by_place(partition: Partition) -> CrewsByPlace:
    found = [(_place_of(partition, crew), crew) for crew in partition.context.crews.by_crew.values()]
    found.sort(key=itemgetter(0))
    return CrewsByPlace([at for at, _ in found], [crew for _, crew in found])


def _crews_near(review: Review, number: int) -> list[Record]:
    """Give the crews at a device, at one that customers cannot tell from it or below it, or at an outage there."""
    crews = review.crews = review.crews or _crews_by_place(review.partition)
    first, end = (bisect_left(crews.device, at) for at in _span_of(review.partition, number))
    near = [
        {
            "crew_id": crew.crew_id,
            "status": crew.status,
            "device_id": None if crew.outage_id else review.partition.network.device_ids[at],
            "outage_id": crew.outage_id or None,
        }
        for at, crew in zip(crews.device[first:end], crews.crew[first:end], strict=True)
        if crew.status != "completed"
    ]
    return sorted(near, key=itemgetter("crew_id"))
