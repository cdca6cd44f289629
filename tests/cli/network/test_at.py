"""`faultline network show --at`: the same feeder from files and from the broker, as text, JSON and a picture."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.dom import minidom

import orjson
import pytest
from confluent_kafka import Producer
from typer.testing import CliRunner

from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.network.compiled_file import write_artefact
from cli.network.command import app
from models.contracts.topics import NETWORK_ABNORMAL, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.refusal import FaultsError
from tests.worlds.evidence import Answer, Evidence, clock, play
from tests.worlds.networks import Device, Point, network_of

DEVICES = [
    Device("bus", "", "bus", feeder=""),
    Device("brk1", "bus", "breaker", feeder="F1"),
    Device("sw1", "brk1", telemetered=1, feeder="F1"),
    Device("brk2", "bus", "breaker", feeder="F2"),
    Device("tie", "sw1", "tie", telemetered=1, other_parent="brk2", feeder="F1"),
]
PLACES = {"a": "brk1", "b": "sw1", "c": "brk2"}
BROKEN, CLOSED, MENDED = 100, 400, 2000


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[dict[str, Any]]]]:
    """A breaker trips, its far part is fed over a tie, all is put back; the network, and what was said."""
    folder = tmp_path_factory.mktemp("scene")
    network = network_of(
        [*DEVICES, *(Device(f"t{name}", above, "transformer", feeder="") for name, above in PLACES.items())],
        [Point(f"{name}{number}", f"t{name}") for name in PLACES for number in range(4)],
    )
    write_artefact(network, folder / "town.network")
    evidence = Evidence()
    evidence.meter(" ".join(f"{name}{number}" for name in "ab" for number in range(4)), "last_gasp", BROKEN)
    for name, at in (("b", CLOSED), ("a", MENDED)):
        evidence.meter(" ".join(f"{name}{number}" for number in range(4)), "power_restored", at)
    for device, position, at in (
        ("brk1", "open", BROKEN), ("sw1", "open", CLOSED - 10), ("tie", "closed", CLOSED),
        ("brk1", "closed", MENDED), ("sw1", "closed", MENDED + 60), ("tie", "open", MENDED + 90),
    ):  # fmt: skip
        evidence.scada(device, position, at)
    for at in range(0, 7200, 60):
        evidence.scada("brk2", "alarm", at)
    answer: Answer = play(network, evidence.lines())
    said = {NETWORK_ABNORMAL: answer.abnormal, OUTAGE_LIFECYCLE: answer.lifecycle, OUTAGE_MEMBERSHIP: answer.membership}
    (folder / "out").mkdir()
    for topic, records in said.items():
        lines = b"".join(orjson.dumps(record) + b"\n" for record in records)
        (folder / "out" / f"{topic}.jsonl").write_bytes(lines)
    return folder, said


def show(scene: Path, at: str, *options: object, files: bool = True) -> str:
    source = ["--input", scene / "out"] if files else []
    arguments = ["show", "--network", scene / "town.network", "--at", at, *source, *options]
    answered = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert answered.exit_code == 0, answered.output
    return answered.output


def test_a_feeder_in_parts_while_it_is_switched(scene: tuple[Path, Any]) -> None:
    folder, _ = scene
    lines = show(folder, clock(CLOSED + 300), "--feeder", "F1").splitlines()
    assert lines[0] == f"feeder F1, {clock(CLOSED + 300)}: 8 customers, 4 out"
    assert lines[1].startswith(f"├─ breaker brk1: 4 customers, all out; open since {clock(BROKEN)} (scada); outage ")
    assert f"│  ├─ switch sw1: no customers; open since {clock(CLOSED - 10)} (scada)" in lines
    fed = f"└─ tie: fed by brk2; 4 customers, all on; closed since {clock(CLOSED)} (scada)"
    assert fed in lines
    whole = orjson.loads(show(folder, clock(CLOSED + 300), "--zone", "sub", "--json"))
    assert (whole["customers"], whole["customers_out"]) == (12, 4)
    assert [one["device_id"] for one in whole["off_normal"]] == ["brk1", "sw1", "tie"]
    assert {one["device_id"]: one["fed_by"] for one in whole["devices"]}["tie"] == "brk2"
    for at in ("now", clock(BROKEN - 50)):
        assert show(folder, at, "--feeder", "F1").splitlines()[0].endswith("8 customers, all on")


def test_the_broker_says_the_same_and_what_it_has_forgotten(
    scene: tuple[Path, dict[str, list[dict[str, Any]]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, said = scene
    with EmbeddedBroker() as broker:
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        for topic, records in said.items():
            broker.create(topic, 8)
            for record in records:
                gone = "tombstone" in record
                key = record["element_id"] if topic == NETWORK_ABNORMAL else record["outage_id"]
                headers = [("ce_time", record["updated_at"].encode())]
                producer.produce(topic, None if gone else orjson.dumps(record), key, 0, headers=headers)
        assert producer.flush(30) == 0
        monkeypatch.setenv("FAULTLINE_KAFKA", broker.bootstrap)
        monkeypatch.setenv("FAULTLINE_EMBEDDED", "true")
        for at in ("now", clock(CLOSED + 300)):
            of_topics = show(folder, at, "--feeder", "F1", "--json", files=False)
            assert of_topics[of_topics.index("{") :] == show(folder, at, "--feeder", "F1", "--json")
        assert "changed since then" in show(folder, clock(CLOSED + 300), "--feeder", "F1", files=False)


def test_a_picture_is_whole_and_a_browser_draws_it(scene: tuple[Path, Any], tmp_path: Path) -> None:
    folder, _ = scene
    for name in ("f.svg", "f.html"):
        show(folder, clock(CLOSED + 300), "--feeder", "F1", "--picture", tmp_path / name)
    drawn = minidom.parse(str(tmp_path / "f.svg"))  # noqa: S318 (our own)
    classes = [element.getAttribute("class") for element in drawn.getElementsByTagName("*")]
    assert classes.count("open") == 3  # one of them in the legend
    assert {"out", "other", "closed"} <= set(classes)
    assert "Off normal" in (tmp_path / "f.html").read_text()
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not here")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--screenshot={tmp_path / 'f.png'}"]
    subprocess.run([browser, *options, (tmp_path / "f.html").as_uri()], check=True, capture_output=True, timeout=120)
    assert (tmp_path / "f.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--at", "now"], "takes a feeder or a zone"),
        (["--at", "now", "--feeder", "F9"], "feeder F9 is not on the network"),
        (["--at", "soon", "--feeder", "F1"], "or now"),
        (["--at", "now", "--feeder", "F1", "--picture", "f.png"], "ends with .svg or .html"),
        (["--feeder", "F1"], "--feeder, --input goes with --at"),
    ],
)
def test_what_cannot_be_shown_is_refused(scene: tuple[Path, Any], options: list[str], fault: str) -> None:
    arguments = ["show", "--network", str(scene[0] / "town.network"), "--input", str(scene[0] / "out"), *options]
    with pytest.raises(FaultsError, match=fault):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
