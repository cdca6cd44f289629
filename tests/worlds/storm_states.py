"""A utility of which only states of outages and orders are told, and what its storms come to."""

from __future__ import annotations

from itertools import count
from typing import Any

import orjson

from models.contracts.outputs.storm import OutageStormRecord, StormAnswerRecord, StormRecord
from models.storms.orders import Order
from models.storms.output import OUTAGE_STORMS, STORM_ANSWERS, STORMS
from models.storms.policy import StormPolicy
from models.storms.storms import Storms
from models.storms.sums import Shown
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from tests.worlds.lifecycles import name_of

NOON = 1_782_900_000_000
MINUTE = 60_000
OFFSETS = [(0, 0), (NOON // 1000 - 3600, 14 * 3600)]


def shown(number: int, began: int, out: int, *, counts: bool = True, is_open: bool = True) -> list[Any]:
    areas = [["county", f"c{number % 2}", out, 60]] if out else []
    return list(Shown(name_of(number), counts, is_open, NOON + began * MINUTE, out, max(out, 5), areas))


class Utility:
    """Lives from moment to moment, and is saved and opened again wherever that is asked for."""

    def __init__(self, policy: StormPolicy) -> None:
        self.policy, self.numbers = policy, count(1)
        self.life = self._open(None)
        self.storms: dict[str, dict[str, Any]] = {}
        self.storm_of: dict[str, str] = {}
        self.last: dict[str, list[Any]] = {}
        self.answers: list[dict[str, Any]] = []

    def _open(self, saved: Any) -> Life:
        return Life(
            lambda own: Storms(self.policy, OFFSETS, own), (STORMS, OUTAGE_STORMS, STORM_ANSWERS), "test", saved
        )

    def restart(self) -> None:
        self.life = self._open(orjson.loads(orjson.dumps(self.life.save())))

    def at(self, minute: float, *told: list[Any] | dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """Live through an instant with states of outages and orders."""
        records = [Followed("log", number, "utility", one) for number, one in enumerate(told)]
        written = self.life.take(Moment(next(self.numbers), NOON + round(minute * MINUTE), tuple(records)))
        for name, record in written:
            if record.get("tombstone"):
                del self.storm_of[record["outage_id"]]
            elif name == STORM_ANSWERS.name:
                StormAnswerRecord.model_validate(record)
                self.answers.append(record)
            elif name == STORMS.name:
                StormRecord.model_validate(record)
                self.storms[record["storm_id"]] = record
            else:
                OutageStormRecord.model_validate(record)
                self.storm_of[record["outage_id"]] = record["storm_id"]
        for state in [one for one in told if isinstance(one, list)]:
            self.last[state[0]] = state
        return written


def order(kind: str, at: float, storm_id: str | None = None, text: str | None = None, **more: Any) -> dict[str, Any]:
    """An order as it goes through the log; `time` is in minutes, too."""
    time = None if "time" not in more else NOON + round(more["time"] * MINUTE)
    name = more.get("command_id", f"{kind} {at} {storm_id} {text}")
    return Order(name, kind, NOON + round(at * MINUTE), storm_id, time, text)._asdict()
