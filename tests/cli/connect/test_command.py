"""`faultline connect` as an operator sees it, with a real server and a real Kafka."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.contracts.outputs.connector_health import ConnectorHealthRecord
from models.contracts.topics import CONNECTOR_HEALTH
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.opcua_command import Connector, events, records
from tests.peers.opcua_server import OpcUaServer
from tests.peers.own_certificates import secured

DEVICES = {"a": "breaker-1", "b": "breaker-2"}


@pytest.fixture
def connector(tmp_path: Path, server: OpcUaServer, kafka: str, prefix: str) -> Iterator[Connector]:
    made = Connector(tmp_path, server.url, Operator(kafka, prefix), DEVICES)
    yield made
    made.kill()


def test_a_connector_lives_is_killed_and_goes_on(connector: Connector, server: OpcUaServer) -> None:
    operator = connector.operator
    connector.start()
    eventually(lambda: connector.ask("/readyz")[0] == 200)
    assert connector.ask("/healthz")[0] == 200
    server.put("a", True)
    eventually(lambda: [one["position"] for one in events(operator, "position")].count("closed") == 1)
    eventually(lambda: 'faultline_connector_state{link="ems",state="connected"} 1.0' in connector.ask("/metrics")[1])
    eventually(lambda: 'faultline_connector_events_total{event="value"} 3.0' in connector.ask("/metrics")[1])
    eventually((connector.folder / "state" / "checkpoint.json").exists)
    eventually(lambda: "north  connected" in operator.run("connect", "list").stdout)
    eventually(lambda: operator.run("connect", "status", "north").returncode == 0)
    (told,) = operator.ask("connect", "list")  # which is late on a busy machine, and so may say silent
    assert (told["state"], told["links"][0]["points_followed"], told["devices"]) == ("connected", 2, 2)
    assert told["standing"] in {"connected", "silent"}

    connector.kill()
    killed_at = time.time_ns() // 1_000_000
    eventually(lambda: operator.run("connect", "status").returncode == 1)
    assert "silent" in operator.run("connect", "list").stdout
    server.put("b", True)
    connector.start()
    eventually(lambda: len(events(operator, "gap")) == 2)
    assert {gap["device_id"] for gap in events(operator, "gap")} == set(DEVICES.values())
    assert all(gap["gap_from"] <= killed_at <= gap["observed_at"] for gap in events(operator, "gap"))
    eventually(
        lambda: (
            {one["device_id"]: one["position"] for one in events(operator, "position")}
            == dict.fromkeys(DEVICES.values(), "closed")
        )
    )
    by_id = {one["event_id"]: one for one in events(operator, "position")}
    assert len(by_id) == 4, "two states at first, two changes; what is told again has the same name"

    assert connector.end(signal.SIGTERM) == 0
    eventually(lambda: "stopped cleanly" in "".join(connector.log))
    health = [ConnectorHealthRecord(**one) for one in records(operator, CONNECTOR_HEALTH)]
    assert max(health, key=lambda one: (one.started_at, one.number)).state == "stopped"
    assert [one.device_ids for one in health if one.kind == "devices"] == [list(DEVICES.values())] * 2


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
    text = text.replace('colour = "red"\n', "").replace("127.0.0.1:0", "everywhere:1")
    connector.config.write_text(text.replace("opc.tcp", "http"))
    done = connector.operator.run("connect", "opcua", "--config", connector.config)
    assert done.returncode == 2
    for words in (
        "is none; write opc.tcp://",
        "listen 'everywhere:1' is no IP address and port",
        "names its namespace by number",
        "is not on the network",
        "is none of the settings",
    ):
        assert words in done.stderr


def test_no_password_is_written_down_wherever_it_is_wrong(connector: Connector, server: OpcUaServer) -> None:
    server.options["users"] = True
    secured(server, connector, server_days=100, own_days=100)
    word = connector.folder / "word"
    word.write_text("Tr0ub4dor")
    text = connector.config.read_text().replace("[[endpoints]]", 'log_level = "debug"\n[[endpoints]]')
    connector.config.write_text(f'{text}user = "operator"\npassword_file = "{word}"\n')
    connector.start()
    eventually(lambda: "refuses us: the user may not" in connector.ask("/readyz")[1])
    told = [connector.ask(path)[1] for path in ("/readyz", "/metrics", "/healthz")]
    eventually(lambda: any("refuses us" in json.dumps(one) for one in records(connector.operator, CONNECTOR_HEALTH)))
    told.append(json.dumps(records(connector.operator, CONNECTOR_HEALTH)))
    done = connector.operator.run("connect", "test", "--config", connector.config)
    assert "refuses us: the user may not" in done.stdout
    assert connector.end(signal.SIGTERM) == 0
    written = "".join(
        [*connector.log, *told, done.stdout, done.stderr, connector.operator.run("connect", "list").stdout]
    )
    assert "refuses us: the user may not" in written
    assert "Tr0ub4dor" not in written
    assert "PRIVATE KEY" not in written


def test_a_broker_that_is_not_there_is_told_before_anything_begins(connector: Connector) -> None:
    text = 'kafka = "127.0.0.1:1"\n' + connector.config.read_text()
    connector.config.write_text(text)
    done = connector.operator.run("connect", "opcua", "--config", connector.config)
    assert done.returncode == 2
    assert "127.0.0.1:1" in done.stderr
    assert not (connector.folder / "state" / "checkpoint.json").exists()
