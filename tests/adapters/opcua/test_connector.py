"""The connector with a real server: values with their qualities and times, and what must be told of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from asyncua.client.ua_session import UaSession

from models.contracts.inputs.scada import ScadaEvent
from models.decoding.validation import validate
from models.telemetry.points import Point
from tests.peers.opcua_node import NodeOpcUaServer
from tests.peers.opcua_run import Running, point, settings_of
from tests.peers.opcua_server import OpcUaServer, node_id

Serve = Callable[..., OpcUaServer]
Run = Callable[..., Running]
Start = Callable[..., OpcUaServer]
MAKES = [OpcUaServer, NodeOpcUaServer]
HOUR = 3_600_000
NOTHING = -11_644_473_600_000
"""1601, with which OPC UA begins: what a server writes that has no time."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_values_come_with_their_quality_origin_and_time(serve: Serve, run: Run) -> None:
    server = serve("a", "b", "count:Int32", "tag")
    points = [
        point("a"),
        point("b", inverted=True),
        point("count", "a", "operation_count"),
        point("tag", "a", "mode", mode="tagged"),
    ]
    running = run(settings_of(server.url), points).connected()
    running.wait(lambda: running.positions("a") == ["open"] and running.positions("b") == ["closed"])
    at = now_ms() - 5000
    server.put("a", True, source=at)
    server.put("a", False, status=0x4090_0000, source=at + 1)  # UncertainLastUsableValue
    server.put("a", True, status=0x0096_0000, source=at + 2)  # GoodLocalOverride
    server.put("a", False, status=0x8005_0000, source=at + 3)  # BadCommunicationError
    server.put("a", True, status=0x8032_0000, source=at + 4)  # BadWaitingForInitialData
    server.put("count", 7, type="Int32")
    server.put("tag", True)
    running.wait(lambda: len(running.of("mode")) == 2 and running.of("operation_count")[-1]["value"] == 7)
    told = [
        (e["position"], e["quality"], e.get("origin"), e["observed_at"] - at) for e in running.of("position", "a")[1:]
    ]
    assert told == [
        ("closed", "good", None, 0),
        ("open", "uncertain", None, 1),
        ("closed", "good", "manual", 2),
        ("unknown", "bad", None, 3),
    ]
    assert [(e["mode"], e["active"]) for e in running.of("mode")] == [("tagged", False), ("tagged", True)]
    for event in running.events:
        validate(ScadaEvent, json.dumps(event).encode())


def test_an_absurd_time_is_replaced_and_said_so(serve: Serve, run: Run) -> None:
    server = serve("a")
    running = run(settings_of(server.url), [point("a")]).connected()
    now = now_ms()
    server.put("a", True, source="none", server=now - 7)
    server.put("a", False, source=now + HOUR, server=now - 6)
    server.put("a", True, source=NOTHING, server=now - 5)
    server.put("a", False, source="none", server="none")
    server.put("a", True, source=now - 2 * HOUR)
    running.wait(lambda: len(running.positions("a")) == 6)
    events = running.of("position", "a")[1:]
    assert [event["observed_at"] - now for event in events[:3]] == [-7, -6, -5]
    assert events[3]["observed_at"] == events[3]["received_at"]
    assert events[4]["observed_at"] == now - 2 * HOUR
    notes = [event.get("message", "") for event in events]
    assert ["absent" in notes[0], "in the future" in notes[1], "before 2000" in notes[2], "arrival" in notes[3]] == [
        True
    ] * 4
    assert notes[4] == ""
    assert running.connector.counts["time_of_server"] == 3
    assert running.connector.counts["time_of_arrival"] == 1
    assert running.connector.counts["time_back"] >= 1


def test_values_that_the_server_dropped_are_a_declared_gap(serve: Serve, run: Run) -> None:
    server = serve("a", "b")
    running = run(settings_of(server.url), [point("a"), point("b")]).connected()
    server.put("a", True, status=0x480)  # Good, with the overflow bit
    running.wait(lambda: running.of("gap"))
    (gap,) = running.of("gap")
    assert (gap["device_id"], gap["message"]) == ("a", "the server's queue of the node was full")
    assert gap["gap_from"] <= gap["observed_at"]
    running.wait(lambda: running.positions("a")[-1] == "closed")
    assert running.of("position", "a")[-1]["status_code"] == 0


@pytest.mark.parametrize("make", MAKES)
def test_what_does_not_fit_is_told_and_the_rest_runs(start: Start, run: Run, make: type[OpcUaServer]) -> None:
    server = start(make, nodes=["a", "b", "text:String"])
    points = [point("a"), point("b"), point("x"), point("text")]
    running = run(settings_of(server.url), points)
    running.wait(lambda: running.state == "degraded")
    running.wait(lambda: "values that do not fit" in running.troubles)
    assert f"1 nodes are not followed: node {node_id('x')}: refused (BadNodeIdUnknown)" in running.troubles
    assert "str 'a text' is no truth value, as position wants" in running.troubles
    assert running.positions("text") == ["unknown"]
    server.tell(remove="b")
    running.wait(lambda: f"node {node_id('b')}: has gone" in running.troubles)
    assert (running.positions("b")[0], set(running.positions("b")[1:])) == ("open", {"unknown"})
    server.put("a", True)
    running.wait(lambda: running.positions("a")[-1] == "closed")
    assert running.connector.links()[0].points_followed == 2


@pytest.mark.parametrize("make", MAKES)
def test_ids_mean_the_same_after_the_server_was_reloaded_in_another_order(
    start: Start, run: Run, make: type[OpcUaServer]
) -> None:
    server = start(make, nodes=["a"])
    running = run(settings_of(server.url), [point("a")]).connected()
    first = running.of("position", "a")[0]
    server.kill()
    server.options["before"] = ["urn:another", "urn:third"]
    server.start()
    running.wait(lambda: running.of("gap"))
    running.connected()
    server.put("a", True)
    running.wait(lambda: running.positions("a")[-1] == "closed")
    assert {event["node_id"] for event in running.of("position")} == {first["node_id"]} == {node_id("a")}
    other = run(settings_of(server.url), [Point("ems", "nsu=urn:nobody;s=a", "a", "position")])
    other.wait(lambda: "nsu=urn:nobody;s=a: the server has no such namespace" in other.troubles)


def test_chatter_within_the_debounce_time_is_not_told(serve: Serve, run: Run) -> None:
    server = serve("a")
    running = run(settings_of(server.url), [point("a", debounce_ms=1000)]).connected()
    running.wait(lambda: running.positions("a") == ["open"])
    server.tell(set=[{"name": "a", "value": value} for value in (True, False, True)])
    running.wait(lambda: running.positions("a") == ["open", "closed"])
    assert running.connector.counts["debounced"] == 2


def test_a_burst_is_taken_whole_and_in_order(serve: Serve, run: Run) -> None:
    names = [f"n{number}" for number in range(20)]
    server = serve(*names)
    running = run(settings_of(server.url), [point(name) for name in names]).connected()
    server.tell(burst={"names": names, "changes": 50})
    running.wait(lambda: len(running.of("position")) == 20 * 51)
    for name in names:
        assert running.positions(name) == ["open", *["closed", "open"] * 25]
    assert len({event["event_id"] for event in running.events}) == len(running.events)


def test_flapping_quality_moves_nothing_and_is_told(serve: Serve, run: Run) -> None:
    server = serve("a")
    running = run(settings_of(server.url), [point("a")]).connected()
    server.put("a", True)
    for number in range(20):
        server.put("a", True, status=0x8005_0000 if number % 2 == 0 else 0)
    running.wait(lambda: len(running.positions("a")) == 22)
    assert set(running.positions("a")[1:]) == {"closed", "unknown"}
    assert running.positions("a")[-1] == "closed"


def test_a_unit_that_is_frozen_lives_on_keep_alives_and_reports_nothing(serve: Serve, run: Run) -> None:
    server = serve("a")
    running = run(settings_of(server.url), [point("a")]).connected()
    running.wait(lambda: running.positions("a"))
    heard = running.connector.links()[0].heard_at
    running.wait(lambda: running.connector.links()[0].heard_at != heard)
    running.connected()
    assert running.positions("a") == ["open"]


def test_a_server_that_looks_at_its_nodes_now_and_then_is_told(
    serve: Serve, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    create = UaSession.create_monitored_items

    async def slower(session: UaSession, params: Any) -> Any:
        results = await create(session, params)
        for number, result in enumerate(results):
            result.RevisedSamplingInterval = 50.0 * number
        return results

    monkeypatch.setattr(UaSession, "create_monitored_items", slower)
    run(settings_of(serve("a", "b", "c").url), [point(name) for name in "abc"]).connected()
    assert [line for line in caplog.messages if "every 0.1 s: of changes within it only the last is told" in line]
