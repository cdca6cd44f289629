"""A connector between node-opcua and Kafka while each of them is killed and the link between them is cut.

Whatever the server showed either came, once after equal ids are dropped, or lies in a declared gap of its device; soon
after each trouble the states are right; and the engine makes of it what it makes of the same changes in a file, but for
what fell into a gap.
"""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep, time_ns
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from models.contracts.topics import OUTAGE_LIFECYCLE, SCADA_EVENTS
from models.times.iso8601 import parse_time
from tests.chaos.figures import LONG, tell
from tests.chaos.processes import run
from tests.chaos.test_frozen import FINAL
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.network_cut import THERE, Cable
from tests.peers.opcua_command import Connector
from tests.peers.opcua_node import NodeOpcUaServer
from tests.peers.opcua_run import Proxy

NODES = {f"n{number}": f"breaker-{number}" for number in range(200 if LONG else 40)}
TROUBLES = ("server", "connector", "link") * (10 if LONG else 1)
LONGEST_CUT = 30.0 if LONG else 1.0
RIGHT_SECONDS = 240.0
"""Until which states have to be right; how long it took is a figure."""
SUSTAINED_MS = 300_000
PAUSE_SECONDS = 1.0
"""Between rounds, so that a device's changes lie apart as they do in a storm."""
STRETCH = 60
"""For the engine a second here is a minute."""
TIMES = ("observed_at", "received_at", "gap_from")
QUIET_MS = 120_000
CLOCKS_MS = 2 * 5_000 // STRETCH
"""Changes so near to each other are one moment to the engine, which of them by what it has heard."""
SLACK_MS = 100

Change = tuple[str, int, str]
"""Device, milliseconds and position."""
Outages = dict[tuple[str, int], tuple[str, int | None]]
"""By device and begin, the last status and the end, milliseconds."""


class Field:
    """What the server shows: each change with its time, by device."""

    def __init__(self, server: NodeOpcUaServer) -> None:
        self.server = server
        self.states = dict.fromkeys(NODES, True)
        self.changes: list[Change] = []
        self.known_at: dict[tuple[str, int], int] = {}
        """By device and the time of a change, when the server surely had it: a busy one is told late."""
        self._draw = random.Random(5)

    def begin_round(self) -> None:
        """Draw an order: no node changes twice in a round."""
        self._order = self._draw.sample(sorted(NODES), len(NODES))

    def change(self, count: int) -> None:
        """Change the next nodes, one after the other."""
        for name in (self._order.pop() for _ in range(count)):
            self.states[name] = not self.states[name]
            at = self._show(name)
            self.server.put(name, self.states[name], source=at)
            self.known_at[NODES[name], at] = time_ns() // 1_000_000
            sleep(0.002)  # times that differ

    def start(self) -> None:
        """Start the server, which looks at the field and shows what is."""
        at = max(map(self._show, NODES))
        self.server.options |= {"states": self.states, "at": at}
        self.changes[-len(NODES) :] = [(device, at, position) for device, _, position in self.changes[-len(NODES) :]]
        self.server.start()

    def _show(self, name: str) -> int:
        at = time_ns() // 1_000_000
        self.changes.append((NODES[name], at, "closed" if self.states[name] else "open"))
        return at


class Told:
    """What has come onto the topic, read on whenever somebody asks."""

    def __init__(self, operator: Operator) -> None:
        self.events: list[dict[str, Any]] = []
        self._consumer = Consumer({**operator.client, "group.id": "told", "enable.auto.commit": False})
        self._consumer.assign([TopicPartition(operator.prefix + SCADA_EVENTS, part, 0) for part in range(2)])
        self.states: dict[str, tuple[int, str]] = {}
        self.gaps: dict[str, list[tuple[int, int]]] = {}

    def read_on(self) -> None:
        while some := self._consumer.consume(1000, 0.1):
            for message in some:
                assert message.error() is None, message.error()
                self._take(json.loads(message.value() or b""))

    def _take(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        device, at = event["device_id"], event["observed_at"]
        if event["kind"] == "position":
            self.states[device] = max(self.states.get(device, (0, "")), (at, event["position"]))
        elif event["kind"] == "gap":
            self.gaps.setdefault(device, []).append((event["gap_from"] - SLACK_MS, at + SLACK_MS))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["kind"] == kind]

    def came(self) -> set[Change]:
        return {(event["device_id"], event["observed_at"], event["position"]) for event in self.of("position")}

    def missing(self, field: Field) -> set[Change]:
        return set(field.changes) - self.came()

    def untold(self, field: Field) -> list[Change]:
        """What is missing without a gap."""
        return sorted(one for one in self.missing(field) if not self.gap_at(*one[:2], field.known_at.get(one[:2])))

    def gap_at(self, device: str, at: int, known_at: int | None = None) -> bool:
        """Whether a gap of a device is declared over a time, or over the moment at which the server had it."""
        return any(begin <= max(at, known_at or 0) and at <= end for begin, end in self.gaps.get(device, ()))

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def server() -> Iterator[NodeOpcUaServer]:
    made = NodeOpcUaServer(nodes=list(NODES))
    yield made
    made.kill()


@pytest.fixture
def link(server: NodeOpcUaServer) -> Iterator[Proxy | Cable]:
    """The way to the server: a real cable in the long form, which needs the right to make a network namespace."""
    made = Cable() if LONG else Proxy(server.port)
    if isinstance(made, Cable):
        server.command = [*made.inside, *server.command]  # type: ignore[misc] # of this one alone
        server.options["host"] = THERE
    yield made
    server.kill()
    made.close()


def test_nothing_that_was_shown_is_lost_untold(
    server: NodeOpcUaServer, link: Proxy | Cable, tmp_path: Path, kafka: str, prefix: str
) -> None:
    operator = Operator(kafka, prefix)
    url = link.url if isinstance(link, Proxy) else f"opc.tcp://{THERE}:{server.port}"
    connector = Connector(tmp_path, url, operator, NODES, stale_seconds=5 if LONG else 20)
    give_customers(tmp_path / "network")
    field, told = Field(server), Told(operator)
    try:
        returns = live_through(field, told, connector, link)
    finally:
        connector.kill()
        told.close()
    by_id = {event["event_id"]: event for event in told.of("position")}
    missing = told.missing(field)
    assert told.untold(field) == []
    assert told.came() <= set(field.changes), "nothing was made up"
    assert told.gaps
    wanted = outages_of(tmp_path, "shown", [shown(number, *one) for number, one in enumerate(field.changes)])
    found = outages_of(tmp_path, "told", told.events)
    assert len(wanted) > 10 * len(TROUBLES)
    known_at = field.known_at
    assert sorted(one for one in wanted.keys() ^ found.keys() if not told.gap_at(*one, known_at.get(one))) == []
    alike = {one: (wanted[one], found[one]) for one in wanted.keys() & found.keys()}
    assert [(*one, *both) for one, both in sorted(alike.items()) if not ends_alike(told, field, one, *both)] == []
    still_out = {NODES[name] for name, closed in field.states.items() if not closed}
    for outages in (wanted, found):
        assert {device for (device, _), (status, _) in outages.items() if status not in FINAL} == still_out
    tell(
        "node-opcua killed, connector killed, link cut",
        nodes=len(NODES),
        troubles=len(TROUBLES),
        changes=len(field.changes),
        told_again=len(told.of("position")) - len(by_id),
        in_gaps=len(missing),
        outages=len(wanted),
        of_them_begun_alike=len(alike),
        of_these_ended_in_gaps=sum(told.gap_at(one[0], end) for one, ((_, end), _) in alike.items() if end),
        **{f"slowest_return_after_{trouble}_seconds": round(max(seconds), 2) for trouble, seconds in returns.items()},
    )


def live_through(field: Field, told: Told, connector: Connector, link: Proxy | Cable) -> dict[str, list[float]]:
    """Play changes and troubles; gives how long after each trouble's end the states were right."""
    draw, returns = random.Random(7), dict[str, list[float]]()

    def right() -> bool:
        told.read_on()
        wanted = {NODES[name]: "closed" if state else "open" for name, state in field.states.items()}
        return {device: position for device, (_, position) in told.states.items()} == wanted

    def all_told() -> bool:
        told.read_on()
        return not told.untold(field)

    field.start()
    connector.start()
    eventually(lambda: connector.ask("/readyz")[0] == 200)
    for trouble in TROUBLES:
        sleep(PAUSE_SECONDS)
        field.begin_round()
        field.change(20)
        if trouble == "server":
            field.server.kill()
            sleep(draw.uniform(0.1, 1.0))
            field.start()
        elif trouble == "connector":
            connector.kill()
            field.change(10)
            connector.start()
        else:
            link.cut()
            field.change(10)
            sleep(draw.uniform(0.1, LONGEST_CUT))
            link.mend()
        begun = monotonic()
        field.change(5)
        eventually(right, RIGHT_SECONDS)
        returns.setdefault(trouble, []).append(monotonic() - begun)
    with suppress(AssertionError):  # the test shows what is still untold
        eventually(all_told, RIGHT_SECONDS)
    assert connector.end(signal.SIGTERM) == 0, "".join(connector.log)
    told.read_on()
    return returns


def give_customers(network: Path) -> None:
    """Let each breaker feed somebody without a meter: one that is silent would say that power never failed."""
    with (network / "devices.csv").open("a") as devices, (network / "usage_points.csv").open("a") as points:
        for breaker in NODES.values():
            devices.write(f"\nt-{breaker},transformer,{breaker},f,north,0,0")
            points.write(f"p-{breaker},,t-{breaker},1,0,0\n")


def shown(number: int, device: str, at: int, position: str) -> dict[str, Any]:
    """A change as an event of a file."""
    times = {"observed_at": at, "received_at": at}
    known = {"event_id": f"{number}", "device_id": device, "kind": "position", "position": position}
    return {**known, **times, "quality": "good", "source": "ems"}


def ends_alike(
    told: Told, field: Field, begun: tuple[str, int], wanted: tuple[str, int | None], found: tuple[str, int | None]
) -> bool:
    """Whether an outage has the same status and end, or an end that a gap hides.

    Ends as near as clocks are may lie on either side of the five minutes that make an interruption sustained.
    """
    (device, started), (status, end), (same, other) = begun, wanted, found
    if end is not None and told.gap_at(device, end, field.known_at.get((device, end))):
        return True
    near = end == other or (end is not None and other is not None and abs(end - other) <= CLOCKS_MS)
    lasted = [(one - started) * STRETCH for one in (end, other) if one is not None]
    between = (
        len(lasted) > 1 and min(lasted) <= SUSTAINED_MS < max(lasted) and {status, same} == {"momentary", "restored"}
    )
    return near and (status == same or between)


def outages_of(folder: Path, name: str, events: list[dict[str, Any]]) -> Outages:
    """Replay events from a file; gives how each outage stands in the end."""
    storm, output = folder / name, folder / f"{name}-outages"
    storm.mkdir()
    events = sorted(events, key=lambda event: event["received_at"])
    origin, last = events[0]["received_at"], events[-1]["received_at"]
    events.append(shown(-1, "source", last + QUIET_MS, "closed"))  # until then all is settled
    lines = [event | {at: origin + STRETCH * (event[at] - origin) for at in TIMES if event.get(at)} for event in events]
    (storm / f"{SCADA_EVENTS}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    run("", "replay", "--network", folder / "network", "--input", storm, "--output", output)
    records = map(json.loads, (output / f"{OUTAGE_LIFECYCLE}.jsonl").read_text().splitlines())

    def moment(time: str | None) -> int | None:
        return None if time is None else origin + round((parse_time(time) - origin) / STRETCH)

    outages = {one["outage_id"]: one for one in records}.values()
    return {
        (one["device_id"], moment(one["started_at"]) or 0): (one["status"], moment(one["restored_at"]))
        for one in outages
    }
