"""The state of all zones that one process keeps: what is known, which outages are open, what falls due when."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from models.network.canary.names import canary_places
from models.network.network import PRIORITIES
from models.outages.context.context import Context
from models.outages.context.last_revision import LastRevision, write_last_revision
from models.outages.feeding.watches import Backfeed
from models.outages.feeding.ways import Ways
from models.outages.inference.knowledge import NOBODY
from models.outages.inference.picture import Ground
from models.outages.state.estimates import Estimates
from models.outages.state.record_writer import Writer
from models.outages.weights.scores import milliseconds
from models.times.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.context.breakdown import Breakdown
    from models.outages.context.last_revision import Returned
    from models.outages.estimate.estimator import Estimator
    from models.outages.state.outage import Outage
    from models.outages.state.shared_tables import Shared
    from models.outages.state.trace import Trace


class Ended(NamedTuple):
    """An outage that is over."""

    due: int
    """The instant at which it is forgotten."""
    zone: int
    key: int
    """Its class (`class_key`)."""
    last_revision: bytes
    """As `write_last_revision` writes it."""


class Failure(NamedTuple):
    """What set a zone aside."""

    error: Exception
    unsaid: dict[str, Outage]
    """Outages with news that has not been published."""


class Partition:
    """Everything that an instant reads and writes; the rules are in the modules around it."""

    def __init__(self, shared: Shared, organisation: str, zones: NDArray[np.bool_] | None = None) -> None:
        self.network = network = shared.network
        self.parameters = shared.parameters
        self.scores = shared.scores
        self.clock_laws = shared.clock_laws
        self.forest, self.areas, self.memory = shared.forest, shared.areas, shared.memory
        self.points, self.devices = shared.points, shared.devices
        self.shared = shared
        self._keep(zones)
        self.writer = Writer(network, organisation)
        self.context = Context(network, shared.devices, shared.interrupted_by)
        self.by_slot: list[Outage | None] = []
        self.vacant: list[int] = []
        self.by_zone: dict[int, dict[str, Outage]] = {}
        self.estimates = self._estimates(shared.estimator)
        self.by_name: dict[str, Outage] = {}
        self.known: set[str] = set()
        self.ended: dict[str, Ended] = {}
        """Outages that are over, in the order in which they are forgotten."""
        self.last_of_class: dict[int, tuple[str, int]] = {}
        self.survivors: dict[str, str] = {}
        """Of outages that were merged and are not forgotten yet, into which."""
        self.spoken_of: dict[int, set[int]] = {}
        """By zone, the devices of which SCADA or a crew has said something that is not accounted for."""
        self.timers: list[tuple[int, int]] = []
        """Heap of (instant, area), each once."""
        self.scheduled: set[tuple[int, int]] = set()
        """The same, to be asked whether one is there."""
        self.fed: dict[int, int] = {}
        """Devices below which power comes over a tie although their feed is dark, and since when."""
        self.drawn_at: dict[int, int] = {}
        """By area, the instant from which the next picture may be drawn."""
        self.pauses: dict[int, int] = {}
        """By area, the seconds between pictures: more and more while they do not change."""
        self.trace: Trace | None = None
        """Where decisions are noted, if anybody asks."""
        self.degraded = False
        """An origin is left out."""
        self.deaf = False
        """One of meters is: their silence says nothing."""
        self.deaf_until = 0
        """The instant at which meters could be heard again."""
        self.quarantined: set[int] = set()
        """Zones that are set aside: nothing is done in them."""
        self.now = 0
        """The instant being lived through."""
        self.dirty: dict[str, Outage] = {}
        """Outages with news."""
        self._nothing_to_review()
        self.failures: dict[int, Failure] = {}
        """Zones that failed just now."""

    def _estimates(self, estimator: Estimator | None) -> Estimates | None:
        """None where no table is given."""
        return None if estimator is None else Estimates(estimator, self.network, self.context, self.by_zone)

    def _nothing_to_review(self) -> None:
        self.changing = False
        """The network has just become another one: what is found is what was known of it before."""
        self.corrected: dict[str, bytes] = {}
        """Of outages that are over and were put right in this instant, what was published before."""
        self.switched: set[int] = set()
        """Zones in which something was said of a device at this instant."""
        self.to_review: set[int] = set()
        """Areas to look at, at this instant."""
        self.to_tell: set[int] = set()
        """Areas in which points say that they are back which the last picture shows so: only that is to be told."""
        self.holders: dict[int, dict[int, Outage]] | None = None
        """By zone and class its open outage, found once while outages stay where they are; None while they may move."""

    def _keep(self, zones: NDArray[np.bool_] | None) -> None:
        network = self.network
        self.zone_of = {zone_id: zone for zone, zone_id in enumerate(network.zone_ids)}
        self.zones = np.ones(len(network.zone_ids), bool) if zones is None else zones
        """Which zones are kept here."""
        self.canaries = frozenset(canary_places(network.zone_ids))
        """Zones in which nobody lives: what is published of them goes to topics of its own."""
        self.whole = bool(self.zones.all())
        self.abnormal: dict[str, dict[str, Any]] = {}
        """By id, what was published last of what stands otherwise than normally."""
        self.untimed: dict[int, list[str]] = {}
        """By zone, outages that were repaired under others and of whose beginning hardly anything is known yet."""
        self.noted: set[int] = set()
        """Devices (stable numbers) of which something was said at this instant."""
        self.backfeed = Backfeed()
        """Who says "on" where nobody may have power."""
        self.ways = Ways()
        """How what is not fed the normal way is fed."""
        self.own_points: NDArray[np.int64] | None = None
        self.own_devices: NDArray[np.int64] | None = None
        """Positions in these zones; None stands for all."""
        if not self.whole:
            self.own_points = np.flatnonzero(np.repeat(self.zones, np.diff(network.zone_point_start)))
            self.own_devices = np.flatnonzero(self.zones[network.device_zone])

    @property
    def ground(self) -> Ground:
        """What pictures are drawn from."""
        return Ground(
            self.forest,
            self.points,
            self.devices,
            self.scores,
            self.shared.telemetered,
            self.shared.quiet,
            self.shared.memory,
        )

    @property
    def breakdown(self) -> Breakdown:
        """How customers are counted by class and area."""
        return self.shared.breakdown

    def deafen(self, *, deaf: bool) -> None:
        """Whether the silence of meters says nothing from now on."""
        if self.deaf and not deaf:
            self.deaf_until = self.now
        self.deaf = deaf
        self.scores = self.shared.without_silence if deaf else self.shared.scores

    def owns(self, device: int) -> bool:
        """Whether a device (position, -1 none) is of a zone that is kept here."""
        return device >= 0 and bool(self.zones[self.network.device_zone[device]])

    def note_device(self, device: int) -> None:
        """SCADA or a crew has said something of a device: its area is looked at."""
        zone = int(self.network.device_zone[device])
        self.spoken_of.setdefault(zone, set()).add(device)
        self.switched.add(zone)
        self.noted.add(int(self.network.device_number[device]))
        area = int(self.areas.of_device[device])
        self.drawn_at.pop(area, None)
        self.to_review.add(area)

    def take_slot(self) -> int:
        """The lowest slot that no open outage has."""
        if self.vacant:
            return heapq.heappop(self.vacant)
        self.by_slot.append(None)
        return len(self.by_slot) - 1

    def add(self, outage: Outage) -> None:
        """An outage is open from now."""
        self.by_slot[outage.slot] = outage
        self.by_zone.setdefault(outage.zone, {})[outage.outage_id] = outage
        self.by_name[outage.outage_id] = outage
        self.known.add(outage.outage_id)

    def remove(self, outage: Outage) -> None:
        """An outage is over, or never was."""
        del self.by_zone[outage.zone][outage.outage_id]
        if not self.by_zone[outage.zone]:
            del self.by_zone[outage.zone]
        del self.by_name[outage.outage_id]
        self.by_slot[outage.slot] = None
        heapq.heappush(self.vacant, outage.slot)
        for slots in (self.points.restored_by, self.points.handed_on_by):
            self.clear_slot(slots, outage)  # another outage will have it
        if outage.suspected and outage.revision == 0:
            self.known.discard(outage.outage_id)

    def clear_slot(self, slots: NDArray[np.int32], outage: Outage) -> None:
        """Take an outage's slot out of a column of usage points."""
        first, last = self.network.zone_point_start[outage.zone : outage.zone + 2].tolist()
        here = slots[first:last]
        here[here == outage.slot] = NOBODY

    def remember(self, outage: Outage, returned: Returned, now: int) -> None:
        """The last revision of an outage that is over has been published: it is known for a while."""
        self.ended.pop(outage.outage_id, None)
        due = now + milliseconds(self.parameters.forget_seconds)
        last = LastRevision(outage.revision, outage.published, outage.touched, outage.operators, returned)
        word = write_last_revision(last)
        self.ended[outage.outage_id] = Ended(-(-due // SECOND) * SECOND, outage.zone, class_key(self, outage), word)

    def remember_anew(self, name: str, word: bytes, now: int) -> None:
        """What was published last of an outage that is over has been put right: it is known for longer."""
        ended = self.ended.pop(name)
        due = now + milliseconds(self.parameters.forget_seconds)
        self.ended[name] = ended._replace(due=-(-due // SECOND) * SECOND, last_revision=word)

    def next_estimate(self) -> int | None:
        """The instant at which the next estimate has to be made anew."""
        return None if self.estimates is None else self.estimates.next_step(self.quarantined)

    def next_farewell(self) -> int | None:
        """The instant at which the next outage is forgotten."""
        return next(iter(self.ended.values())).due if self.ended else None

    def forget(self) -> tuple[str, Ended]:
        """Forget the outage that has been over for longest."""
        name = next(iter(self.ended))
        ended = self.ended.pop(name)
        self.known.discard(name)
        self.survivors.pop(name, None)
        if self.last_of_class.get(ended.key, ("", 0))[0] == name:
            del self.last_of_class[ended.key]
        return name, ended

    def open_in(self, zone: int) -> list[Outage]:
        """Open outages of a zone, suspected ones too: oldest first, then by place in the network."""
        return sorted(self.by_zone.get(zone, {}).values(), key=lambda outage: outage.order)

    def upstream_of(self, outage: Outage) -> Outage | None:
        """The nearest published outage whose device stands strictly above."""
        first, last = outage.span
        above = [
            other
            for other in self.by_zone.get(outage.zone, {}).values()
            if other.span[0] <= first and last <= other.span[1] and other.span != outage.span
        ]
        above = [other for other in above if other.device >= 0 and not other.suspected]
        return min(above, key=lambda other: (other.span[1] - other.span[0], other.order), default=None)

    def set_timer(self, at: int, area: int) -> None:
        """Look at an area at the first instant at or after `at` (ms), the next at the earliest.

        Of an area of which only returns are to be told, ~area is given.
        """
        instant = max(-(-at // SECOND) * SECOND, self.now + SECOND)
        if (instant, area) not in self.scheduled:
            self.scheduled.add((instant, area))
            heapq.heappush(self.timers, (instant, area))

    def due_areas(self, now: int) -> list[int]:
        """Take out the areas whose timers have run down."""
        areas = []
        while self.timers and self.timers[0][0] <= now:
            self.scheduled.discard(self.timers[0])
            areas.append(heapq.heappop(self.timers)[1])
        return areas


def encloses(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    """Whether a span of usage points holds all of another one and more."""
    return outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two spans of usage points have points in common."""
    return one[0] < other[1] and other[0] < one[1]


def class_key(partition: Partition, outage: Outage) -> int:
    """The class of an outage's device, or ~point of a single service."""
    return int(partition.network.class_of[outage.device]) if outage.device >= 0 else ~outage.service_point


def count_customers(partition: Partition, points: NDArray[np.int64]) -> list[int]:
    """Customers of these points, and of them those of each priority."""
    customers, priority = partition.forest.customers[points], partition.forest.priority[points]
    return [int(customers.sum()), *(int(customers[priority == p].sum()) for p in range(1, len(PRIORITIES)))]


def holder_of(partition: Partition, device: int) -> Outage | None:
    """The open outage of a device's class."""
    zone, key = int(partition.network.device_zone[device]), int(partition.network.class_of[device])
    if partition.holders is None:
        here = partition.by_zone.get(zone, {}).values()
        return next((outage for outage in here if class_key(partition, outage) == key), None)
    if zone not in partition.holders:
        here = partition.by_zone.get(zone, {}).values()
        partition.holders[zone] = {class_key(partition, outage): outage for outage in here}
    return partition.holders[zone].get(key)


def span_of_key(partition: Partition, key: int) -> tuple[int, int]:
    """The usage points of a class, or of a single service (`class_key`)."""
    return span_of(partition, key) if key >= 0 else (~key, ~key + 1)


def span_of(partition: Partition, device: int) -> tuple[int, int]:
    """The usage points below a device."""
    return int(partition.network.point_start[device]), int(partition.network.point_end[device])
