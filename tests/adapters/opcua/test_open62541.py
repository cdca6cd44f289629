"""What is open62541's own: it knows no alarms, and hands a subscription over to a user whom it knows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers.opcua_open62541 import Open62541Server
from tests.peers.opcua_parties import Parties
from tests.peers.opcua_run import Proxy, Running, point, settings_of
from tests.peers.opcua_server import PASSWORD, OpcUaServer

Run = Callable[..., Running]
Start = Callable[..., OpcUaServer]


def test_a_server_without_alarms_says_so(start: Start, run: Run) -> None:
    running = run(settings_of(start(Open62541Server, nodes=["a"]).url), [point("a"), point("trip", "a", "alarm")])
    running.wait(lambda: "alarms are not followed: the server refuses its events" in running.troubles)
    running.wait(lambda: running.positions("a") == ["open"])


@pytest.mark.parametrize("known", [False, True])
def test_a_server_that_hands_a_subscription_over_to_the_same_user_alone(
    start: Start, run: Run, proxy: Callable[[OpcUaServer], Proxy], tmp_path: Path, *, known: bool
) -> None:
    """What it queued while the link was cut has come, or else, for who is nobody, lies in a gap."""
    parties, secret = Parties(tmp_path), tmp_path / "password"
    secret.write_text(PASSWORD)
    options = {"certificate": parties.server, "key": parties.server_key, "users": True} if known else {}
    who = {"security_policy": "Basic256Sha256", "user": "operator", "password_file": secret} if known else {}
    server = start(Open62541Server, nodes=["a"], **options)
    way = proxy(server)
    running = run(settings_of(way.url, **who), [point("a")], parties.trusting(parties.server) if known else None)
    running.wait(lambda: running.positions("a") == ["open"])
    way.cut()
    running.wait(lambda: running.state == "lost")
    shown = [time.time_ns() // 1_000_000 + number for number in range(5)]
    for number, at in enumerate(shown):
        server.put("a", number % 2 == 0, source=at)
    way.mend()
    if known:
        running.wait(lambda: len(running.positions("a")) == 1 + len(shown))
        assert {event["observed_at"] for event in running.of("position", "a")} >= set(shown)
        assert running.of("gap") == []
    else:
        running.wait(lambda: running.positions("a")[-1] == "closed" and running.of("gap"))
        (gap,) = running.of("gap")
        assert gap["gap_from"] <= shown[0] <= shown[-1] <= gap["observed_at"]
