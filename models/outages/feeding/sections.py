"""Sections in which nobody may have power: below what is known to be open, a cut, or a device under clearance.

Known is what SCADA, crews and operators have said. What the picture concludes opens nothing here, and closes nothing.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from models.evidence.work_codes import WORK_STATUSES
from models.outages.feeding.watches import Isolation, Sections
from models.outages.state.partition import holder_of
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from models.outages.state.partition import Partition

_STARTED: Final = WORK_STATUSES.index("started")
_moment: Final = lru_cache(4096)(parse_time)
BASES: Final = ("cut", "open", "clearance")


def isolations(partition: Partition, now: int) -> list[Isolation]:
    """Give what isolates anybody at this instant; of a device the first of `BASES` counts."""
    book, kept = partition.backfeed, tuple(partition.ways.kept_open)
    if book.known_open is None or book.known_open[0] != kept:
        book.known_open = kept, _worst(_open(partition))
    if not partition.context.works.by_class:
        return book.known_open[1]
    return _worst((*book.known_open[1], *_cleared(partition, now)))


def _worst(told: Iterable[Isolation]) -> list[Isolation]:
    found: dict[int, Isolation] = {}
    for one in sorted(told, key=lambda one: (one.number, BASES.index(one.basis), one.since)):
        found.setdefault(one.number, one)
    return list(found.values())


def _open(partition: Partition) -> Iterator[Isolation]:
    """What is said to stand open, unless it stands in for a supply that feeds what is below."""
    told = [one for one in partition.abnormal.values() if one["position"] == "open"]
    network = partition.network
    for record, device in zip(told, network.find_devices([one["device_id"] for one in told]).tolist(), strict=True):
        number = int(network.device_number[device]) if device >= 0 else -1
        if number >= 0 and number not in partition.ways.kept_open:
            basis = "cut" if record["kind"] == "cut" else "open"
            yield Isolation(number, _moment(record["since"]), basis)


def _cleared(partition: Partition, now: int) -> Iterator[Isolation]:
    """Where planned work goes on at a device that holds an outage."""
    for works in partition.context.works.by_class.values():
        for work in works.values():
            if work.latest[1] != _STARTED or not work.covers(now):
                continue
            outage = holder_of(partition, work.device)
            if outage is not None and not outage.suspected and not outage.over:
                since = max(work.started_at, outage.started_at)
                yield Isolation(int(partition.network.device_number[work.device]), since, "clearance")


def lay_sections(partition: Partition, why: list[Isolation]) -> Sections:
    """Find the sections in the network as it is fed now, those that feed somebody and in which somebody lives."""
    network = partition.network
    here = network.device_position[np.array([one.number for one in why], np.int64)].astype(np.int64)
    lives = (here >= 0) & (network.point_end[here] > network.point_start[here])
    lives &= ~np.isin(network.device_zone[here], list(partition.canaries))
    chosen = np.flatnonzero(lives)
    chosen = chosen[np.argsort(here[chosen])]
    at = here[chosen]
    laid = tuple(why[place] for place in chosen.tolist())
    return Sections(
        laid,
        {one.number: place for place, one in enumerate(laid)},
        at,
        network.device_end[at].astype(np.int64),
        network.point_start[at].astype(np.int64),
        network.point_end[at].astype(np.int64),
    )
