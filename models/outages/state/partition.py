"""The state of all zones that one process keeps: what is known, which outages are open, what falls due when."""

from __future__ import annotations

import heapq
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from models.outages.inference.knowledge import NOBODY
from models.outages.inference.ownership import COUNTS
from models.outages.inference.pass_columns import SUSPECTED, Incumbents
from models.outages.state.quiet import nobody_quiet
from models.outages.state.record_writer import Writer
from models.times.units import SECOND

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
        self.limits = shared.limits
        self.forest = shared.forest
        self.unmetered_class = len(shared.scores.silent) - 1
        """The delivery class of points without a meter: the last."""
        self.points, self.devices = shared.points, shared.devices
        self.work, self.found = shared.work, shared.found
        self.values, self.dark, self.alive = shared.values, shared.dark, shared.alive
        self._shared = shared
        self._keep(zones)
        self.writer = Writer(network, organisation)
        self.by_slot: list[Outage | None] = []
        self.vacant: list[int] = []
        self.by_zone: dict[int, dict[str, Outage]] = {}
        self.by_name: dict[str, Outage] = {}
        self.known: set[str] = set()
        self.ended: dict[str, Ended] = {}
        """Outages that are over, in the order in which they are forgotten."""
        self.parents: dict[str, Outage] = {}
        self.last_of_class: dict[int, tuple[str, int]] = {}
        self.told: dict[int, set[int]] = {}
        """By zone, the devices that SCADA or a crew has open."""
        self.news: dict[int, set[int]] = {}
        """Of these, the ones that they said at this instant."""
        self.loose: set[int] = set(np.flatnonzero(self.zones).tolist())
        """Zones in which points may say "out" that no outage owns; in the others nobody does."""
        self.timers: list[tuple[int, int, str]] = []
        """Heap of (instant, device or -1, outage id or empty)."""
        self._nothing_to_do()
        self.degraded = False
        """An origin is left out."""
        self.deaf = False
        """One of meters is: their silence says nothing."""
        self.quarantined: set[int] = set()
        """Zones that are set aside: nothing is done in them."""
        self._make_room(64)
        self.trace: Trace | None = None
        """Where decisions are noted, if anybody asks."""

    def _keep(self, zones: NDArray[np.bool_] | None) -> None:
        network = self.network
        self.zones = np.ones(len(network.zone_ids), bool) if zones is None else zones
        """Which zones are kept here."""
        self.whole = bool(self.zones.all())
        self.own_points: NDArray[np.int64] | None = None
        self.own_devices: NDArray[np.int64] | None = None
        """Positions in these zones; None stands for all."""
        if not self.whole:
            self.own_points = np.flatnonzero(np.repeat(self.zones, np.diff(network.zone_point_start)))
            self.own_devices = np.flatnonzero(self.zones[network.device_zone])

    def _nothing_to_do(self) -> None:
        """What an instant is about."""
        self.now = 0
        """The instant being lived through."""
        self.dirty: dict[str, Outage] = {}
        self.to_explain: set[int] = set()
        """Zones with something to explain at this instant."""
        self.failures: dict[int, Failure] = {}
        """Zones that failed just now."""
        self.opened: Counter[tuple[int, int]] = Counter()
        """How often each span of usage points opened at this instant."""
        self.to_review: dict[str, Outage] = {}
        """Outages to look at for returning power at this instant."""

    def _make_room(self, slots: int) -> None:
        """Columns by slot, for at least so many outages open at once."""
        self.incumbents = Incumbents(
            included=np.zeros(slots, np.uint8),
            stance=np.zeros(slots, np.uint8),
            service_point=np.full(slots, NOBODY, np.int32),
            at_device=self._shared.at_device,
        )
        self.mergeable = np.zeros(slots, np.uint8)
        self.stamp = np.zeros(slots, np.uint8)
        self.quiet = nobody_quiet(slots)
        self.moved = np.zeros((slots, COUNTS), np.int64)

    def deafen(self, *, deaf: bool) -> None:
        """Whether the silence of meters says nothing from now on."""
        self.deaf = deaf
        self.scores = self._shared.without_silence if deaf else self._shared.scores

    def owns(self, device: int) -> bool:
        """Whether a device (position, -1 none) is of a zone that is kept here."""
        return device >= 0 and bool(self.zones[self.network.device_zone[device]])

    def tell(self, device: int) -> None:
        """SCADA or a crew says at this instant that the device is open."""
        zone = int(self.network.device_zone[device])
        self.told.setdefault(zone, set()).add(device)
        self.news.setdefault(zone, set()).add(device)
        self.to_explain.add(zone)

    def stir(self, zone: int) -> None:
        """A device of the zone is in another state: its outages are looked at, at the next occasion."""
        for outage in self.by_zone.get(zone, {}).values():
            self.quiet.until[outage.slot] = 0

    def take_slot(self) -> int:
        """The lowest slot that no open outage has."""
        if self.vacant:
            return heapq.heappop(self.vacant)
        self.by_slot.append(None)
        if len(self.by_slot) > len(self.stamp):
            self._make_room(2 * len(self.stamp))
        return len(self.by_slot) - 1

    def add(self, outage: Outage) -> None:
        """An outage is open from now."""
        self.quiet.until[outage.slot] = 0
        self.by_slot[outage.slot] = outage
        self.by_zone.setdefault(outage.zone, {})[outage.outage_id] = outage
        self.by_name[outage.outage_id] = outage
        self.known.add(outage.outage_id)

    def remove(self, outage: Outage) -> None:
        """An outage is over, or was a suspicion only."""
        self.by_slot[outage.slot] = None
        heapq.heappush(self.vacant, outage.slot)
        del self.by_name[outage.outage_id]
        zone = self.by_zone[outage.zone]
        del zone[outage.outage_id]
        if not zone:
            del self.by_zone[outage.zone]
        if outage.stance == SUSPECTED:
            self.known.discard(outage.outage_id)

    def remember(self, outage: Outage, now: int) -> None:
        """An outage that is over had a revision: it is known for some days yet."""
        self.ended.pop(outage.outage_id, None)
        due = -(-(now + round(self.parameters.forget_seconds * SECOND)) // SECOND) * SECOND
        self.ended[outage.outage_id] = Ended(due, outage.zone, class_key(self, outage))

    def next_farewell(self) -> int | None:
        """The instant at which the next outage is forgotten."""
        return next(iter(self.ended.values())).due if self.ended else None

    def forget(self) -> tuple[str, Ended]:
        """Forget the outage that has been over for longest."""
        name = next(iter(self.ended))
        ended = self.ended.pop(name)
        self.known.discard(name)
        self.parents.pop(name, None)
        if self.last_of_class.get(ended.key, ("", 0))[0] == name:
            del self.last_of_class[ended.key]
        return name, ended

    def open_in(self, zone: int) -> list[Outage]:
        """Open outages of a zone, suspected ones too, oldest first."""
        return sorted(self.by_zone.get(zone, {}).values(), key=lambda outage: (outage.opened_at, outage.outage_id))

    def upstream_of(self, outage: Outage) -> Outage | None:
        """The nearest published outage whose device stands strictly above."""
        above = [
            other
            for other in self.by_zone.get(outage.zone, {}).values()
            if other is not outage
            and other.device >= 0
            and other.stance != SUSPECTED
            and encloses(other.span, outage.span)
        ]
        return min(above, key=lambda other: (other.span[1] - other.span[0], other.outage_id), default=None)

    def set_timer(self, at: int, *, device: int = -1, outage: Outage | None = None) -> None:
        """Look at a device or an outage again at the first instant at or after `at` (ms)."""
        instant = -(-at // SECOND) * SECOND
        if outage is not None and instant <= self.now:
            self.to_review[outage.outage_id] = outage
        elif outage is None:
            heapq.heappush(self.timers, (instant, device, ""))
        elif instant not in outage.timers:
            outage.timers.append(instant)
            heapq.heappush(self.timers, (instant, -1, outage.outage_id))

    def slots_of(self, counts: np.ndarray[Any, Any]) -> list[Outage]:
        """The open outages with something counted in `counts` [slots, 4]."""
        slots = np.flatnonzero(counts[:, 0])
        return [outage for slot in slots if (outage := self.by_slot[int(slot)]) is not None]


def encloses(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    """Whether a span of usage points holds all of another one and more."""
    return outer != inner and outer[0] <= inner[0] and inner[1] <= outer[1]


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether two spans of usage points have points in common."""
    return one[0] < other[1] and other[0] < one[1]


def class_key(partition: Partition, outage: Outage) -> int:
    """The class of an outage's device, or ~point of a single service."""
    return int(partition.network.class_of[outage.device]) if outage.device >= 0 else ~outage.service_point


def span_of(partition: Partition, device: int) -> tuple[int, int]:
    """The usage points below a device."""
    return int(partition.network.point_start[device]), int(partition.network.point_end[device])
