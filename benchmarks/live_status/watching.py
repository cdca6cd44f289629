"""Reads all channels while the storm goes on: topics as they are committed, and the status API by asking it."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from queue import Empty, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson
from confluent_kafka import Consumer, TopicPartition

from benchmarks.customers.lookups import KEY
from benchmarks.live_status.channels import Channels, Probe, Record, Seen
from models.alerts.issuing.output import ALERTS
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.customers.output import CUSTOMER_POWER
from models.notifications.output import NOTIFICATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PAUSE: Final = 0.05
"""Seconds between two questions: by so much an answer may be seen late."""
PATIENCE_MS: Final = 120_000
MOST: Final = 400
"""Usage points that are asked about at once."""
TOLD: Final = {"gained", "restored_confirmed", "restored_inferred"}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Topics:
    """Follows the topics, of which records are stamped as they come."""

    def __init__(self, bootstrap: str, partitions: int, probe: Callable[[Record], None]) -> None:
        settings = {"bootstrap.servers": bootstrap, "group.id": "live", "isolation.level": "read_committed"}
        self._consumer = Consumer({**settings, "fetch.wait.max.ms": 20, "queued.min.messages": 1_000_000})
        self._probe, self._stop = probe, Event()
        self._seen: dict[str, list[tuple[int, bytes]]] = {
            one: [] for one in (OUTAGE_LIFECYCLE, CUSTOMER_POWER.topic, NOTIFICATIONS.topic, ALERTS.topic)
        }
        topics = (*self._seen, OUTAGE_MEMBERSHIP)
        self._consumer.assign([TopicPartition(topic, part, 0) for topic in topics for part in range(partitions)])
        self._thread = Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stop.is_set():
            some = self._consumer.consume(2000, 0.02)
            at = now_ms()
            for message in some:
                if message.error() is None and (value := message.value()) is not None:
                    topic = message.topic() or ""
                    if topic == OUTAGE_MEMBERSHIP:
                        self._probe(orjson.loads(value))
                    else:
                        self._seen[topic].append((at, value))
        self._consumer.close()

    def written(self) -> int:
        """Count what was seen."""
        return sum(map(len, self._seen.values()))

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join(60)

    def fill(self, channels: Channels) -> None:
        """Hand over what was seen."""
        for topic, some in (
            (OUTAGE_LIFECYCLE, channels.revisions),
            (CUSTOMER_POWER.topic, channels.states), (NOTIFICATIONS.topic, channels.notifications),
            (ALERTS.topic, channels.alerts),
        ):  # fmt: skip
            some += [Seen(at, orjson.loads(value)) for at, value in self._seen[topic]]


class _Asked(NamedTuple):
    point: str
    outage_id: str
    updated_at: str
    at: int


class Prober:
    """Asks the API, of a usage point of each revision that has news of any, until it says so."""

    def __init__(self, port: int, names: Sequence[str], numbers: dict[int, int]) -> None:
        """`names` are ids of usage points, `numbers` their places by stable number."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._names, self._numbers = names, numbers
        self._queue: Queue[_Asked] = Queue()
        self._stop = Event()
        self._bodies: dict[str, Record] = {}
        self._probes: list[Probe] = []
        self._thread = Thread(target=self._ask, daemon=True)
        self._thread.start()

    def probe(self, membership: Record) -> None:
        """Take a record of the ledger."""
        told = [place for place, change in enumerate(membership["changes"]) if change in TOLD]
        if told:
            number = membership["usage_points"][told[len(told) // 2]]
            point = self._names[self._numbers[number]]
            self._queue.put(_Asked(point, membership["outage_id"], membership["updated_at"], now_ms()))

    def _ask(self) -> None:
        waiting: list[_Asked] = []
        while not self._stop.wait(PAUSE):
            try:
                while True:
                    waiting.append(self._queue.get_nowait())
            except Empty:
                pass
            asked, waiting = waiting[:MOST], waiting[MOST:]
            if asked:
                states = self._states([one.point for one in asked])
                waiting = [one for one in asked if not self._is_told(one, states.get(one.point))] + waiting
        self._probes += [Probe(one.outage_id, one.updated_at, one.at, None) for one in waiting]

    def _states(self, points: Sequence[str]) -> dict[str, Record]:
        body = orjson.dumps({"usage_point_ids": points})
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        self._connection.close()  # one that asks nothing is closed over there after ten seconds
        self._connection.request("POST", "/v1/power/batch", body, headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the status API answers {answer.status}: {text.decode()}")
        states: list[Record] = orjson.loads(text)["states"]
        for one in states:
            self._bodies[f"{one.get('event_id')}/{one['stale']}"] = one
        return {one["usage_point_id"]: one for one in states}

    def _is_told(self, asked: _Asked, state: Record | None) -> bool:
        """Whether there is an answer, or no use in waiting for one."""
        now = now_ms()
        told = state is not None and state.get("updated_at", "") >= asked.updated_at
        if told or now - asked.at > PATIENCE_MS:
            self._probes.append(Probe(asked.outage_id, asked.updated_at, asked.at, now if told else None))
            return True
        return False

    def close(self) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join(60)

    def fill(self, channels: Channels) -> None:
        """Hand over what was answered."""
        channels.answers += self._bodies.values()
        channels.probes += self._probes
