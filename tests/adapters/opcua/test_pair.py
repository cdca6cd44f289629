"""A redundant pair of node-opcua servers: whichever is followed, by however many connectors, an event is one event."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from adapters.opcua import following
from tests.peers.opcua_node import NodeOpcUaServer
from tests.peers.opcua_run import Running, point, settings_of
from tests.peers.opcua_server import OpcUaServer

Run = Callable[..., Running]
Start = Callable[..., OpcUaServer]
Told = tuple[str, str, int, Any]
"""Kind, device, moment, and the position or whether the alarm is active."""
NODES = ("a", "b", "c")
ALARM, STANDING, STILL = "trip", "standing", "still"
"""An alarm that comes and goes, one that stays, and a node that does not change, which both are about."""


class Pair:
    """Two servers that show the same: every change with the same time, as behind one front end."""

    def __init__(self, start: Start) -> None:
        self.servers: list[OpcUaServer] = [start(NodeOpcUaServer, nodes=[*NODES, STILL]) for _ in range(2)]
        self.shown: list[Told] = []
        self._numbers, self._at = count(), time.time_ns() // 1_000_000 - 100_000
        for name in (*NODES, STILL):
            self._put(name, closed=False)
        self._alarm(ALARM, active=False)
        self._alarm(STANDING, active=True)

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.servers]

    def change(self) -> None:
        """Change a node, and every third time the alarm as well."""
        number = next(self._numbers)
        self._put(NODES[number % len(NODES)], closed=number // len(NODES) % 2 == 0)
        if number % 3 == 2:
            self._alarm(ALARM, active=number % 2 == 0)

    def _put(self, name: str, *, closed: bool) -> None:
        self._at += 1
        for server in self.servers:
            server.put(name, closed, source=self._at)
        self.shown.append(("position", name, self._at, "closed" if closed else "open"))

    def _alarm(self, name: str, *, active: bool) -> None:
        self._at += 1
        for server in self.servers:
            state = {"active": active, "acked": True, "retain": True, "severity": 700, "at": self._at}
            server.tell(alarm={"name": name, "about": STILL, **state})
        self.shown.append(("alarm", name, self._at, active))

    def mapping(self) -> list[Any]:
        alarms = (point(name, name, "alarm") for name in (ALARM, STANDING))
        return [*(point(name) for name in (*NODES, STILL)), *alarms]


def told_by(events: list[dict[str, Any]]) -> list[Told]:
    return [
        (one["kind"], one["device_id"], one["observed_at"], one.get("position", one.get("active")))
        for one in events
        if one["kind"] != "gap"
    ]


def last(told: list[Told]) -> dict[tuple[str, str], Any]:
    """How each node and the alarm stand in the end."""
    return {(kind, device): state for kind, device, _, state in told}


def doubled(names: list[Any]) -> list[Any]:
    return [name for name, times in Counter(names).items() if times > 1]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "COMPARE_SECONDS", 0.2)


def test_failover_by_service_level_and_by_death_doubles_and_loses_nothing(start: Start, run: Run) -> None:
    """Changes go on all the while: what came before, between and after is told once, the rest lies in a gap."""
    pair = Pair(start)
    running = run(settings_of(*pair.urls), pair.mapping()).connected()

    def on(server: OpcUaServer) -> bool:
        return running.connector.links()[0].server == server.url and running.state == "connected"

    def change_until(what: Callable[[], bool]) -> None:
        def go_on() -> bool:
            pair.change()
            return what()

        running.wait(go_on)

    for old, new in (pair.servers, reversed(pair.servers)):
        change_until(lambda: len(running.events) % 7 == 0)
        old.tell(level=100)
        new.tell(level=255)
        change_until(lambda: on(new))  # noqa: B023 (waited for at once)
    assert running.connector.counts["failover"] == 2
    dead, other = pair.servers
    other.tell(level=255)
    dead.kill()
    pair.servers = [other]
    change_until(lambda: on(other))
    running.wait(lambda: last(told_by(running.read())) == last(pair.shown))

    told = told_by(running.read())
    assert doubled(told) == []
    assert doubled([one["event_id"] for one in running.events]) == []
    assert set(told) <= set(pair.shown)
    gaps = running.of("gap")
    untold = set(pair.shown) - set(told)
    assert {device for _, device, _, _ in untold} <= {gap["device_id"] for gap in gaps}
    assert len(told) > len(untold) / 10


def test_connectors_on_both_servers_at_once_tell_each_event_by_one_name(start: Start, run: Run) -> None:
    pair = Pair(start)
    runs = [run(settings_of(*urls), pair.mapping()).connected() for urls in (pair.urls, pair.urls[::-1])]
    assert [one.connector.links()[0].server for one in runs] == pair.urls
    for _ in range(30):
        pair.change()
    for running in runs:
        running.wait(lambda: set(pair.shown[-40:]) <= set(told_by(running.read())))  # noqa: B023 (waited for at once)
    one, other = (running.events for running in runs)
    assert {event["event_id"] for event in one} == {event["event_id"] for event in other}
    once = {event["event_id"]: event for event in one + other}
    assert sorted(map(str, told_by(list(once.values())))) == sorted(map(str, pair.shown))
    same = [{event["event_id"]: event | {"received_at": 0} for event in events} for events in (one, other)]
    assert same[0] == same[1], "but for when they came"
