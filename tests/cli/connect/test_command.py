"""`faultline connect` as an operator sees it, with a real server and a real Kafka."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from models.contracts.outputs.connector_health import ConnectorHealthRecord
from models.contracts.topics import CONNECTOR_HEALTH, SCADA_EVENTS
from tests.peers.commands import Operator
from tests.peers.embedded import read_back
from tests.peers.kafka import eventually
from tests.peers.opcua_server import OpcUaServer, node_id

DEVICES = ("breaker-1", "breaker-2")


@pytest.fixture
def server() -> Iterator[OpcUaServer]:
    made = OpcUaServer(nodes=["a", "b"]).start()
    yield made
    made.kill()


@pytest.fixture
def network(tmp_path: Path) -> Path:
    folder = tmp_path / "network"
    folder.mkdir()
    head = "device_id,kind,parent_id,feeder_id,substation_id,longitude,latitude"
    rows = ["source,source,,,north,0,0", *(f"{name},breaker,source,f,north,0,0" for name in DEVICES)]
    rows += ["transformer,transformer,breaker-1,f,north,0,0"]
    (folder / "devices.csv").write_text("\n".join([head, *rows]))
    points = "usage_point_id,meter_id,device_id,load_kw,longitude,latitude\np1,m1,transformer,1,0,0\n"
    (folder / "usage_points.csv").write_text(points)
    return folder


class Connector:
    """The settings of a connector, and its process."""

    def __init__(self, folder: Path, network: Path, url: str, operator: Operator) -> None:
        self.operator, self.folder = operator, folder
        self.mapping, self.config = folder / "points.csv", folder / "north.toml"
        rows = [f"ems,{node_id(name)},{device},position" for name, device in zip("ab", DEVICES, strict=True)]
        self.mapping.write_text("\n".join(["endpoint,node_id,device_id,kind", *rows]))
        quick = "publishing_seconds = 0.05\nprobe_seconds = 0.2\nretry_seconds = 0.5\n"
        self.config.write_text(
            f'connector = "north"\nnetwork = "{network}"\nmapping = "{self.mapping}"\nstate = "{folder / "state"}"\n'
            f'listen = "127.0.0.1:0"\nheartbeat_seconds = 0.2\ncheckpoint_seconds = 0.1\nstale_seconds = 2\n'
            f'[[endpoints]]\nname = "ems"\nurls = ["{url}"]\nsecurity_policy = "None"\nsecurity_mode = "None"\n{quick}'
        )
        self.log = folder / "log"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        process = self._process = self.operator.start("connect", "opcua", "--config", self.config)
        assert process.stderr is not None
        lines: list[str] = []
        while "http://" not in "".join(lines):
            line = process.stderr.readline()
            assert line, "".join(lines)
            lines.append(line)
        self.url = lines[-1].split()[-1]

    def end(self, number: int) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        _, errors = self._process.communicate(timeout=60)
        self.log.write_text(errors)
        return self._process.returncode

    def kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def ask(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(self.url + path) as answer:  # noqa: S310 (our own port)
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture
def connector(tmp_path: Path, network: Path, server: OpcUaServer, kafka: str, prefix: str) -> Iterator[Connector]:
    made = Connector(tmp_path, network, server.url, Operator(kafka, prefix))
    yield made
    made.kill()


def records(operator: Operator, stem: str) -> list[dict[str, Any]]:
    found = [one for part in range(2) for one in read_back(operator.client, operator.prefix + stem, part)]
    return [json.loads(one.value or b"") for one in found]


def events(operator: Operator, kind: str) -> list[dict[str, Any]]:
    return [one for one in records(operator, SCADA_EVENTS) if one["kind"] == kind]


def test_a_connector_lives_is_killed_and_goes_on(connector: Connector, server: OpcUaServer) -> None:
    operator = connector.operator
    connector.start()
    eventually(lambda: connector.ask("/readyz")[0] == 200)
    assert connector.ask("/healthz")[0] == 200
    server.put("a", True)
    eventually(lambda: [one["position"] for one in events(operator, "position")].count("closed") == 1)
    told = connector.ask("/metrics")[1]
    assert 'faultline_connector_state{link="ems",state="connected"} 1.0' in told
    eventually(lambda: 'faultline_connector_events_total{event="value"} 3.0' in connector.ask("/metrics")[1])
    eventually((connector.folder / "state" / "checkpoint.json").exists)
    assert "north  connected" in operator.run("connect", "list").stdout
    (standing,) = operator.ask("connect", "status", "north")
    assert (standing["standing"], standing["links"][0]["points_followed"], standing["devices"]) == ("connected", 2, 2)

    connector.kill()
    killed_at = time.time_ns() // 1_000_000
    eventually(lambda: operator.run("connect", "status").returncode == 1)
    assert "silent" in operator.run("connect", "list").stdout
    server.put("b", True)
    connector.start()
    eventually(lambda: len(events(operator, "gap")) == 2)
    assert {gap["device_id"] for gap in events(operator, "gap")} == set(DEVICES)
    assert all(gap["gap_from"] <= killed_at <= gap["observed_at"] for gap in events(operator, "gap"))
    eventually(
        lambda: (
            {one["device_id"]: one["position"] for one in events(operator, "position")}
            == dict.fromkeys(DEVICES, "closed")
        )
    )
    by_id = {one["event_id"]: one for one in events(operator, "position")}
    assert len(by_id) == 4, "two states at first, two changes; what is told again has the same name"

    assert connector.end(signal.SIGTERM) == 0
    assert "stopped cleanly" in connector.log.read_text()
    health = [ConnectorHealthRecord(**one) for one in records(operator, CONNECTOR_HEALTH)]
    assert max(health, key=lambda one: (one.started_at, one.number)).state == "stopped"
    assert [one.device_ids for one in health if one.kind == "devices"] == [list(DEVICES)] * 2


def test_a_server_that_goes_makes_it_unready_and_says_why(connector: Connector, server: OpcUaServer) -> None:
    connector.start()
    eventually(lambda: connector.ask("/readyz")[0] == 200)
    server.kill()
    eventually(lambda: connector.ask("/readyz")[0] == 503)
    assert "ems: lost since" in connector.ask("/readyz")[1]
    assert connector.ask("/healthz")[0] == 200, "to start it again would mend nothing"
    server.start()
    eventually(lambda: connector.ask("/readyz")[0] == 200)


def test_the_settings_are_tried_against_the_live_server(connector: Connector, server: OpcUaServer) -> None:
    operator = connector.operator
    done = operator.run("connect", "test", "--config", connector.config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "offers None None" in done.stdout
    assert "breaker-1 position" in done.stdout
    assert "position open (good, telemetered; value False)" in done.stdout
    connector.mapping.write_text(connector.mapping.read_text().replace("s=b", "s=nowhere"))
    done = operator.run("connect", "test", "--config", connector.config)
    assert done.returncode == 1
    assert "FAULT ems: breaker-2 position nsu=urn:utility:ems;s=nowhere: no value (BadNodeIdUnknown)" in done.stdout
    server.kill()
    assert "FAULT" in operator.run("connect", "test", "--config", connector.config).stdout


def test_all_that_is_wrong_is_told_at_once(connector: Connector) -> None:
    connector.mapping.write_text("endpoint,node_id,device_id,kind\nother,ns=2;s=a,nobody,position\n")
    text = connector.config.read_text().replace('"None"\n', '"None"\ncolour = "red"\n', 1)
    connector.config.write_text(text)
    done = connector.operator.run("connect", "opcua", "--config", connector.config)
    assert (done.returncode, "endpoints.0.colour is no setting" in done.stderr) == (2, True)
    connector.config.write_text(text.replace('colour = "red"\n', "").replace("opc.tcp", "http"))
    done = connector.operator.run("connect", "opcua", "--config", connector.config)
    assert done.returncode == 2
    for words in (
        "is none; write opc.tcp://",
        "names its namespace by number",
        "is not on the network",
        "is none of the settings",
    ):
        assert words in done.stderr


def test_a_broker_that_is_not_there_is_told_before_anything_begins(connector: Connector) -> None:
    text = 'kafka = "127.0.0.1:1"\n' + connector.config.read_text()
    connector.config.write_text(text)
    done = connector.operator.run("connect", "opcua", "--config", connector.config)
    assert done.returncode == 2
    assert "127.0.0.1:1" in done.stderr
    assert not (connector.folder / "state" / "checkpoint.json").exists()
