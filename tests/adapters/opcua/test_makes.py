"""Servers that others wrote, each with what it can: conditions that change unseen, and secured sessions."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers.opcua_milo import MiloServer
from tests.peers.opcua_node import NodeOpcUaServer
from tests.peers.opcua_open62541 import GIVEN, Open62541Server
from tests.peers.opcua_parties import Parties
from tests.peers.opcua_run import Proxy, Running, point, settings_of
from tests.peers.opcua_server import PASSWORD, OpcUaServer

Run = Callable[..., Running]
Start = Callable[..., OpcUaServer]
SECURED = [NodeOpcUaServer, MiloServer, *([Open62541Server] if GIVEN else [])]


@pytest.mark.parametrize("make", [OpcUaServer, NodeOpcUaServer, MiloServer])
def test_alarms_that_changed_while_the_link_was_down_are_right_after_the_return(
    start: Start, run: Run, proxy: Callable[[OpcUaServer], Proxy], make: type[OpcUaServer]
) -> None:
    """By a refresh, and with Milo, which refuses it, by reading the conditions' nodes."""
    server = start(make, nodes=["a"])
    way = proxy(server)
    names = ("clears", "comes", "acked", "shelved", "stays")

    def alarm(name: str, **state: object) -> None:
        server.tell(alarm={"name": name, "about": "a", **state})

    for name in names:
        alarm(name, active=False, acked=True, retain=False)
    points = [point("a"), *(point(name, name, "alarm") for name in names)]
    running = run(settings_of(way.url, lifetime_seconds=0.5, timeout_seconds=4.0), points).connected()
    for name in ("clears", "acked", "shelved", "stays"):
        alarm(name, active=True, acked=False, retain=True, severity=700)
    running.wait(lambda: len(running.of("alarm")) == 4)
    assert {(event["device_id"], event["severity"]) for event in running.of("alarm")} == {
        (name, 700) for name in ("clears", "acked", "shelved", "stays")
    }
    way.cut()
    running.wait(lambda: running.state == "lost")
    alarm("clears", active=False, retain=False)
    alarm("comes", active=True, acked=False, retain=True, severity=300)
    alarm("acked", acked=True)
    alarm("shelved", shelved=True)
    time.sleep(1.5)  # until the server has given up the subscription
    way.mend()
    running.wait(lambda: len(running.of("alarm")) >= 8)
    running.connected()
    last = {event["device_id"]: event for event in running.of("alarm")}
    assert [last[name]["active"] for name in names] == [False, *[True] * 4]
    assert last["acked"]["acknowledged"] is True
    assert "shelved" in last["shelved"]["message"]
    assert len(running.of("alarm", "stays")) == 1, "what has not changed is not told again"
    assert running.connector.links()[0].alarms == 4


@pytest.mark.parametrize("make", SECURED)
def test_secured_sessions_with_a_password_carry_values_and_survive_a_kill(
    start: Start, run: Run, tmp_path: Path, make: type[OpcUaServer]
) -> None:
    parties, secret = Parties(tmp_path), tmp_path / "password"
    secret.write_text(PASSWORD)
    policies = ["Basic256Sha256", "Aes128_Sha256_RsaOaep", "Aes256_Sha256_RsaPss"]
    options = {"policies": policies, "certificate": parties.server, "key": parties.server_key, "users": True}
    server = start(make, nodes=["a"], **options)
    who, user = parties.trusting(parties.server), {"user": "operator", "password_file": secret}
    runs = [run(settings_of(server.url, security_policy=policy, **user), [point("a")], who) for policy in policies]
    for running in runs:
        running.connected()
    server.put("a", True)
    for running in runs:
        running.wait(lambda: running.positions("a")[-1:] == ["closed"])  # noqa: B023 (waited for at once)
    server.kill()
    server.start()
    for running in runs:
        running.wait(lambda: running.of("gap"))  # noqa: B023 (as above)
        running.connected()
        running.wait(lambda: running.positions("a")[-1] == "open")  # noqa: B023 (as above)
        assert [gap["device_id"] for gap in running.of("gap")] == ["a"]


@pytest.mark.parametrize("make", SECURED)
def test_a_wrong_password_and_an_unknown_server_are_refused_with_words(
    start: Start, run: Run, tmp_path: Path, make: type[OpcUaServer]
) -> None:
    parties, secret = Parties(tmp_path), tmp_path / "password"
    secret.write_text("Tr0ub4dor")
    policy = "Basic256Sha256"
    options = {"policies": [policy], "certificate": parties.server, "key": parties.server_key, "users": True}
    server = start(make, nodes=["a"], **options)
    settings = settings_of(server.url, security_policy=policy, user="operator", password_file=secret)
    running = run(settings, [point("a")], parties.trusting(parties.own))
    running.wait(lambda: "is not trusted; look at it" in running.troubles)
    parties.trusting(parties.server)
    running.wait(lambda: "refuses us" in running.troubles)
    assert "Tr0ub4dor" not in running.troubles
    assert running.connector.counts["value"] == 0
