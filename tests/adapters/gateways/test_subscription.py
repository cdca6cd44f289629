"""A Web API that is subscribed to: every change and every alarm, each once, and gaps where something is gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from models.telemetry.conditions import Condition, report_condition
from models.telemetry.points import Point
from models.times.iso8601 import parse_time
from tests.peers.gateway_run import NODES, Parties, points, running, settings_of
from tests.peers.gateways import Gateway

ALARM = "nsu=urn:utility:ems;s=trip"


def value(*, closed: bool, second: int) -> dict[str, Any]:
    return {"UaType": 1, "Value": closed, "SourceTimestamp": stamp(second)}


def stamp(second: int) -> str:
    return f"2026-07-01T10:00:{second:02}Z"


def event(name: str, second: int, *, active: bool, acked: bool = False, **rest: Any) -> dict[str, dict[str, Any]]:
    """An event of a condition, as variants by the paths of its fields."""
    fields: dict[str, tuple[int, Any]] = {
        "ConditionId": (17, name),
        "EventType": (17, "i=10637"),
        "SourceNode": (17, NODES[0]),
        "Time": (13, stamp(second)),
        "Message": (21, {"Locale": "en", "Text": "a trip"}),
        "Severity": (5, 700),
        "Retain": (1, True),
        "EnabledState/Id": (1, True),
        "AckedState/Id": (1, acked),
        "ActiveState/Id": (1, active),
        "SuppressedOrShelved": (1, False),
        **rest,
    }
    return {name: {"UaType": kind, "Value": value} for name, (kind, value) in fields.items()}


def of(run: Any, kind: str) -> list[dict[str, Any]]:
    return [one for one in run.read() if one["kind"] == kind]


def test_changes_come_by_long_polling_each_of_them_and_gaps_are_declared(gateway: Gateway, parties: Parties) -> None:
    """A change and back that no repeated reading would have seen."""
    subscriptions = gateway.subscriptions

    gateway.values = {node: value(closed=True, second=0) for node in NODES[:2]}
    settings = settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, publish=True)
    with running(settings, points()) as run:
        run.wait(lambda: len(run.read()) == 3)
        assert [one["position"] for one in run.events if one["device_id"] == "device-c"] == ["unknown"]
        run.wait(lambda: f"node {NODES[2]}: unknown" in run.troubles)
        for second in range(1, 6):
            subscriptions.put(NODES[0], value(closed=second % 2 == 0, second=second))
        run.wait(lambda: len(run.read()) == 8)
        moved = [one["position"] for one in run.events if one["device_id"] == "device-a"]
        assert moved == ["closed", *["open", "closed"] * 2, "open"]
        assert [one for one in run.events if one["kind"] == "gap"] == []
        mark = run.connector.marks()["ems"]
        run.wait(lambda: run.connector.marks()["ems"] > mark)
        gateway.values[NODES[0]] = value(closed=True, second=20)
        subscriptions.forget()
        run.wait(lambda: run.read()[-1].get("observed_at") == 1_782_900_020_000)
        gaps = [one for one in run.events if one["kind"] == "gap"]
        assert {one["device_id"] for one in gaps} == {f"device-{name}" for name in "abc"}
        assert all(mark < one["gap_from"] <= one["observed_at"] for one in gaps)
        assert len(run.events) == 3 + 5 + len(gaps) + 1, "nothing else is told twice"
        run.wait(lambda: subscriptions.waits)
        subscriptions.lose()
        subscriptions.put(NODES[1], value(closed=False, second=30))
        run.wait(lambda: any("were lost" in one.get("message", "") for one in run.read()))
    assert subscriptions.closed >= 1, "the last session"
    assert subscriptions.acknowledged[:2] == [1, 2]
    assert "/opcua/read" not in {path for _, path, _ in gateway.asked}


def test_an_answer_that_was_lost_on_the_way_is_asked_for_again(gateway: Gateway, parties: Parties) -> None:
    """The gateway has published it, and keeps it until it is acknowledged: nothing is a gap, and nothing doubled."""
    subscriptions = gateway.subscriptions
    gateway.values = {node: value(closed=True, second=0) for node in NODES}
    settings = settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, publish=True)
    with running(settings, points()) as run:
        run.wait(lambda: len(run.read()) == 3)
        run.wait(lambda: subscriptions.waits)
        gateway.hangs_up += ["/opcua/publish"] * 2
        for second in range(1, 8):
            subscriptions.put(NODES[second % 3], value(closed=second % 2 == 0, second=second))
        run.wait(lambda: len(run.read()) == 10)
        assert [one["observed_at"] for one in run.events[3:]] == [parse_time(stamp(second)) for second in range(1, 8)]
        assert of(run, "gap") == []
        assert run.connector.links()[0].state == "connected"
        assert subscriptions.opened == 1
        assert subscriptions.republished
        gateway.hangs_up.append("/opcua/publish")
        gateway.unknown = {"/opcua/republish"}
        subscriptions.put(NODES[0], value(closed=True, second=8))
        run.wait(lambda: len(of(run, "gap")) == 3)


def test_alarms_come_as_by_opc_ua_and_are_right_after_a_return(gateway: Gateway, parties: Parties) -> None:
    subscriptions = gateway.subscriptions
    gateway.values = {NODES[0]: value(closed=True, second=0)}
    names = {name: f"nsu=urn:utility:ems;s={name}" for name in ("clears", "comes", "acked", "shelved", "stays")}
    mapped = [points()[0], *(Point("ems", node, name, "alarm") for name, node in names.items())]
    settings = settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, publish=True)
    with running(settings, mapped) as run:
        run.wait(lambda: run.connector.links()[0].state == "connected")
        run.wait(lambda: subscriptions.waits)
        for second, name in enumerate(("clears", "acked", "shelved", "stays"), 1):
            subscriptions.happen(event(names[name], second, active=True))
        run.wait(lambda: len(of(run, "alarm")) == 4)
        at = parse_time(stamp(4)) * 1000
        wanted = report_condition(mapped[-1], condition(names["stays"], at))
        assert of(run, "alarm")[3] | {"received_at": 0} == json.loads(wanted.value) | {"received_at": 0}
        subscriptions.held = [
            event(names["comes"], 20, active=True),
            event(names["acked"], 21, active=True, acked=True),
            event(names["shelved"], 22, active=True, SuppressedOrShelved=(1, True)),
            event(names["stays"], 4, active=True),
        ]
        subscriptions.forget()
        run.wait(lambda: len(of(run, "alarm")) == 8)
        run.wait(lambda: run.connector.links()[0].state == "connected")
        last = {one["device_id"]: one for one in of(run, "alarm")}
        assert [last[name]["active"] for name in names] == [False, *[True] * 4]
        assert last["acked"]["acknowledged"] is True
        assert "shelved" in last["shelved"]["message"]
        assert len([one for one in of(run, "alarm") if one["device_id"] == "stays"]) == 1
        assert run.connector.links()[0].alarms == 4
        subscriptions.happen({"EventType": {"UaType": 17, "Value": "i=3035"}})  # EventQueueOverflowEventType
        run.wait(lambda: any(one["message"] == "the server's queue of events was full" for one in of(run, "gap")))


def condition(node: str, at: int) -> Condition:
    """The condition that `event` tells of."""
    known = {"source_node": NODES[0], "condition_type": "OffNormalAlarmType", "severity": 700, "message": "a trip"}
    return Condition(node, "", at, 0, active=True, acknowledged=False, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda gateway: setattr(gateway.subscriptions, "refreshes", False), "no refresh (BadMethodInvalid)"),
        (lambda gateway: gateway.unknown.add("/opcua/call"), "no refresh (https://"),
    ],
)
def test_a_gateway_that_cannot_refresh_says_what_is_not_known(
    gateway: Gateway, parties: Parties, spoil: Callable[[Gateway], None], words: str
) -> None:
    gateway.values = {NODES[0]: value(closed=True, second=0)}
    spoil(gateway)
    settings = settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, publish=True)
    with running(settings, [points()[0], Point("ems", ALARM, "b", "alarm")]) as run:
        run.wait(lambda: words in run.troubles)
        assert "alarms that changed while the link was down are not known" in run.troubles
        run.wait(lambda: run.connector.links()[0].state == "degraded")
        gateway.subscriptions.happen(event(ALARM, 1, active=True))
        run.wait(lambda: len(of(run, "alarm")) == 1)
