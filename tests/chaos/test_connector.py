"""A connector between a server and Kafka while each of them, and the link, is killed and cut at random.

Whatever the server showed either came, once after equal ids are dropped, or lies in a declared gap of its device; and
soon after each trouble the states are right.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import Any

import pytest

from tests.chaos.figures import LONG, tell
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.opcua_command import Connector, events
from tests.peers.opcua_run import Proxy
from tests.peers.opcua_server import OpcUaServer

NODES = {f"n{number}": f"breaker-{number}" for number in range(200 if LONG else 20)}
ROUNDS = 30 if LONG else 6
RIGHT_SECONDS = 240.0
"""Until which states have to be right; how long it took is a figure."""
SLACK_MS = 100


class Field:
    """What the server shows: each change with its time, by device."""

    def __init__(self, server: OpcUaServer) -> None:
        self.server = server
        self.states = dict.fromkeys(NODES, False)
        self.changes: list[tuple[str, int, str]] = []
        self._draw = random.Random(5)

    def change(self, count: int) -> None:
        """Change some nodes, one after the other."""
        for _ in range(count):
            name = self._draw.choice(sorted(NODES))
            self.states[name] = not self.states[name]
            at = time_ns() // 1_000_000
            self.server.put(name, self.states[name], source=at)
            self.changes.append((NODES[name], at, "closed" if self.states[name] else "open"))
            sleep(0.002)  # times that differ

    def restore(self) -> None:
        """After a restart the server shows again what is."""
        for name, state in self.states.items():
            at = time_ns() // 1_000_000
            self.server.put(name, state, source=at)
            self.changes.append((NODES[name], at, "closed" if state else "open"))


@pytest.fixture
def server() -> Iterator[OpcUaServer]:
    made = OpcUaServer(nodes=list(NODES)).start()
    yield made
    made.kill()


def last_states(told: list[dict[str, Any]]) -> dict[str, str]:
    newest: dict[str, tuple[int, str]] = {}
    for event in told:
        known = newest.get(event["device_id"], (0, ""))
        newest[event["device_id"]] = max(known, (event["observed_at"], event["position"]))
    return {device: position for device, (_, position) in newest.items()}


def test_nothing_that_was_shown_is_lost_untold(server: OpcUaServer, tmp_path: Path, kafka: str, prefix: str) -> None:
    way = Proxy(server.port)
    operator = Operator(kafka, prefix)
    connector = Connector(tmp_path, way.url, operator, NODES)
    connector.start()
    field, draw, returns = Field(server), random.Random(7), []

    def right() -> bool:
        wanted = {NODES[name]: "closed" if state else "open" for name, state in field.states.items()}
        return last_states(events(operator, "position")) == wanted

    try:
        eventually(lambda: connector.ask("/readyz")[0] == 200)
        for number in range(ROUNDS):
            field.change(20)
            trouble = ("server", "connector", "link")[number % 3]
            if trouble == "server":
                server.kill()
                sleep(draw.uniform(0.1, 1.0))
                server.start()
                field.restore()
            elif trouble == "connector":
                connector.kill()
                field.change(10)
                connector.start()
            else:
                way.cut()
                field.change(10)
                sleep(draw.uniform(0.1, 1.0))
                way.mend()
            begun = monotonic()
            field.change(5)
            eventually(right, RIGHT_SECONDS)
            returns.append(monotonic() - begun)
        assert connector.end(signal.SIGTERM) == 0, "".join(connector.log)
    finally:
        connector.kill()
        way.close()
    told, gaps = events(operator, "position"), events(operator, "gap")
    by_id = {event["event_id"]: event for event in told}
    came = {(event["device_id"], event["observed_at"], event["position"]) for event in by_id.values()}
    silent = [
        change
        for change in set(field.changes) - came
        if not any(
            gap["device_id"] == change[0] and gap["gap_from"] - SLACK_MS <= change[1] <= gap["observed_at"] + SLACK_MS
            for gap in gaps
        )
    ]
    assert silent == []
    assert came <= set(field.changes) | {one for one in came if one[2] == "open"}, "nothing was made up"
    assert gaps
    tell(
        "connector killed, cut, restarted",
        troubles=ROUNDS,
        changes=len(field.changes),
        told_again=len(told) - len(by_id),
        in_gaps=len(set(field.changes) - came),
        slowest_return_seconds=round(max(returns), 2),
    )
