"""A storm through OPC UA and back: the connector writes the events that the storm's file has."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.network.load import load_network
from adapters.opcua.node_ids import node_id_fault
from adapters.tables.points import read_points
from models.contracts.topics import SCADA_EVENTS
from tests.peers.opcua_run import QUICK, Running
from tests.worlds.storms import CKT5, COMMAND, HOME, OUTAGE_FILES, faultline

Event = dict[str, Any]


def events_of(folder: Path) -> list[Event]:
    return [json.loads(line) for line in (folder / f"{SCADA_EVENTS}.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="module")
def served(storm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    """A server that waits a moment before the storm, and is quick then."""
    mapping = tmp_path_factory.mktemp("served") / "points.csv"
    options = [
        "--network",
        CKT5,
        "--input",
        storm,
        "--listen",
        "opc.tcp://127.0.0.1:0",
        "--mapping",
        mapping,
        "--speed",
        400,
    ]
    command = [*COMMAND, "connect", "simulate-server", *map(str, options)]
    process = subprocess.Popen(command, cwd=HOME, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "the mapping of" in process.stdout.readline()
        yield process, process.stdout.readline().split()[-1], mapping
    finally:
        process.kill()
        process.communicate()


def told(event: Event) -> tuple[Any, ...]:
    """What an event says of a device; of a bad one nobody believes the position."""
    return event["device_id"], event["observed_at"], event["quality"], event["quality"] != "bad" and event["position"]


def milliseconds(event: Event) -> Event:
    from models.times.iso8601 import parse_time

    return event | {name: parse_time(event[name]) for name in ("observed_at", "received_at")}


@pytest.fixture(scope="module")
def connected(served: tuple[subprocess.Popen[str], str, Path], storm: Path) -> tuple[list[Event], list[Event]]:
    """The events of the storm's file, and those of the connector that was there from the start."""
    from adapters.opcua.settings import OpcUaSettings

    process, url, mapping = served
    network = load_network(CKT5)
    points = read_points(mapping, network, {"simulated"}, node_id_fault)
    endpoint = {"name": "simulated", "urls": [url], "security_policy": "None", "security_mode": "None", **QUICK}
    given = {"connector": "n", "network": CKT5, "mapping": mapping, "state": "s", "endpoints": [endpoint]}
    running = Running(OpcUaSettings.model_validate(given), points)
    wanted = [milliseconds(event) for event in events_of(storm)]
    try:
        running.connected()
        positions = [told(event) for event in wanted if event["kind"] == "position"]
        running.wait(lambda: set(positions) <= {told(event) for event in running.of("position")}, 120)
    finally:
        running.stop()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=240)
    assert process.returncode == 0
    return wanted, running.events


def test_every_change_comes_once_with_its_time_and_quality(connected: tuple[list[Event], list[Event]]) -> None:
    wanted, came = connected
    in_the_file = {told(event) for event in wanted if event["kind"] == "position"}
    first = {event["device_id"]: event for event in reversed(came) if event["kind"] == "position"}
    states_at_first = {told(event) for event in first.values()}
    assert {
        told(event) for event in came if event["kind"] == "position"
    } - states_at_first == in_the_file - states_at_first
    assert len({event["event_id"] for event in came}) == len(came)
    assert not [event for event in came if event["kind"] == "gap"]


def test_the_engine_comes_to_the_same_outages(
    connected: tuple[list[Event], list[Event]], storm: Path, tmp_path: Path
) -> None:
    """The arrivals are those of the storm's file; all else is what came by OPC UA."""
    wanted, came = connected
    arrivals = {told(event): event["received_at"] for event in wanted if event["kind"] == "position"}
    mine = [
        event | {"received_at": arrivals[told(event)]}
        for event in came
        if event["kind"] == "position" and told(event) in arrivals
    ]
    alarms = [event for event in wanted if event["kind"] == "alarm"]
    runs = {"file": wanted, "opcua": [*mine, *alarms]}
    outputs: dict[str, list[str]] = {}
    for name, events in runs.items():
        folder = tmp_path / name
        folder.mkdir()
        for path in storm.glob("*.jsonl"):
            (folder / path.name).write_bytes(path.read_bytes())
        lines = [json.dumps(event) for event in sorted(events, key=lambda one: (one["received_at"], one["device_id"]))]
        (folder / f"{SCADA_EVENTS}.jsonl").write_text("\n".join(lines))
        done = faultline("replay", "--network", CKT5, "--input", folder, "--output", tmp_path / f"{name}-out")
        assert done.returncode == 0, done.stderr
        outputs[name] = [(tmp_path / f"{name}-out" / file).read_text() for file in OUTAGE_FILES]
    assert outputs["file"][0].count("\n") > 10
    assert outputs["opcua"] == outputs["file"]


def test_the_mapping_is_one(served: tuple[subprocess.Popen[str], str, Path]) -> None:
    rows = list(csv.DictReader(served[2].read_text().splitlines()))
    assert {row["kind"] for row in rows} == {"position"}
    assert len({row["device_id"] for row in rows}) == len(rows)
