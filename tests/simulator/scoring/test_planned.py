"""Planned works that were announced are no faults to the score, and outages of them say so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from adapters.network.load import load_network
from models.contracts.inputs.planned_work import PlannedWorkEvent
from models.contracts.topics import WORK_EVENTS
from models.decoding.validation import validate
from simulator.options import storm_options
from simulator.storm import simulate
from simulator.telemetry.works import work_reports
from tests.simulator.grids import told_faults
from tests.worlds.storms import CKT5, HOME, faultline

INCIDENTS = HOME / "tests" / "data" / "storms" / "pge-2019-10-27" / "incidents.csv"


def test_planned_incidents_are_announced_said_and_no_faults(tmp_path: Path) -> None:
    storm, output = tmp_path / "storm", tmp_path / "output"
    faultline("simulate", "--network", CKT5, "--output", storm, "--seed", 1, "--incidents", INCIDENTS)
    works = [validate(PlannedWorkEvent, line) for line in (storm / f"{WORK_EVENTS}.jsonl").read_bytes().splitlines()]
    off = {work.work_id for work in works if work.status == "cancelled"}
    assert {work.kind for work in works if work.work_id not in off} == {"safety_shutoff"}
    replayed = faultline("replay", "--network", storm / "network", "--input", storm, "--output", output)
    assert replayed.returncode == 0, replayed.stderr
    scored = faultline("score", "--truth", storm, "--output", output, "--json")
    figures = json.loads(scored.stdout)
    faults = told_faults(storm)
    planned = [fault for fault in faults if fault["kind"] == "planned"]
    assert figures["planned"]["works"] == figures["planned"]["said_planned"] == len(planned) > 0
    assert figures["planned"]["faults_said_planned"] == 0
    assert figures["devices"]["faults"] + len(planned) == len([fault for fault in faults if not fault["momentary"]])
    assert off.isdisjoint(json.loads(line)["planned"]["work_id"] for line in _planned(output))


def _planned(output: Path) -> list[bytes]:
    lines = (output / "outage.lifecycle.events.v1.jsonl").read_bytes().splitlines()
    return [line for line in lines if json.loads(line)["planned"]]


def test_what_is_called_off_was_announced_before() -> None:
    """Else its last word is that it will be, and the fault at its device passes for a work."""
    network = load_network(CKT5)
    options = storm_options(1, "full", {"planned_works": True, "duration_seconds": 7200.0, "faults_per_hour": 60.0})
    called_off = 0
    course = simulate(network, options).course
    for seed in range(10):
        words: dict[int, list[str]] = {}
        for report in work_reports(network, course, replace(options, seed=seed)):
            words.setdefault(report.fault, []).append(report.status)
        off = [said for said in words.values() if "cancelled" in said]
        assert all(said == ["planned", "cancelled"] for said in off)
        called_off += len(off)
    assert called_off > 10
