"""The state of all zones that one process keeps: what is known, which outages are open, what falls due when."""

from __future__ import annotations

import heapq
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.attention import Limits, nobody_quiet
from models.forest import forest_of
from models.inference_columns import SUSPECTED, Found, Incumbents, workspace
from models.knowledge import NOBODY, nothing_known
from models.left_out import without_silence
from models.ownership import COUNTS
from models.records import Writer
from models.scores import SECOND, compile_scores

if TYPE_CHECKING:
    from models.delivery import Delivery
    from models.network import Network
    from models.outage import Outage
    from models.parameters import Parameters


FOUND_AT_ONCE: Final = 1 << 16
"""Rows that a pass over many zones can find open; a zone has at most its devices and usage points."""


class Partition:
    """Everything that an instant reads and writes; the rules are in the modules around it."""

    def __init__(self, network: Network, parameters: Parameters, delivery: Delivery, organisation: str) -> None:
        self.network = network
        self.parameters = parameters
        self.scores = scores = compile_scores(parameters, delivery)
        self._hearing, self._deaf = scores, without_silence(scores)
        self.limits = Limits(scores.coherence, scores.clock_tolerance, scores.scada_hold)
        self.forest = forest_of(network, delivery)
        self.points, self.devices = nothing_known(len(network.point_ids), len(network.device_ids))
        self.writer = Writer(network, organisation)
        self.by_slot: list[Outage | None] = []
        self.vacant: list[int] = []
        self.by_zone: dict[int, dict[str, Outage]] = {}
        self.by_name: dict[str, Outage] = {}
        self.known: set[str] = set()
        self.parents: dict[str, Outage] = {}
        self.last_of_class: dict[int, tuple[str, int]] = {}
        self.told: dict[int, set[int]] = {}
        """By zone, the devices that SCADA or a crew has open."""
        self.news: dict[int, set[int]] = {}
        """Of these, the ones that they said at this instant."""
        self.loose: set[int] = set(range(len(network.zone_ids)))
        """Zones in which points may say "out" that no outage owns; in the others nobody does."""
        self.timers: list[tuple[int, int, str]] = []
        """Heap of (instant, device or -1, outage id or empty)."""
        self.now = 0
        """The instant being lived through."""
        self.degraded = False
        """An origin is left out."""
        self.deaf = False
        """One of meters is: their silence says nothing."""
        self.dirty: dict[str, Outage] = {}
        self.to_explain: set[int] = set()
        """Zones with something to explain at this instant."""
        self.opened: Counter[tuple[int, int]] = Counter()
        """How often each span of usage points opened at this instant."""
        self.to_review: dict[str, Outage] = {}
        """Outages to look at for returning power at this instant."""
        self._make_room(64)
        self._make_scratch()

    def _make_scratch(self) -> None:
        devices = len(self.network.device_ids)
        largest = int(np.diff(self.network.zone_point_start).max(initial=0))
        rows = max(largest + int(np.diff(self.network.zone_device_start).max(initial=0)), FOUND_AT_ONCE)
        self.work = workspace(devices, largest, self.scores.silent.shape[1])
        self.found = Found(
            what=np.zeros(rows, np.int32),
            posterior=np.zeros(rows, np.int64),
            reports=np.zeros(rows, np.int32),
            started=np.zeros(rows, np.int64),
        )
        self.values = np.zeros(devices, np.int64)
        self.dark = np.zeros(devices, np.int64)
        self.alive = np.zeros(devices, np.int64)

    def _make_room(self, slots: int) -> None:
        """Columns by slot, for at least so many outages open at once."""
        devices = len(self.network.device_ids)
        self.incumbents = Incumbents(
            included=np.zeros(slots, np.uint8),
            stance=np.zeros(slots, np.uint8),
            service_point=np.full(slots, NOBODY, np.int32),
            at_device=np.full(devices, NOBODY, np.int32),
        )
        self.mergeable = np.zeros(slots, np.uint8)
        self.stamp = np.zeros(slots, np.uint8)
        self.quiet = nobody_quiet(slots)
        self.moved = np.zeros((slots, COUNTS), np.int64)

    def deafen(self, *, deaf: bool) -> None:
        """Whether the silence of meters says nothing from now on."""
        self.deaf = deaf
        self.scores = self._deaf if deaf else self._hearing

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
