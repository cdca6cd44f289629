"""The control room: the engine lives through a storm's lines, operators see what it says, and their orders go in."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import orjson

from models.contracts.outputs.outage import FINAL_STATUSES
from models.contracts.topics import OPERATOR_COMMANDS, RAW_TOPICS
from models.evidence.batch import EvidenceBatch
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from models.times.iso8601 import format_time, parse_time
from simulator.chance import chance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.network.network import Network
    from simulator.operators.laws import OperatorLaws

LOOK_MS: Final = 10_000
"""How often the room looks at its screens."""
CAUSES: Final = ("equipment", "lightning", "vegetation", "weather", "wildlife", "unknown")
Record = dict[str, Any]


class Order(NamedTuple):
    """A line on its way to the topic; sorted by when it arrives."""

    received_at: int
    number: int
    line: bytes
    command_id: str
    kind: str
    error: str


class ControlRoom:
    """Lives through a storm once."""

    def __init__(self, network: Network, lines: Mapping[str, Sequence[bytes]], laws: OperatorLaws, seed: int) -> None:
        """`lines` are those of each topic but the operators' own."""
        self.network, self.lines, self.laws = network, lines, laws
        self.orders: list[Order] = []
        """All that arrived, in this order."""
        self._lots = chance(seed, "operators")
        self._origins = {topic: FileOrigin(OriginReader(self.network, topic)) for topic in RAW_TOPICS}
        names = [f"{topic}/0" for topic in RAW_TOPICS]
        parameters = Parameters()
        self._engine = Engine(Shared(self.network, parameters, lay_delivery(self.network, parameters, [])), names)
        self._waiting: list[Order] = []
        self._agenda: list[tuple[int, int, str]] = []
        """When something is to be ordered about which outage."""
        self._screen: dict[str, Record] = {}
        """The last revision of each outage."""
        self._number = 0

    def live(self) -> None:
        """Go through the storm from its first line to half an hour after its last."""
        times = {topic: self._log_times(topic) for topic in RAW_TOPICS if self.lines.get(topic)}
        if not times:
            return
        read = dict.fromkeys(times, 0)
        now = min(int(of[0]) for of in times.values())
        end = max(int(of[-1]) for of in times.values()) + 180 * LOOK_MS
        while now < end:
            now += LOOK_MS
            for topic, of in times.items():
                upto = int(np.searchsorted(of, now))
                self._take(topic, self.lines[topic][read[topic] : upto])
                read[topic] = upto
            self._arrive(now)
            for topic in RAW_TOPICS:
                self._see(self._engine.advance(EvidenceBatch(f"{topic}/0", now)).lifecycle)
            while self._agenda and self._agenda[0][0] <= now:
                at, _, outage_id = heappop(self._agenda)
                self._order(max(at, now), self._screen[outage_id])

    def _log_times(self, topic: str) -> np.ndarray[Any, Any]:
        return OriginReader(self.network, topic).log_times(self.lines[topic], 0)

    def _take(self, topic: str, lines: Sequence[bytes]) -> None:
        if lines:
            self._see(self._engine.advance(self._origins[topic].take(lines, last=True).batch).lifecycle)

    def _arrive(self, now: int) -> None:
        """Orders that have come by now are read like all other evidence."""
        due = []
        while self._waiting and self._waiting[0].received_at < now:
            due.append(heappop(self._waiting))
        self.orders += due
        self._take(OPERATOR_COMMANDS, [order.line for order in due])

    def _see(self, records: Sequence[Record]) -> None:
        """Look at new revisions: of a new outage somebody may be about to order something."""
        for record in records:
            outage_id = record["outage_id"]
            if outage_id not in self._screen and self._lots.random() < self.laws.share:
                self._plan(parse_time(record["updated_at"]), outage_id)
            self._screen[outage_id] = record

    def _plan(self, now: int, outage_id: str) -> None:
        self._number += 1
        at = now + round(1000 * self._lots.exponential(self.laws.reaction))
        heappush(self._agenda, (at, self._number, outage_id))

    def _order(self, at: int, seen: Record) -> None:
        """Order something about an outage, rightly or not."""
        kind = self._choose(self.laws.orders, "note")
        if seen["status"] in FINAL_STATUSES:
            kind = str(self._lots.choice(("set_cause", "set_restoration_time", "reopen", "note")))
        error = self._choose(self.laws.errors, "none")
        self._number += 1
        command_id = f"op-{self._number:06d}"
        command: Record = {
            "command_id": command_id,
            "user": f"op{1 + self._number % 4}",
            "kind": kind,
            "reason": "as seen",
        }
        command |= {"at": format_time(at), "outage_id": seen["outage_id"], "seen_revision": seen["revision"]}
        command |= self._fields(kind, seen, at, wrong=error == "wrong_device")
        if kind == "open":
            del command["outage_id"], command["seen_revision"]
        delay = self._lots.uniform(0.2, 2.0) if error != "late" else self._lots.uniform(60, self.laws.longest_delay)
        received_at = at + round(1000 * delay)
        command["received_at"] = format_time(received_at)
        if error == "outdated":
            command["seen_revision"] = 1
        elif error == "unknown_outage":
            command["outage_id"] = seen["outage_id"][:6] + "a" * 20
        line = orjson.dumps(command, option=orjson.OPT_SORT_KEYS)
        line = line[: len(line) // 2] if error == "garbage" else line
        for copy in range(2 if error == "duplicate" else 1):
            arrives = received_at + 1000 * copy
            heappush(self._waiting, Order(arrives, 2 * self._number + copy, line, command_id, kind, error))
        if self._lots.random() < self.laws.more:
            self._plan(at, seen["outage_id"])

    def _choose(self, shares: Mapping[str, float], otherwise: str) -> str:
        lot = self._lots.random()
        for name, share in shares.items():
            lot -= share
            if lot < 0:
                return name
        return otherwise

    def _fields(self, kind: str, seen: Record, at: int, *, wrong: bool) -> Record:
        """What an order of a kind says besides."""
        since = parse_time(seen["started_at"])
        earlier = format_time(since - round(1000 * self._lots.uniform(0, 60)))
        device = self._device_near(seen, wrong=wrong)
        place: Record = {"device_id": device} if device else {"usage_point_ids": [seen["device_id"]]}
        others = [
            record["outage_id"]
            for record in self._screen.values()
            if record["zone_id"] == seen["zone_id"] and record["status"] not in FINAL_STATUSES and record is not seen
        ]
        ended_at = parse_time(seen["restored_at"]) if seen["restored_at"] else at - 60_000
        return {
            "assign_crew": {"crew_id": f"crew-{int(self._lots.integers(1, 20)):03d}"},
            "merge": {"other_outage_id": others[-1] if others else seen["outage_id"]},
            "move": {"device_id": device or seen["device_id"]},
            "note": {"text": "called the crew"},
            "open": place,
            "set_cause": {"cause_code": CAUSES[int(self._lots.integers(len(CAUSES)))], "text": "T1"},
            "set_position": place | {"position": "open", "device_id": device or seen["device_id"]},
            "set_restoration_time": {"time": format_time(max(ended_at - 60_000, since))},
            "set_start_time": {"time": earlier},
            "split": place,
        }.get(kind, {})

    def _device_near(self, seen: Record, *, wrong: bool) -> str | None:
        """The device of an outage, one just below or above it, or where somebody errs any one; None of a service."""
        network = self.network
        device = int(network.find_devices([seen["device_id"]])[0])
        if wrong:
            return network.device_ids[int(self._lots.integers(len(network.device_ids)))]
        if device < 0:
            return None
        below = np.flatnonzero(network.parent == device)
        if len(below) and self._lots.random() < 0.7:
            return network.device_ids[int(below[int(self._lots.integers(len(below)))])]
        above = int(network.parent[device])
        return network.device_ids[above if above >= 0 else device]
