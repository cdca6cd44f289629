"""A storm's SCADA through an OPC UA server and the connector, and back among the storm's lines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.files.play import Playback, Played
from adapters.files.topics import find_topic_files
from adapters.network.load import load_network
from cli.live.control_system import NAME, by_opcua, serve_control_system
from models.contracts.topics import RAW_TOPICS, SCADA_EVENTS
from models.times.iso8601 import parse_time
from tests.worlds.storms import faultline
from tests.worlds.telemetered import telemetered_network

SPEED = 600.0
FAST = 2400.0
"""Where no moment is compared."""
A_MINUTE = 60_000
"""What arrives later, or in another order, moves a moment by a little."""


@pytest.fixture(scope="module")
def told_storm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A network whose fuses are telemetered, and an hour of trouble on it."""
    folder = tmp_path_factory.mktemp("told")
    network = telemetered_network(folder / "network")
    options = "--seed 7 --preset long --duration 1 --faults-per-hour 24 --copies 0.3 --false-gasps 0.002"
    made = faultline("simulate", "--network", network, "--output", folder / "storm", *options.split())
    assert made.returncode == 0, made.stderr
    return network, folder / "storm"


def paced(lines: Iterator[Played]) -> Iterator[Played]:
    """Wait for each line's time as a fast feed does."""
    begun, first = 0.0, 0
    for line in lines:
        if line.log_time:
            begun, first = begun or time.perf_counter(), first or line.log_time
            wait = begun + (line.log_time - first) / 1000 / FAST - time.perf_counter()
            time.sleep(max(0.0, wait))
        yield line


def told(event: dict[str, Any]) -> tuple[Any, ...]:
    return event["device_id"], event["kind"], event.get("position"), event["observed_at"] // 1000


def test_what_happens_is_reported_once_and_what_is_no_event_stays(told_storm: tuple[Path, Path]) -> None:
    network, storm = load_network(told_storm[0]), told_storm[1]
    path = storm / f"{SCADA_EVENTS}.jsonl"
    own = path.read_bytes()
    events = [json.loads(line) for line in own.splitlines()]
    path.write_bytes(own + b"no event\n")
    files = find_topic_files(storm, RAW_TOPICS)
    place = [file.topic for file in files].index(SCADA_EVENTS)
    try:
        with Playback(files, network) as playback, serve_control_system(network, path) as system:
            passed = list(paced(by_opcua(system, playback.lines(), place, FAST)))
    finally:
        path.write_bytes(own)
    times = [line.log_time for line in passed]
    assert times == sorted(times)
    mine = [line.value for line in passed if line.place == place]
    assert mine.count(b"no event") == 1
    assert mine[-1] is None
    reports = [json.loads(line) for line in mine if line and line != b"no event"]
    assert {report["source"] for report in reports} == {NAME}
    states = int(network.telemetered.sum())
    first, later = reports[:states], reports[states:]
    assert {report["device_id"] for report in first} >= {event["device_id"] for event in events}
    assert all(report["position"] == "closed" for report in first)
    shown = [one | {"observed_at": parse_time(one["observed_at"])} for one in events]
    assert sorted(map(told, later), key=str) == sorted(map(told, shown), key=str)
    assert all(report["received_at"] >= report["observed_at"] for report in later)


def restored(folder: Path) -> list[tuple[str, int, int]]:
    """The outages that lasted: device, begin and end."""
    last: dict[str, dict[str, Any]] = {}
    for line in (folder / "outage.lifecycle.events.v1.jsonl").read_text().splitlines():
        record = json.loads(line)
        last[record["outage_id"]] = record
    lasting = [one for one in last.values() if one["status"] == "restored"]
    return sorted((one["device_id"], parse_time(one["started_at"]), parse_time(one["restored_at"])) for one in lasting)


def test_the_outages_that_lasted_are_those_of_a_replay(
    told_storm: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAULTLINE_KAFKA", raising=False)
    network, storm = told_storm
    given = "--network", network, "--input", storm, "--output"
    done = faultline("up", *given, tmp_path / "live", "--opcua", "--speed", SPEED)
    assert done.returncode == 0, done.stderr
    faultline("replay", *given, tmp_path / "replayed")
    live, found = restored(tmp_path / "live" / "outages"), restored(tmp_path / "replayed")
    assert len(found) > 10
    assert [device for device, *_ in live] == [device for device, *_ in found]
    for (_, *times), (_, *others) in zip(live, found, strict=True):
        assert all(abs(one - other) < A_MINUTE for one, other in zip(times, others, strict=True))


def test_it_takes_a_speed_and_scada(tmp_path: Path, told_storm: tuple[Path, Path]) -> None:
    network, storm = told_storm
    given = "--network", network, "--output", tmp_path / "live", "--opcua"
    fast = faultline("up", *given, "--input", storm, "--speed", 0)
    assert (fast.returncode, "give a speed" in fast.stderr) == (2, True)
    (tmp_path / "silent").mkdir()
    for path in storm.glob("ami*.jsonl"):
        (tmp_path / "silent" / path.name).write_bytes(path.read_bytes())
    silent = faultline("up", *given, "--input", tmp_path / "silent")
    assert (silent.returncode, f"give a storm that has {SCADA_EVENTS}" in silent.stderr) == (2, True)
