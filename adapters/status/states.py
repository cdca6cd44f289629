"""How all customers stand, in memory, from the topics: `customer.power.state.v1`, zones that are set aside, the clock.

A thread follows them from their heads (of the clock only the end matters). Records are kept as the bytes that they are.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from adapters.kafka.clients.follower import Follower
from adapters.kafka.clients.tail import find_bounds
from adapters.kafka.records.output_record import sequence_of
from models.contracts.topics import OUTAGE_CLOCK, ZONE_HEALTH
from models.customers.output import CUSTOMER_POWER
from models.network.canary.names import is_canary
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from confluent_kafka import Message
    from numpy.typing import NDArray

    from models.network.network import Network

CLOCK_TAIL: Final = 8
"""Offsets that are read of the clock's end: where records come in transactions the last ones are marks of these."""


class Stood(NamedTuple):
    """How a usage point stands, as a record of the topic."""

    body: bytes
    never: bool
    """There is no record: it has never been out."""


class States:
    """Follows the topics, and answers from any thread."""

    def __init__(
        self, client: Mapping[str, Any], prefix: str, partitions: int, network: Network, stale_seconds: float
    ) -> None:
        """Begin at the topics' heads; what has been said of nobody is known from the network."""
        self._network = network
        self._stale_seconds = stale_seconds
        self._stems = {prefix + stem: stem for stem in (CUSTOMER_POWER.topic, ZONE_HEALTH, OUTAGE_CLOCK)}
        places = [(topic, part) for topic in self._stems for part in range(partitions)]
        bounds = find_bounds(client, places)
        offsets = {place: begin for place, (begin, _) in bounds.items()}
        for place in [one for one in places if self._stems[one[0]] == OUTAGE_CLOCK]:
            offsets[place] = max(bounds[place][0], bounds[place][1] - CLOCK_TAIL)
        self._records: dict[str, bytes] = {}
        self._aside: set[str] = set()
        self._clock: dict[int, str] = {}
        self._clock_at = -inf
        """The least of the clock's times, seconds since the epoch."""
        self._follower = Follower(client, "faultline-status", offsets, self._take, "customers' states")
        self._follower.start()

    def close(self) -> None:
        """Stop following."""
        self._follower.close()

    def lacking(self) -> list[str]:
        """Say why it does not know all yet; nothing if it does."""
        return self._follower.lacking()

    @property
    def failure(self) -> str | None:
        """Why it follows no more."""
        return self._follower.failure

    def is_stale(self, now: float) -> bool:
        """Whether what stands may be behind; `now` is the time of day in seconds."""
        silent = time.monotonic() - self._follower.heard_at > self._stale_seconds
        return silent or self.failure is not None or now - self._clock_at > self._stale_seconds

    def points_of(self, account_id: str) -> list[str]:
        """Give an account's usage points."""
        return self._network.point_ids.take(self._network.points_of_account(account_id))

    def find(self, usage_points: Sequence[str], now: float) -> dict[str, Stood]:
        """Give how usage points stand, by id; those that nobody knows are left out. `now` as in `is_stale`."""
        stale = self.is_stale(now)
        found = {name: _aged(body) if stale else body for name in usage_points if (body := self._records.get(name))}
        stood = {name: Stood(body, never=False) for name, body in found.items()}
        if not (others := [name for name in usage_points if name not in found]):
            return stood
        positions: NDArray[Any] = self._network.find_points(others)
        for name, position in zip(others, positions.tolist(), strict=True):
            if position >= 0 and not is_canary(name):
                stood[name] = Stood(self._never_out(name, position, stale=stale), never=True)
        return stood

    def _never_out(self, name: str, position: int, *, stale: bool) -> bytes:
        network = self._network
        zone = int(network.device_zone[network.point_device[position]])
        zone_id = network.zone_ids[zone]
        aside = zone_id in self._aside
        unknown = ("outage_id", "revision", "since", "basis", "planned", "etr_public", "etr_stage")
        record = dict.fromkeys(unknown) | {
            "usage_point_id": name,
            "zone_id": zone_id,
            "power": "unknown" if aside else "on",
            "stale": aside or stale,
            "as_of": self._clock.get(int(network.zone_partition[zone]), format_time(0)),
            "message_code": "unknown" if aside else None,
            "message_parameters": {"since": None} if aside else {},
        }
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)

    def _take(self, topic: str, message: Message) -> None:
        stem = self._stems[topic]
        key, value = (message.key() or b"").decode("utf-8", "replace"), message.value()
        if sequence_of(message) is None:
            return
        if stem == CUSTOMER_POWER.topic:
            if value is None:
                self._records.pop(key, None)
            else:
                self._records[key] = value
        elif value is not None:
            record = orjson.loads(value)
            if stem == ZONE_HEALTH:
                (self._aside.add if record["status"] == "quarantined" else self._aside.discard)(record["zone_id"])
            else:
                self._clock[int(record["evidence_partition"])] = record["updated_at"]
                self._clock_at = min(map(parse_time, self._clock.values())) / 1000


def _aged(body: bytes) -> bytes:
    return orjson.dumps(orjson.loads(body) | {"stale": True}, option=orjson.OPT_SORT_KEYS)
