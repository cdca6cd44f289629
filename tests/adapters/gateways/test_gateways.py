"""Gateways give the records that OPC UA itself gives, and say what they do not know."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.gateways.answers import read_moment
from adapters.gateways.settings import GatewaySettings, gateway_faults
from models.telemetry.points import Point
from models.telemetry.reports import Report, Sample, report_value
from models.times.iso8601 import format_time
from tests.peers.gateway_run import NODES, Parties, points, running, settings_of
from tests.peers.gateways import Gateway
from tests.peers.tokens import CLIENT, SECRET, token_endpoint

AT = datetime(2026, 7, 1, 10, 0, 0, 123456, UTC)
AT_US = int(AT.timestamp()) * 1_000_000 + 123456


def by_opcua(node: str, value: Any, status: int) -> dict[str, Any]:
    point = Point("ems", node, f"device-{node[-1]}", "position")
    made = report_value(point, Sample(value, status, AT_US, None, AT_US + 1000))
    assert isinstance(made, Report)
    return json.loads(made.value)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["StatusCode", "Status"])
def test_the_web_api_gives_the_records_that_opc_ua_gives(gateway: Gateway, parties: Parties, name: str) -> None:
    stamp = "2026-07-01T10:00:00.1234567Z"
    gateway.values = {
        NODES[0]: {"UaType": 1, "Value": True, "SourceTimestamp": stamp},
        NODES[1]: {"UaType": 1, "Value": False, "SourceTimestamp": stamp, name: {"Code": 0x4090_0000, "Symbol": "x"}},
        NODES[2]: {"UaType": 1, "Value": False, "SourceTimestamp": stamp, name: 0x0096_0000},
    }
    settings = settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties)
    with running(settings, points()) as run:
        run.wait(lambda: len(run.read()) == 3)
        wanted = [
            by_opcua(NODES[0], True, 0),
            by_opcua(NODES[1], False, 0x4090_0000),
            by_opcua(NODES[2], False, 0x0096_0000),
        ]
        assert [one | {"received_at": 0} for one in run.events] == [one | {"received_at": 0} for one in wanted]
        gateway.values[NODES[0]]["Value"] = False
        gateway.values[NODES[0]]["SourceTimestamp"] = "2026-07-01T10:00:01Z"
        run.wait(lambda: len(run.read()) == 4)
        assert run.connector.links()[0].state == "connected"
    sent = [request for method, path, request in gateway.asked if (method, path) == ("POST", "/opcua/read")]
    assert sent[0] == {
        "MaxAge": 0,
        "TimestampsToReturn": 2,
        "NodesToRead": [{"NodeId": node, "AttributeId": 13} for node in NODES[:2]],
    }
    assert {path for _, path, _ in gateway.asked} == {"/opcua/read"}, "it only reads"


def test_kepware_gives_them_too(gateway: Gateway, parties: Parties) -> None:
    names = ["Channel.Bay 1.52-1", "Channel.Bay 1.52-2", "Channel.gone"]
    gateway.values = {
        names[0]: {"s": True, "r": "", "v": True, "t": AT_US // 1000},
        names[1]: {"s": False, "r": "no device", "v": False, "t": AT_US // 1000},
    }
    mapped = [Point("ems", name, f"device-{place}", "position") for place, name in enumerate(names)]
    with running(settings_of(f"{gateway.url}/iotgateway", "kepware-iot", parties), mapped) as run:
        run.wait(lambda: len(run.read()) == 3)
        told = [(one["position"], one["quality"], one["observed_at"] == AT_US // 1000) for one in run.events]
        assert told == [("closed", "good", True), ("unknown", "bad", True), ("unknown", "bad", False)]
        assert "node Channel.gone: unknown" in run.troubles
        assert run.connector.links()[0].state == "degraded"


@pytest.mark.parametrize("way", ["basic", "token"])
def test_credentials_are_given_and_refused_with_words(gateway: Gateway, parties: Parties, way: str) -> None:
    gateway.values = {NODES[0]: {"UaType": 1, "Value": True}}
    with token_endpoint(parties.certificate, parties.key) as tokens:
        if way == "basic":
            who = {"user": "faultline", "password_file": parties.secret}
            gateway.authorization = f"Basic {b64encode(f'faultline:{SECRET}'.encode()).decode()}"
        else:
            who = {"token_url": tokens, "client_id": CLIENT, "client_secret_file": parties.secret}
        with running(settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, **who), points()[:1]) as run:
            run.wait(lambda: len(run.read()) == 1)
            gateway.authorization = "something else"
            run.wait(lambda: "answers 401; see to the credentials and their rights there" in run.troubles)
            assert SECRET not in run.troubles
            assert run.connector.links()[0].state == "lost"


def test_what_was_between_two_readings_is_a_gap_if_one_failed(gateway: Gateway, parties: Parties) -> None:
    gateway.values = {node: {"UaType": 1, "Value": True, "SourceTimestamp": "2026-07-01T10:00:00Z"} for node in NODES}
    mark = time.time_ns() // 1_000_000 - 60_000
    with running(settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties), points(), {"ems": mark}) as run:
        run.wait(lambda: len(run.read()) == 6)
        assert {one["gap_from"] for one in run.events if one["kind"] == "gap"} == {mark}
        before = time.time_ns() // 1_000_000
        gateway.status = 503
        run.wait(lambda: "answers 503; see its log" in run.troubles)
        gateway.status = 200
        run.wait(lambda: len([one for one in run.read() if one["kind"] == "gap"]) == 6)
        again = [one for one in run.events if one["kind"] == "gap"][3:]
        assert all(mark < one["gap_from"] <= before + 1000 <= one["observed_at"] + 1000 for one in again)
        assert len([one for one in run.events if one["kind"] == "position"]) == 3, "nothing is told twice"


def test_a_gap_is_filled_from_the_history_where_there_is_one(gateway: Gateway, parties: Parties) -> None:
    now = time.time_ns() // 1_000_000
    stamps = [format_time(now - 1000 * ago) for ago in (90, 50, 40, 30, 20, 10)]
    told = [{"UaType": 1, "Value": place % 2 == 0, "SourceTimestamp": stamp} for place, stamp in enumerate(stamps)]
    gateway.history = {NODES[0]: told, NODES[1]: []}
    gateway.values = {node: {"UaType": 1, "Value": False, "SourceTimestamp": stamps[-1]} for node in NODES}
    settings = settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, history=True)
    with running(settings, points(), {"ems": now - 60_000}) as run:
        run.wait(lambda: [one for one in run.read() if one["kind"] == "gap"] and len(run.events) >= 8)
        assert [one["device_id"] for one in run.events if one["kind"] == "gap"] == ["device-c"]
        moved = [one for one in run.events if one["device_id"] == "device-a"]
        assert [(one["position"], format_time(one["observed_at"])) for one in moved] == [
            ("closed" if one["Value"] else "open", one["SourceTimestamp"]) for one in told[1:]
        ]
        assert run.connector.counts["history"] == 5
    asked = [request for _, path, request in gateway.asked if path == "/opcua/historyread"]
    assert [len(one["NodesToRead"]) for one in asked] == [3, 1, 1]
    assert asked[0]["HistoryReadDetails"]["UaTypeId"] == "i=647"


def test_a_gateway_without_subscriptions_says_so(gateway: Gateway, parties: Parties) -> None:
    gateway.unknown = {"/opcua/createsession"}
    with running(settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, publish=True), points()[:1]) as run:
        run.wait(lambda: "/opcua/createsession: answers 404" in run.troubles)


def test_a_gateway_that_refuses_history_leaves_the_gap(gateway: Gateway, parties: Parties) -> None:
    gateway.values = {NODES[0]: {"UaType": 1, "Value": True}}
    settings = settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, history=True)
    gateway.unknown = {"/opcua/historyread"}
    with running(settings, points()[:1], {"ems": 1_782_900_000_000}) as run:
        run.wait(lambda: [one["gap_from"] for one in run.read() if one["kind"] == "gap"] == [1_782_900_000_000])
        run.wait(lambda: run.connector.links()[0].state == "connected")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "answers with no JSON"),
        (b"[]", "answers with no response of a service"),
        (b'{"Results":[]}', "answers 0 values to 1"),
        (b'{"ResponseHeader":{"ServiceResult":{"Code":2147483648}}}', "fails with 0x80000000"),
        (b'{"Results":"many"}', "values to 1"),
        (b" " * (17 << 20), "answers with more than 16 MiB"),
    ],
)
def test_nonsense_is_told_and_ends_nothing(gateway: Gateway, parties: Parties, body: bytes, words: str) -> None:
    gateway.body = body
    with running(settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties), points()[:1]) as run:
        run.wait(lambda: words in run.troubles)
        assert run.connector.links()[0].state == "starting"


def test_a_gateway_that_is_not_trusted_gets_no_credentials(gateway: Gateway, parties: Parties) -> None:
    who = {"user": "faultline", "password_file": parties.secret, "ca_file": None}
    with running(settings_of(f"{gateway.url}/opcua", "opcua-web-api", parties, **who), points()[:1]) as run:
        run.wait(lambda: "CERTIFICATE_VERIFY_FAILED" in run.troubles)
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("value", "zone", "moment"),
    [
        ("2026-07-01T10:00:00.1234567Z", None, AT_US),
        ("2026-07-01T12:00:00.123456+02:00", None, AT_US),
        (AT_US // 1000, None, AT_US // 1000 * 1000),
        ("2026-07-01T12:00:00", None, None),
        ("2026-07-01T12:00:00.123456", "Europe/Berlin", AT_US),
        ("yesterday", "Europe/Berlin", None),
        (True, None, None),
        (None, "UTC", None),
    ],
)
def test_a_time_without_a_zone_is_believed_only_with_one_set(
    value: object, zone: str | None, moment: int | None
) -> None:
    assert read_moment(value, ZoneInfo(zone) if zone else None) == moment


def test_settings_are_refused_with_every_fault_at_once(tmp_path: Path) -> None:
    endpoints = [
        {"name": "a", "kind": "kepware-iot", "url": "http://host/x", "user": "u", "time_zone": "Mars/Olympus"}
        | {"history": True, "publish": True},
        {
            "name": "a",
            "kind": "kepware-iot",
            "url": "https://u:hunter2@host",
            "client_id": "c",
            "ca_file": tmp_path / "no",
        },
    ]
    given = {"connector": "n", "network": "n", "mapping": "m", "state": "s", "endpoints": endpoints}
    faults = gateway_faults(GatewaySettings.model_validate(given))
    for words in (
        "stands twice",
        "url is no https",
        "user and password_file",
        "token_url, client_id",
        "no such file",
        "time_zone",
        "has no history",
        "has no subscriptions",
    ):
        assert any(words in fault for fault in faults), words
    assert not any("hunter2" in fault for fault in faults)
