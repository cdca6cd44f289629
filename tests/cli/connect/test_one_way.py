"""`faultline connect send` and `receive` as processes: a real server, a lossy socket between them, a real Kafka."""

from __future__ import annotations

import signal
from pathlib import Path

from models.contracts.outputs.connector_health import ConnectorHealthRecord
from models.contracts.topics import CONNECTOR_HEALTH
from models.one_way.frames import make_key
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.one_way import Relay, free_port
from tests.peers.opcua_command import Connector, events, records
from tests.peers.opcua_server import OpcUaServer
from tests.worlds.storms import faultline

KEY = "0123456789abcdef" * 4
DEVICES = {"a": "breaker-1", "b": "breaker-2"}


def test_a_connector_behind_a_diode(tmp_path: Path, server: OpcUaServer, kafka: str, prefix: str) -> None:
    operator, port = Operator(kafka, prefix), free_port()
    relay = Relay(port, make_key(KEY.encode()))
    (tmp_path / "key").write_text(KEY + "\n")
    sender = Connector(tmp_path, server.url, operator, DEVICES, command="send")
    quick = "copies = 2\ncopy_seconds = 0.1\nheartbeat_seconds = 0.2\nfull_state_seconds = 1\n"
    way = f'[one_way]\nudp = "127.0.0.1:{relay.port}"\nkey_file = "{tmp_path / "key"}"\n{quick}'
    sender.config.write_text(sender.config.read_text() + way)
    receiver = Connector(tmp_path / "far", server.url, operator, DEVICES, command="receive")
    receiver.config.write_text(
        f'connector = "far"\nsender = "north"\nstate = "{tmp_path / "far" / "state"}"\nlisten = "127.0.0.1:0"\n'
        f'udp = "127.0.0.1:{port}"\nkey_files = ["{tmp_path / "key"}"]\nwindow_seconds = 2\nheartbeat_seconds = 0.5\n'
        "checkpoint_seconds = 0.1\n"
    )

    def positions() -> dict[str, str]:
        return {one["device_id"]: one["position"] for one in events(operator, "position")}

    try:
        receiver.start()
        assert receiver.ask("/readyz")[0] == 503
        sender.start()
        eventually(lambda: receiver.ask("/readyz")[0] == 200)
        server.put("a", True)
        eventually(lambda: positions() == {"breaker-1": "closed", "breaker-2": "open"})
        assert 'event="packet"' in receiver.ask("/metrics")[1]
        eventually(lambda: {"north", "far"} <= {one["connector"] for one in records(operator, CONNECTOR_HEALTH)})

        receiver.kill()
        server.put("b", True)
        sender.kill()
        server.put("a", False)
        sender.start()
        before = len(events(operator, "gap"))
        receiver.start()
        eventually(lambda: positions() == {"breaker-1": "open", "breaker-2": "closed"})
        eventually(lambda: {one["device_id"] for one in events(operator, "gap")[before:]} == set(DEVICES.values()))
        assert "far" in {one["source"] for one in events(operator, "gap")}

        relay.share = 0.0  # the last word is not said again
        assert sender.end(signal.SIGTERM) == 0
        eventually(
            lambda: (
                ("north", "stopped")
                in {(one["connector"], one["state"]) for one in records(operator, CONNECTOR_HEALTH)}
            )
        )
        assert receiver.end(signal.SIGTERM) == 0
        health = [ConnectorHealthRecord(**one) for one in records(operator, CONNECTOR_HEALTH)]
        assert {one.connector for one in health if one.state == "stopped"} == {"north", "far"}
    finally:
        sender.kill()
        receiver.kill()
        relay.close()


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    config = tmp_path / "far.toml"
    config.write_text(
        f'connector = "far"\nsender = "north"\nstate = "{tmp_path}"\nfolder = "{tmp_path / "no"}"\n'
        f'key_files = ["{tmp_path / "nokey"}"]\n'
    )
    done = faultline("connect", "receive", "--config", config)
    assert done.returncode == 2
    for words in ("make one with `openssl rand -hex 32`", "no: is none that can be read", "kafka"):
        assert words in done.stderr
    config.write_text(config.read_text() + 'udp = "gateway:1"\n')
    done = faultline("connect", "receive", "--config", config)
    assert "udp and folder are both given" in done.stderr
    (tmp_path / "opcua.toml").write_text('[one_way]\ncopies = 0\nkey_file = "k"\n')
    done = faultline("connect", "opcua", "--config", tmp_path / "opcua.toml")
    for words in ("one_way.copies", "run faultline connect send", "connector is missing"):
        assert words in done.stderr
