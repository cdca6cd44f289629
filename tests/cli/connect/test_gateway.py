"""`faultline connect gateway` from the settings to Kafka."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from models.contracts.topics import SCADA_EVENTS
from tests.peers.certificates import Authority, skip_without_openssl
from tests.peers.commands import Operator
from tests.peers.embedded import read_back
from tests.peers.gateways import Gateway
from tests.peers.kafka import eventually
from tests.worlds.storms import CKT5, faultline

NODE = "nsu=urn:utility:ems;s=a"


def settings(folder: Path, url: str, *more: str) -> Path:
    """A file of settings with a mapping beside it, of which `more` rows are added."""
    device = (CKT5 / "devices.csv").read_text().splitlines()[3].split(",")[0]
    rows = ["endpoint,node_id,device_id,kind", f"ems,{NODE},{device},position", *more]
    (folder / "points.csv").write_text("\n".join(rows))
    config = folder / "north.toml"
    config.write_text(
        f'connector = "north"\nnetwork = "{CKT5}"\nmapping = "{folder / "points.csv"}"\nstate = "{folder / "state"}"\n'
        f'[[endpoints]]\nname = "ems"\nkind = "opcua-web-api"\nurl = "{url}"\npoll_seconds = 0.1\n'
        f'ca_file = "{folder / "authority" / "authority.pem"}"\n'
    )
    return config


def test_a_gateway_is_read_into_kafka(tmp_path: Path, kafka: str, prefix: str) -> None:
    skip_without_openssl()
    operator = Operator(kafka, prefix)
    gateway = Gateway(*Authority(tmp_path / "authority").issue("gateway"))
    gateway.values = {NODE: {"UaType": 1, "Value": True, "SourceTimestamp": "2026-07-01T10:00:00Z"}}
    process = operator.start("connect", "gateway", "--config", settings(tmp_path, f"{gateway.url}/opcua"))
    try:
        topic = prefix + SCADA_EVENTS
        eventually(lambda: any(read_back(operator.client, topic, part) for part in range(2)))
        (record,) = [one for part in range(2) for one in read_back(operator.client, topic, part)]
        assert json.loads(record.value or b"")["position"] == "closed"
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=240)
        assert process.returncode == 0, errors
    finally:
        process.kill()
        process.communicate()
        gateway.close()


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    config = settings(tmp_path, "http://gateway", "ems,ns=1;s=b,nobody,alarm")
    told = faultline("connect", "gateway", "--config", config)
    assert told.returncode == 2
    for words in ("url is no https", "names its namespace by number", "is not on the network"):
        assert words in told.stderr


def test_alarms_are_tried_where_they_can_come_and_refused_where_not(tmp_path: Path) -> None:
    skip_without_openssl()
    gateway = Gateway(*Authority(tmp_path / "authority").issue("gateway"))
    gateway.values = {NODE: {"UaType": 1, "Value": True}}
    device = (CKT5 / "devices.csv").read_text().splitlines()[3].split(",")[0]
    config = settings(tmp_path, f"{gateway.url}/opcua", f"ems,nsu=urn:utility:ems;s=trip,{device},alarm")
    try:
        done = faultline("connect", "test", "--config", config)
        assert "1 points are alarms, which come by a Web API that is subscribed to only; set publish" in done.stderr
        config.write_text(config.read_text() + "publish = true\n")
        done = faultline("connect", "test", "--config", config)
        assert (done.returncode, "ok    ems: alarms: are followed\n" in done.stdout) == (0, True), done.stdout
        gateway.subscriptions.refreshes = False
        done = faultline("connect", "test", "--config", config)
        assert "those that change while the link is down are not known: no refresh (BadMethodInvalid)" in done.stdout
        gateway.unknown.add("/opcua/createsession")
        assert "/opcua/createsession: answers 404" in faultline("connect", "test", "--config", config).stdout
    finally:
        gateway.close()


def test_the_settings_are_tried_against_the_live_gateway(tmp_path: Path) -> None:
    skip_without_openssl()
    gateway = Gateway(*Authority(tmp_path / "authority").issue("gateway"))
    gateway.values = {NODE: {"UaType": 1, "Value": True, "SourceTimestamp": "2026-07-01T10:00:00Z"}}
    config = settings(tmp_path, f"{gateway.url}/opcua")
    try:
        done = faultline("connect", "test", "--config", config)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "position closed (good, telemetered; value True)" in done.stdout
        gateway.values = {}
        done = faultline("connect", "test", "--config", config)
        assert (done.returncode, "no value (BadNodeIdUnknown)" in done.stdout) == (1, True)
        gateway.authorization = "something else"
        assert "answers 401; see to the credentials" in faultline("connect", "test", "--config", config).stdout
    finally:
        gateway.close()
