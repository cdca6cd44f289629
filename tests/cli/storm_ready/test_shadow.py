"""A storm lived through beside a site on a real Kafka: judged, and gone without a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka.admin import AdminClient

from cli.storm_ready.shadow import ShadowStatus
from models.contracts.registry import outputs
from tests.chaos.topics import read_topics
from tests.peers.commands import Operator
from tests.worlds.golden import GOLDEN

SPEED = 20_000


def ask(operator: Operator, *options: object) -> tuple[int, Any]:
    done = operator.run("storm-ready", "--json", "--shadow", GOLDEN / "storm", *options)
    assert done.stdout, done.stderr
    rows = [row for row in orjson.loads(done.stdout)["checks"] if row["check"] == "shadow"]
    assert len(rows) == 1, done.stderr
    return done.returncode, rows[0]


def topics_of(operator: Operator) -> set[str]:
    names = AdminClient(dict(operator.client)).list_topics(timeout=60).topics
    return {name for name in names if name.startswith(operator.prefix)}


def test_a_storm_is_lived_through_and_leaves_nothing(kafka: str, prefix: str) -> None:
    operator = Operator(kafka, prefix, 1)
    before = topics_of(operator)
    options = ("--shadow-network", GOLDEN / "network", "--shadow-speed", SPEED)
    code, row = ask(operator, *options, "--lag-seconds", 120)
    assert row["verdict"] == "ready", row
    assert "outages; 99 % of their revisions within" in row["saw"]
    assert code == 1  # the site itself has no network in force
    assert topics_of(operator) == before
    places = [(prefix + output.topic, 0) for output in outputs()]
    assert not any(read_topics(kafka, places).values())


def test_what_cannot_be_read_is_told_and_leaves_nothing(kafka: str, prefix: str, tmp_path: Path) -> None:
    operator = Operator(kafka, prefix, 1)
    before = topics_of(operator)
    _, row = ask(operator, "--shadow-network", tmp_path / "none")
    assert (row["verdict"], "none: no such file" in row["saw"]) == ("unknown", True)
    assert topics_of(operator) == before


def test_delays_are_counted_from_when_the_feed_passed_an_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([21.0, 30.0])
    monkeypatch.setattr("cli.storm_ready.shadow.monotonic", lambda: next(clock))
    status = ShadowStatus(passed=[(10.0, 1_000_000), (20.0, 1_100_000)])
    said = b'{"outage_id":"a","status":"detected","customers_out":1,"updated_at":"1970-01-01T00:17:30.000Z"}'
    status.add_revisions([said])  # of second 1050, which the feed passed at 15
    status.add_revisions([said.replace(b"17:30", b"18:20")])  # of second 1100, passed at 20
    assert status.delays() == [pytest.approx(6.0), pytest.approx(10.0)]
