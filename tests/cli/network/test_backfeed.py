"""`faultline network backfeed`: what may hurt somebody comes first, of a replay and of the broker alike."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.records.output_record import outgoing
from cli.network.command import app
from models.contracts.registry import output_of
from models.contracts.topics import SAFETY_BACKFEED
from models.refusal import FaultsError
from tests.worlds.evidence import Evidence, clock, play
from tests.worlds.networks import Device, Point, network_of

DEVICES = [Device("brk", "", "breaker"), Device("sw", "brk"), Device("ta", "brk", "transformer")]
NETWORK = network_of(
    [*DEVICES, Device("tb", "sw", "transformer")], [Point(f"{name}{n}", f"t{name}") for name in "ab" for n in range(8)]
)
POINTS = " ".join(f"b{number}" for number in range(8))


@pytest.fixture(scope="module")
def records() -> list[dict[str, object]]:
    """A generator below a switch, which closes; and then at a breaker that opens, with a crew there."""
    evidence = Evidence()
    evidence.scada("sw", "open", 100)
    evidence.meter(POINTS, "last_gasp", 100, 3)
    evidence.meter("b1", "ping_on", 500)
    evidence.scada("sw", "closed", 900)
    evidence.scada("brk", "open", 2000)
    evidence.crew("c9", "on_site", 2100, device_id="brk")
    evidence.meter(POINTS, "ping_on", 2200)
    return play(NETWORK, evidence.lines()).backfeed


def listed(*options: object) -> list[str]:
    answered = CliRunner().invoke(app, ["backfeed", *map(str, options)], catch_exceptions=False)
    assert answered.exit_code == 0, answered.output
    return answered.stdout.splitlines()


def test_what_is_active_is_listed_with_points_and_crews(records: list[dict[str, object]], tmp_path: Path) -> None:
    path = tmp_path / f"{SAFETY_BACKFEED}.jsonl"
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in records))
    lines = listed("--input", tmp_path)
    assert lines[0].startswith(f"brk  sub  open since {clock(2000)}, ")
    assert lines[1:] == [
        "  b0 below tb, b1 below tb, b2 below tb, b3 below tb, b4 below tb, and 3 more",
        "  crews there: c9 (on_site)",
        "  probably closed, and nobody has said so: ask the crews before anybody touches the line",
    ]
    [over] = [line for line in listed("--input", tmp_path, "--all") if line.startswith("sw")]
    assert over.startswith(f"sw  sub  open since {clock(100)}, part of it with power since {clock(500)}, ")
    assert over.endswith(f", cleared (ended, closed at {clock(900)}) at {clock(902)}")
    path.write_bytes(b"")
    assert listed("--input", tmp_path) == ["nobody has power where nobody may"]
    path.unlink()
    with pytest.raises(FaultsError, match="no such file"):
        listed("--input", tmp_path)


def test_the_broker_says_what_a_replay_says(records: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch) -> None:
    from confluent_kafka import Producer

    with EmbeddedBroker() as broker:
        broker.create(SAFETY_BACKFEED, 1)
        producer = Producer({"bootstrap.servers": broker.bootstrap, "log_level": 0})
        for record in records:
            one = outgoing(output_of(SAFETY_BACKFEED), record, "test")
            producer.produce(SAFETY_BACKFEED, one.value, one.key, 0, headers=list(one.headers or ()))
        assert producer.flush(60) == 0
        monkeypatch.setenv("FAULTLINE_KAFKA", broker.bootstrap)
        [line] = listed("--json")
    assert orjson.loads(line) == records[-1]
