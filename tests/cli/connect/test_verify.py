"""`faultline connect verify` on a simulated season into which wrong points are put."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapters.kafka.clients.producer import Outgoing
from adapters.network.compiled_file import write_artefact
from adapters.network.load import load_network
from models.contracts.topics import EVIDENCE_LOG, SCADA_EVENTS
from models.evidence.log_record import LogRecord, encode_record
from models.ingest.origin_reader import OriginReader
from tests.peers.commands import Operator
from tests.worlds.evidence import Evidence
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.storms import faultline
from tests.worlds.telemetered import telemetered_network

LEAST_METERS = 8
SHARE = 0.02
Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of trouble on ckt5, with its breaker and all fuses told by telemetry."""
    folder = tmp_path_factory.mktemp("season")
    network = telemetered_network(folder / "network")
    options = "--preset long --seed 5 --duration 96 --faults-per-hour 12 --false-gasps 0.01 --copies 0.2"
    made = faultline("simulate", "--network", network, "--output", folder / "storm", *options.split())
    assert made.returncode == 0, made.stderr
    (folder / "own.jsonl").write_text((folder / "storm" / f"{SCADA_EVENTS}.jsonl").read_text())
    return folder


def spoil(events: Events, devices: list[str], draw: random.Random) -> tuple[Events, dict[str, str]]:
    """Invert, silence and swap each a fiftieth of the points; gives the truth too."""
    some = max(2, round(SHARE * len(devices)))
    chosen = draw.sample(devices, 4 * some)
    truth = dict(zip(chosen, ["inverted"] * some + ["dead"] * some + ["swapped"] * 2 * some, strict=True))
    astray = dict(zip(chosen[2 * some :: 2], chosen[2 * some + 1 :: 2], strict=True))
    astray |= {second: first for first, second in astray.items()}
    turned = {"open": "closed", "closed": "open"}
    spoiled = []
    for event in events:
        wrong = truth.get(event["device_id"])
        if wrong == "inverted" and event["kind"] == "position":
            spoiled.append(event | {"position": turned[event["position"]]})
        elif wrong == "swapped":
            spoiled.append(event | {"device_id": astray[event["device_id"]]})
        elif wrong != "dead":
            spoiled.append(event)
    return spoiled, truth


def events_of(season: Path) -> Events:
    return [json.loads(line) for line in (season / "own.jsonl").read_text().splitlines()]


def lay(season: Path, events: Events) -> None:
    """Let these be the season's events."""
    path = season / "storm" / f"{SCADA_EVENTS}.jsonl"
    path.write_text("".join(json.dumps(event) + "\n" for event in events))


def verify(season: Path, events: Events) -> list[dict[str, Any]]:
    """Let the command judge the season with these events in place of its own."""
    lay(season, events)
    arguments = "--network", season / "network", "--input", season / "storm", "--json"
    done = faultline("connect", "verify", *arguments)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == (1 if found else 0), done.stderr
    return found


def test_wrong_points_are_listed_and_few_that_are_right(season: Path) -> None:
    events = events_of(season)
    assert verify(season, events) == []
    network = load_network(season / "network")
    points = {name: int(network.point_end[at] - network.point_start[at]) for at, name in enumerate(network.device_ids)}
    devices = sorted({event["device_id"] for event in events if points[event["device_id"]] >= LEAST_METERS})
    counts: Counter[str] = Counter()
    for seed in range(2):
        spoiled, truth = spoil(events, devices, random.Random(seed))
        found = verify(season, spoiled)
        for one in found:
            kind = "swapped" if one["kind"] == "mis_mapped" else one["kind"]
            counts["right"] += truth.get(one["device_id"]) == kind
            assert one["evidence"], one
        counts["listed"] += len(found)
        counts["wrong"] += len(truth)
        counts["found"] += len(
            truth.keys() & ({one["device_id"] for one in found} | {one["speaks_of"] for one in found})
        )
    assert counts["right"] >= 0.9 * counts["listed"], counts
    assert counts["found"] > counts["wrong"] / 2


def test_the_table_says_what_was_told_and_how_many_meters_said_otherwise(season: Path) -> None:
    events = events_of(season)
    lay(season, spoil(events, sorted({event["device_id"] for event in events}), random.Random(0))[0])
    done = faultline("connect", "verify", "--network", season / "network", "--input", season / "storm")
    assert done.returncode == 1
    assert "told closed; " in done.stdout
    assert " meters went out" in done.stdout
    assert "cannot be judged" in done.stdout.splitlines()[-1]
    wrong = faultline("connect", "verify", "--network", season / "network", "--input", season / "no", "--from", "0")
    assert (wrong.returncode, "give one of them" in wrong.stderr) == (2, True)


def test_the_evidence_log_is_judged_as_well(tmp_path: Path, kafka: str, prefix: str) -> None:
    houses = [f"house-{number}" for number in range(10)]
    barns = [f"barn-{number}" for number in range(10)]
    devices = [Device("source", kind="source"), *(Device(name, "source", "breaker") for name in ("a", "b"))]
    grid = network_of(devices, [*(Point(name, "a") for name in houses), *(Point(name, "b") for name in barns)])
    write_artefact(grid, tmp_path / "grid.network")
    evidence = Evidence()
    for start in (0, 10_000):  # what is seen once is no proof
        evidence.scada("a", "closed", start + 1000)
        evidence.meter(" ".join(houses), "last_gasp", start + 1001)
        evidence.scada("b", "open", start + 2000)
        evidence.meter(" ".join(barns), "last_gasp", start + 2001)
        evidence.scada("b", "closed", start + 4000)
        evidence.meter(" ".join(barns), "power_restored", start + 4010)
        evidence.scada("a", "open", start + 5000)
        evidence.meter(" ".join(houses), "power_restored", start + 5010)
    operator = Operator(kafka, prefix)
    for topic, lines in evidence.lines().items():
        batch = OriginReader(grid, topic).read(lines, 0, 0).batch
        operator.write(EVIDENCE_LOG, 1, Outgoing(encode_record(LogRecord(grid.version, [batch], {}))))
    operator.write(EVIDENCE_LOG, 0, Outgoing(b"no evidence"))
    done = operator.run("connect", "verify", "--network", tmp_path / "grid.network", "--json")
    (found,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, found["kind"], found["device_id"], found["agreed"]) == (1, "inverted", "a", 0)
    told = [(one["told"], one["meters"], one["agreed"], one["could"]) for one in found["evidence"]]
    assert told[:2] == [("closed", "went out", 10, 10), ("open", "came back", 10, 10)]
    assert found["probability"] >= 0.9
    assert "it is passed over" in done.stderr
    ahead = operator.run("connect", "verify", "--network", tmp_path / "grid.network", "--from", "2999-01-01T00:00Z")
    assert ahead.stdout.startswith("0 points are listed")
