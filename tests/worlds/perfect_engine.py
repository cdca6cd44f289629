"""What an engine would publish that knew the truth: every record at the very moment, nothing too much, nothing wrong.

Whoever is interrupted belongs to the fault that interrupted him. A device that opens below takes over who is below it;
one that closes while they stay out hands them to the lowest device that is still open above them. Written from the
truth alone, in the contract's terms, transfers included.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_RESTORATION, OUTAGE_STATE
from models.network.network import Network
from models.times.iso8601 import format_time
from simulator.course import NEVER
from simulator.scoring.reading.truth import Truth

Record = dict[str, Any]
SUSTAINED_MS = 300_000
MOST_POINTS = 1000


@dataclass
class Records:
    """The three outage topics; sequences are given when they are written."""

    revisions: list[Record] = field(default_factory=list)
    restorations: list[Record] = field(default_factory=list)
    whole: bool = True
    """Each outage's customers went out with it, and once; of others no last record can say when they did."""

    def write(self, folder: Path) -> None:
        """Write a replay's output."""
        folder.mkdir(exist_ok=True)
        topics = {
            OUTAGE_LIFECYCLE: self.revisions,
            OUTAGE_STATE: self.revisions,
            OUTAGE_RESTORATION: self.restorations,
        }
        for topic, records in topics.items():
            numbered = [record | {"sequence": number} for number, record in enumerate(records, 1)]
            (folder / f"{topic}.jsonl").write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in numbered))


def perfect_records(network: Network, truth: Truth) -> Records:
    """Live through the truth and publish it."""
    engine = _PerfectEngine(network, truth)
    for at, happening in _happenings(truth):
        engine.live_through(at, happening)
    return engine.records


def _happenings(truth: Truth) -> list[tuple[int, list[tuple[int, int]]]]:
    """What happens at each moment, in this order: faults open, points go out, points are back, faults close or last."""
    faults, out = truth.faults, truth.interrupted.joined(truth.faults.opened_at)
    columns = [faults.opened_at, out.out_at, out.back_at, faults.closed_at, faults.opened_at + SUSTAINED_MS]
    found = defaultdict[int, list[tuple[int, int]]](list)
    for what, times in enumerate(columns):
        for number, at in enumerate(times.tolist()):
            if at < NEVER:
                found[at].append((what, number))
    return sorted((at, sorted(happening)) for at, happening in found.items())


class _Outage:
    """One fault's outage: who is out, and what was said of it."""

    def __init__(self) -> None:
        self.out: set[int] = set()
        self.restored: set[int] = set()
        self.leaving: dict[int, int] = defaultdict(int)
        """Customers of this moment by the fault that they go to."""
        self.sent = 0
        self.sent_to: int | None = None
        self.restored_at: int | None = None
        self.revision = 0
        self.detected_at = 0
        self.over = False


class _PerfectEngine:
    def __init__(self, network: Network, truth: Truth) -> None:
        self.network = network
        self.faults = truth.faults
        self.interrupted = truth.interrupted.joined(truth.faults.opened_at)
        self.records = Records()
        self.outages = [_Outage() for _ in range(len(truth.faults))]
        self.owner: dict[int, int] = {}
        self.open: set[int] = set()

    def live_through(self, at: int, happening: list[tuple[int, int]]) -> None:
        """Let a moment pass and publish what it changed."""
        touched: set[int] = set()
        back = defaultdict[int, list[int]](list)
        for what, number in happening:
            if what in (1, 2):
                point = int(self.interrupted.point[number])
                if what == 1:
                    fault = self._interrupter(point, int(self.interrupted.fault[number]))
                    self.records.whole &= at <= int(self.faults.opened_at[fault])
                    touched.add(self._gain(point, fault))
                else:
                    owner = self.owner.pop(point)
                    self.outages[owner].out.remove(point)
                    self.outages[owner].restored.add(point)
                    self.outages[owner].restored_at = at
                    back[owner].append(point)
            elif what == 0:
                self.open.add(number)
                touched |= self._take_over(number)
            elif what == 3:
                self.open.discard(number)
                touched |= self._hand_over(number)
            touched.add(number if what in (0, 3, 4) else -1)
        for number in sorted(touched | back.keys()):
            if number >= 0:
                self._publish(number, at, sorted(back[number]))

    def _interrupter(self, point: int, fault: int) -> int:
        """The fault of the truth, unless it opens later (a breaker trips for a fuse) or lies beyond a closed tie."""
        start, end = self._span(fault)
        if fault in self.open and start <= point < end:
            return fault
        lowest = self._lowest_open(point)
        return fault if lowest is None else lowest

    def _gain(self, point: int, fault: int) -> int:
        self.owner[point] = fault
        self.records.whole &= point not in self.outages[fault].restored
        self.outages[fault].out.add(point)
        self.outages[fault].restored.discard(point)
        return fault

    def _take_over(self, fault: int) -> set[int]:
        """Take who is out below a device that opens, from faults above it."""
        start, end = self._span(fault)
        below = [point for point in self.owner if start <= point < end]
        return self._move({p: fault for p in below if self._depth(self.owner[p]) < self._depth(fault)})

    def _hand_over(self, fault: int) -> set[int]:
        """Hand who is still out over to the lowest open device above him; where there is none, he stays."""
        found = {point: self._lowest_open(point) for point in self.outages[fault].out}
        return self._move({point: to for point, to in found.items() if to is not None})

    def _move(self, to: dict[int, int]) -> set[int]:
        touched = set(to.values())
        for point, fault in to.items():
            before = self.owner[point]
            self.outages[before].out.remove(point)
            self.outages[before].leaving[fault] += int(self.network.customers[point])
            touched |= {before, self._gain(point, fault)}
        return touched

    def _lowest_open(self, point: int) -> int | None:
        spans = {fault: self._span(fault) for fault in self.open}
        above = [fault for fault, (start, end) in spans.items() if start <= point < end]
        return max(above, key=lambda fault: (self._depth(fault), -fault), default=None)

    def _span(self, fault: int) -> tuple[int, int]:
        device = int(self.faults.device[fault])
        if device < 0:
            return int(self.faults.point[fault]), int(self.faults.point[fault]) + 1
        return int(self.network.point_start[device]), int(self.network.point_end[device])

    def _depth(self, fault: int) -> tuple[int, int]:
        """Order devices of one branch from the source down; a service is below all."""
        device = int(self.faults.device[fault])
        return (1, 0) if device < 0 else (0, device)

    def _publish(self, number: int, at: int, back: list[int]) -> None:
        outage = self.outages[number]
        if outage.over or not (outage.out or outage.restored or outage.leaving or outage.sent):
            return
        while len(outage.leaving) > 1:  # a revision for each outage that customers go to, so that each says where
            self._send(outage)
            self._revise(number, at)
        self._send(outage)
        outage.over = number not in self.open and not outage.out
        self._revise(number, at)
        for first in range(0, len(back), MOST_POINTS):
            self._restore(number, at, back[first : first + MOST_POINTS], first)

    def _send(self, outage: _Outage) -> None:
        if outage.leaving:
            outage.sent_to, customers = outage.leaving.popitem()
            outage.sent += customers

    def _revise(self, number: int, at: int) -> None:
        faults, outage, line = self.faults, self.outages[number], self.faults.lines[number]
        outage.revision += 1
        outage.detected_at = outage.detected_at or at
        out = self._customers(outage.out) + sum(outage.leaving.values())
        restored = self._customers(outage.restored)
        opened_at = int(faults.opened_at[number])
        lasts = at - opened_at >= SUSTAINED_MS and not faults.momentary[number]
        self.records.revisions.append(
            {
                "event_id": f"{line.fault_id}:{outage.revision}",
                "outage_id": line.fault_id,
                "revision": outage.revision,
                "updated_at": format_time(at),
                "status": self._status(number),
                "zone_id": self._zone(number),
                "device_id": line.device_id or line.usage_point_id,
                "device_kind": "fuse" if line.device_id else "service",
                "evidence": "inferred",
                "confidence": 1.0,
                "started_at": format_time(opened_at),
                "detected_at": format_time(outage.detected_at),
                "sustained_at": format_time(opened_at + SUSTAINED_MS) if lasts else None,
                "restored_at": format_time(outage.restored_at) if outage.over and outage.restored_at else None,
                "customers_affected": out + restored + outage.sent,
                "customers_out": out,
                "customers_restored": restored,
                "customers_transferred": outage.sent,
                "transferred_to": None if outage.sent_to is None else faults.lines[outage.sent_to].fault_id,
                "priority_customers": {},
            }
        )

    def _status(self, number: int) -> str:
        outage = self.outages[number]
        if not outage.over:
            return "partially_restored" if outage.restored else "detected"
        if self.faults.momentary[number]:
            return "momentary"
        return "restored" if outage.restored else "repaired"

    def _restore(self, number: int, at: int, points: list[int], part: int) -> None:
        line = self.faults.lines[number]
        self.records.restorations.append(
            {
                "event_id": f"{line.fault_id}:{self.outages[number].revision}:{part}",
                "outage_id": line.fault_id,
                "revision": self.outages[number].revision,
                "updated_at": format_time(at),
                "basis": "confirmed",
                "restored_at": format_time(at),
                "customers_restored": self._customers(set(points)),
                "customers_out": self._customers(self.outages[number].out),
                "device_id": line.device_id or line.usage_point_id,
                "usage_point_ids": [self.network.point_ids[point] for point in points],
            }
        )

    def _customers(self, points: set[int]) -> int:
        return int(self.network.customers[sorted(points)].sum())

    def _zone(self, number: int) -> str:
        start, _ = self._span(number)
        zone = int(np.searchsorted(self.network.zone_point_start, start, "right")) - 1
        return str(self.network.zone_ids[zone])
