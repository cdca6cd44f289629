"""The outage engine: evidence in, life cycle and restoration records out. A pure state machine over the log.

Inference runs at instants, whole seconds of the log's clock, and nowhere else. At each instant that has evidence or a
due timer: merge the evidence (`evidence_join`), look at outages for returning power (`closing`), explain fresh
reports (`opening`, `inference`), review durations (`life_cycle`), publish (`records`).
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from models import crew as crews
from models.attention import STIRS, WAITS, rest, who_stirs
from models.backlog import OFFSET, ORIGIN, Backlog, Due, instant_of
from models.closing import close
from models.device_facts import runs_open
from models.evidence_join import concerned, join_devices, join_points
from models.inference_columns import SETTLED, STANDING, SUSPECTED
from models.knowledge import CLOSED, NEVER
from models.life_cycle import confirm_by_scada, next_due, review_duration, review_suspicion
from models.opening import explain
from models.partition import Partition, class_key, overlap
from models.restoration import NOT_YET
from models.snapshot import restore_state, save_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.contracts.dead_letter import DeadLetter
    from models.delivery import Delivery
    from models.evidence_batch import CrewRow, EvidenceBatch
    from models.network import Network
    from models.outage import Outage
    from models.parameters import Parameters

FAR: int = 1 << 62
CALLS = "customer.call.events.v1"


@dataclass(slots=True)
class Published:
    """What one batch of evidence led to, in order."""

    lifecycle: list[dict[str, Any]] = field(default_factory=list)
    restorations: list[dict[str, Any]] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)


@dataclass(slots=True)
class Totals:
    """Lines of one origin. After the end copies are what was read, not refused and not used."""

    read: int = 0
    refused: int = 0
    used: int = 0

    @property
    def copies(self) -> int:
        """Lines that changed nothing."""
        return self.read - self.refused - self.used


class Engine:
    """All zones of one evidence partition."""

    def __init__(
        self,
        network: Network,
        parameters: Parameters,
        delivery: Delivery,
        origins: Sequence[str],
        organisation: str = "default",
        state: bytes | None = None,
    ) -> None:
        self.partition = Partition(network, parameters, delivery, organisation)
        self.backlog = Backlog(list(origins))
        self.crews: dict[str, list[int | str]] = {}
        self.totals: dict[str, Totals] = {origin: Totals() for origin in origins}
        self.sequences = {"lifecycle": 0, "restorations": 0}
        if state is not None:
            restore_state(self, state)

    def snapshot(self) -> bytes:
        """The whole state as versioned bytes; `Engine(..., state=...)` goes on from it."""
        return save_state(self)

    def advance(self, batch: EvidenceBatch) -> Published:
        """Take a batch of one origin and live through every instant that is now complete."""
        totals = self.totals[batch.origin]
        totals.read += batch.read
        totals.refused += batch.refused
        self.backlog.add(batch, self.partition.network)
        due, published = self.backlog.take(), Published()
        clock = self.backlog.clock()
        instants = _Instants(self, due, published)
        while (now := instants.next()) <= clock:
            instants.live(now)
        instants.count()
        return published


class _Instants:
    """One walk over the instants that a batch made complete."""

    def __init__(self, engine: Engine, due: Due, published: Published) -> None:
        self.engine, self.partition, self.due, self.published = engine, engine.partition, due, published
        self.point_at, self.device_at = 0, 0
        self.point_changed = np.zeros(len(due.points[0]), np.uint8)
        self.device_changed = np.zeros(len(due.devices[0]), np.uint8)
        self.touched = np.zeros(len(due.points[0]), np.int32)
        self.said_out = np.zeros(len(due.points[0]), np.uint8)
        self.spoken: dict[str, Outage] = {}
        """Outages whose points spoke or whose timers ran down: looked at if something may follow."""
        self.crew = sorted(due.crew, key=lambda row: (instant_of(row.log_time), *crews.order(row)))
        self.deferred = list(due.deferred)

    def next(self) -> int:
        """The earliest instant with something to do."""
        timers = self.partition.timers
        candidates = [timers[0][0] if timers else FAR]
        if self.point_at < len(self.due.point_instants):
            candidates.append(int(self.due.point_instants[self.point_at]))
        if self.device_at < len(self.due.device_instants):
            candidates.append(int(self.due.device_instants[self.device_at]))
        candidates += [instant_of(rows[0].log_time) for rows in (self.crew, self.deferred) if rows]
        return min(candidates)

    def live(self, now: int) -> None:
        """Everything that happens at one instant."""
        self.partition.now = now
        self._timers(now)
        self._join_points(now)
        self._join_devices(now)
        self._join_crew(now)
        while self.spoken or self.partition.to_review or self.partition.to_explain:
            self._look(now)
        self.partition.news.clear()
        self._publish(now)

    def _look(self, now: int) -> None:
        """Outages first, then zones: power that came back explains reports before new outages do."""
        partition = self.partition
        resting = self._resting(now)
        outages = sorted((self.spoken | partition.to_review).values(), key=lambda one: (one.zone, one.outage_id))
        self.spoken.clear()
        partition.to_review.clear()
        moved: dict[int, list[tuple[int, int]]] = {}
        for outage in outages:
            if partition.by_slot[outage.slot] is not outage:
                continue
            around = moved.get(outage.zone, ())
            if outage.outage_id in resting and not any(overlap(outage.span, span) for span in around):
                continue
            if not self._review(outage, now):
                moved.setdefault(outage.zone, []).append(outage.span)
        zones = sorted(partition.to_explain)
        partition.to_explain.clear()
        if zones:
            explain(partition, zones, now)

    def _resting(self, now: int) -> set[str]:
        """Of the outages that were spoken of, those that nothing follows for at this instant."""
        partition = self.partition
        outages = [outage for name, outage in self.spoken.items() if name not in partition.to_review]
        if not outages:
            return set()
        slots = np.array([outage.slot for outage in outages], np.int32)
        stirs, due = who_stirs(
            partition.forest.customers, partition.points, partition.limits, partition.quiet, slots, now
        )
        for k in np.flatnonzero(due != NOT_YET).tolist():
            partition.set_timer(int(due[k]), outage=outages[k])
        for k in np.flatnonzero(stirs == WAITS).tolist():
            partition.set_timer(outages[k].next_restoration_at, outage=outages[k])
        return {outages[k].outage_id for k in np.flatnonzero(stirs != STIRS).tolist()}

    def _review(self, outage: Outage, now: int) -> bool:
        """Look at an outage; True if that changed nothing."""
        partition = self.partition
        if outage.stance == SUSPECTED:
            review_suspicion(partition, outage, now)
            return False
        accounted_for = close(partition, outage, now)
        if outage.final:
            return False
        review_duration(partition, outage, now)
        self._settle(outage, now)
        if not accounted_for or outage.outage_id in partition.dirty:
            partition.quiet.until[outage.slot] = 0
            return False
        rest(partition.quiet, outage, next_due(partition, outage, now))
        return True

    def _settle(self, outage: Outage, now: int) -> None:
        """Once its wave is over an outage is explained a last time, or what came back speaks for it."""
        partition = self.partition
        if outage.stance == STANDING and outage.wave_at + round(partition.parameters.wave_seconds * 1000) <= now:
            if outage.restoring:
                outage.stance = SETTLED
            else:
                partition.to_explain.add(outage.zone)

    def _timers(self, now: int) -> None:
        timers = self.partition.timers
        while timers and timers[0][0] <= now:
            instant, device, name = heapq.heappop(timers)
            if device >= 0:
                self._device_holds(device, now)
            elif (outage := self.partition.by_name.get(name)) is not None and instant in outage.timers:
                outage.timers.remove(instant)
                self.spoken[name] = outage

    def _join_points(self, now: int) -> None:
        due, partition = self.due, self.partition
        first = self.point_at
        last = int(np.searchsorted(due.point_instants, now, side="right"))
        if first == last:
            return
        self.point_at = last
        count = join_points(
            partition.points,
            due.points[:5],
            due.point_order,
            (first, last),
            partition.scores.coherence,
            self.point_changed,
            self.touched,
            self.said_out,
        )
        forest = partition.forest
        touched, said_out = self.touched[:count], self.said_out[:count]
        slots, zones = concerned(
            partition.points.owner, (forest.point_device, forest.device_zone), touched, said_out, partition.stamp
        )
        partition.to_explain.update(zones.tolist())
        for slot in slots.tolist():
            outage = partition.by_slot[slot]
            if outage is not None:
                self.spoken[outage.outage_id] = outage

    def _join_devices(self, now: int) -> None:
        due, partition = self.due, self.partition
        first = self.device_at
        last = int(np.searchsorted(due.device_instants, now, side="right"))
        if first == last:
            return
        self.device_at = last
        join_devices(partition.devices, due.devices[:4], due.device_order, (first, last), self.device_changed)
        rows = due.device_order[first:last]
        for device in np.unique(due.devices[0][rows[self.device_changed[rows] > 0]]).tolist():
            self._device_holds(device, now)

    def _device_holds(self, device: int, now: int) -> None:
        """Whether SCADA has the device open, or a closed position has lasted."""
        partition, devices = self.partition, self.partition.devices
        zone = int(partition.network.device_zone[device])
        partition.stir(zone)
        lasts_at = int(devices.position_at[device]) + partition.scores.scada_hold
        if devices.position[device] == CLOSED and now < lasts_at:
            partition.set_timer(lasts_at, device=device)
        if runs_open(devices, partition.scores, device, now):
            partition.tell(device)
        elif devices.open_first[device] != NEVER:
            devices.open_first[device] = NEVER
            devices.closed_at[device] = max(int(devices.closed_at[device]), int(devices.position_at[device]))
            if devices.crew_open_at[device] == NEVER:
                partition.told.get(zone, set()).discard(device)
            partition.to_explain.add(zone)
        self._look_at_class(device)

    def _look_at_class(self, device: int) -> None:
        partition = self.partition
        key = int(partition.network.class_of[device])
        for outage in partition.by_zone.get(int(partition.network.device_zone[device]), {}).values():
            if class_key(partition, outage) == key:
                partition.to_review[outage.outage_id] = outage
                if outage.stance != SUSPECTED:
                    confirm_by_scada(partition, outage)

    def _join_crew(self, now: int) -> None:
        letters: list[DeadLetter] = []
        while self.deferred and instant_of(self.deferred[0].log_time) <= now:
            letters.append(self.deferred.pop(0).dead_letter)
        while self.crew and instant_of(self.crew[0].log_time) <= now:
            if (letter := self._hear_crew(self.crew.pop(0))) is not None:
                letters.append(letter)
        self.published.dead_letters += sorted(letters, key=lambda letter: letter.offset)

    def _hear_crew(self, row: CrewRow) -> DeadLetter | None:
        totals = next(of for origin, of in self.engine.totals.items() if origin.startswith(crews.TOPIC))
        if (letter := crews.refuse(self.partition, row)) is not None:
            totals.refused += 1
            return letter
        if crews.is_news(self.engine.crews, row):
            totals.used += 1
            outage = crews.hear_crew(self.partition, self.engine.crews, row)
            if outage is not None:
                self.partition.to_review[outage.outage_id] = outage
        return None

    def _publish(self, now: int) -> None:
        partition, sequences = self.partition, self.engine.sequences
        dirty = sorted(partition.dirty.values(), key=lambda outage: (outage.zone, outage.outage_id))
        partition.dirty.clear()
        for outage in dirty:
            partition.quiet.until[outage.slot] = 0
            if outage.stance == SUSPECTED:
                continue
            record = partition.writer.outage(outage, now)
            if not record:
                continue
            sequences["lifecycle"] += 1
            self.published.lifecycle.append(record | {"sequence": sequences["lifecycle"]})
            for restored in sorted(outage.restorations, key=lambda one: one.basis):
                sequences["restorations"] += 1
                said = partition.writer.restoration(outage, restored, now)
                self.published.restorations.append(said | {"sequence": sequences["restorations"]})
            outage.restorations.clear()

    def count(self) -> None:
        """Add the lines that changed something to the totals."""
        for columns, changed in ((self.due.points, self.point_changed), (self.due.devices, self.device_changed)):
            for index, origin in enumerate(self.engine.backlog.origins):
                rows = (columns[ORIGIN] == index) & (changed > 0)
                used = np.unique(columns[OFFSET][rows]).size if origin.startswith(CALLS) else int(rows.sum())
                self.engine.totals[origin].used += int(used)
