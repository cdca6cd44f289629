"""Every preset keeps its bounds, says what its contracts allow, and is the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import orjson
import pytest

from adapters.network.load import load_network
from models.contracts.inputs.call import CallEvent
from models.contracts.inputs.crew import CrewEvent
from models.contracts.inputs.meter import MeterEvent
from models.contracts.inputs.scada import ScadaEvent
from models.contracts.outputs.fault import FaultRecord
from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, SCADA_EVENTS
from models.decoding.validation import validate
from models.network.network import Network
from models.times.iso8601 import parse_time
from simulator.options import DAYS, PRESETS
from tests.simulator.grids import told_faults, told_interruptions
from tests.worlds.storms import CKT5, contents, faultline, run_apart

CONTRACTS: dict[str, type[MeterEvent | ScadaEvent | CallEvent | CrewEvent]] = {
    METER_EVENTS: MeterEvent,
    SCADA_EVENTS: ScadaEvent,
    CALL_EVENTS: CallEvent,
    CREW_EVENTS: CrewEvent,
}
HOUR_MS = 3_600_000

Simulate = Callable[..., Path]
Command = Callable[..., CompletedProcess[str]]


@pytest.fixture
def simulate(tmp_path: Path) -> Simulate:
    """Return a function that simulates into a folder."""

    def run(network: Path, *options: object, into: str = "storm", by: Command = faultline) -> Path:
        made = by("simulate", "--network", network, "--output", tmp_path / into, *options)
        assert made.returncode == 0, made.stderr
        return tmp_path / into

    return run


def network_of(folder: Path) -> Network:
    return load_network(folder / "network")


def below(network: Network, fault: dict[str, Any]) -> tuple[int, int]:
    device = int(network.find_devices([fault["device_id"]])[0])
    return int(network.point_start[device]), int(network.point_end[device])


@pytest.mark.parametrize("preset", PRESETS)
def test_a_seed_gives_the_same_bytes_and_lines_that_the_contracts_allow(
    simulate: Simulate, town: Path, preset: str
) -> None:
    storm = simulate(town, "--preset", preset, "--seed", 5)
    again = simulate(town, "--preset", preset, "--seed", 5, into="again", by=run_apart)  # with other hashes
    for part in ("truth", "network"):
        assert contents(storm / part) == contents(again / part)
    told = {path.name: path.read_bytes() for path in storm.glob("*.jsonl")}
    assert told == {path.name: path.read_bytes() for path in again.glob("*.jsonl")}
    ids: list[str] = []
    for topic, contract in CONTRACTS.items():
        lines = told.get(f"{topic}.jsonl", b"").splitlines()
        ids += [orjson.loads(line)["event_id"] for line in lines]
        for event in (validate(contract, line) for line in lines[::5]):
            assert preset in DAYS or -300_000 < event.received_at - event.observed_at < 7 * 24 * HOUR_MS
    assert len(ids) == len(set(ids)) > 0
    for line in (storm / "truth" / "faults.jsonl").read_bytes().splitlines():
        FaultRecord.model_validate_json(line)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_long_storm_keeps_its_shares_and_no_fault_takes_over_a_quarter(
    simulate: Simulate, town: Path, seed: int
) -> None:
    for place in (CKT5, town):
        storm = simulate(place, "--preset", "long", "--seed", seed)
        network, faults = network_of(storm), told_faults(storm)
        start = parse_time("2026-07-12T17:00:00Z")
        hours = Counter((parse_time(fault["opened_at"]) - start) // HOUR_MS for fault in faults)
        assert sum(hours[hour] for hour in range(6)) >= 6 * 12
        assert set(hours) <= set(range(6))
        momentary = [fault for fault in faults if fault["momentary"]]
        nested = [fault for fault in faults if fault["nested_in"]]
        assert len(momentary) == round(0.3 * len(faults))
        assert len(nested) == round(0.15 * len(faults))
        feeder_of_point = network.feeder[network.point_device]
        for fault in faults:
            first, last = below(network, fault)
            of_feeder = np.bincount(feeder_of_point)[feeder_of_point[first]]
            assert 0 < 4 * (last - first) <= of_feeder


def test_unrelated_faults_of_the_long_storm_keep_clear_of_each_other(simulate: Simulate) -> None:
    storm = simulate(CKT5, "--preset", "long", "--seed", 4)
    network, faults = network_of(storm), told_faults(storm)
    for fault in faults:
        first, last = below(network, fault)
        for other in faults:
            other_first, other_last = below(network, other)
            meet = fault["opened_at"] <= other["closed_at"] and other["opened_at"] <= fault["closed_at"]
            if fault is not other and first < other_last and other_first < last and meet:
                assert fault["fault_id"] == other["nested_in"] or other["fault_id"] == fault["nested_in"]


def test_the_snapshot_opens_twenty_devices_at_once_and_nothing_else_happens(simulate: Simulate) -> None:
    storm = simulate(CKT5, "--preset", "snapshot", "--seed", 6, "--delivery", 0.9)
    network, faults = network_of(storm), told_faults(storm)
    assert len(faults) == 20
    assert {fault["opened_at"] for fault in faults} == {"2026-07-12T17:00:00.000Z"}
    assert {fault["closed_at"] for fault in faults} == {None}
    slices = sorted(below(network, fault) for fault in faults)
    assert all(end <= start for (_, end), (start, _) in pairwise(slices))
    assert [path.name for path in storm.glob("*.jsonl")] == [f"{METER_EVENTS}.jsonl"]
    kinds = Counter(
        validate(MeterEvent, line).kind for line in (storm / f"{METER_EVENTS}.jsonl").read_bytes().splitlines()
    )
    assert set(kinds) == {"last_gasp"}


def test_the_full_storm_has_everything(simulate: Simulate, town: Path) -> None:
    storm = simulate(town, "--seed", 1, "--faults-per-hour", 60, "--peak-customers", 2500)
    faults = told_faults(storm)
    assert {fault["kind"] for fault in faults} == {"fault", "isolation", "planned"}
    assert any(fault["usage_point_id"] for fault in faults)
    assert any(fault["momentary"] for fault in faults)
    assert any(fault["nested_in"] for fault in faults)
    assert all(fault["closed_at"] for fault in faults), "it runs on until all is restored"
    lasting = [(out_at, back_at or 0) for _, _, out_at, back_at in told_interruptions(storm)]
    changes = sorted(
        change for out_at, back_at in lasting for change in ((out_at, 1), (back_at, -1)) if back_at - out_at > 300_000
    )
    peak = int(np.cumsum([step for _, step in changes]).max())
    assert 2000 < peak < 3000
    kinds = Counter(
        validate(MeterEvent, line).kind for line in (storm / f"{METER_EVENTS}.jsonl").read_bytes().splitlines()
    )
    assert {"last_gasp", "power_restored", "voltage_normal"} <= set(kinds)


def test_nothing_is_lost_where_everything_is_delivered(simulate: Simulate) -> None:
    options = ("--preset", "long", "--delivery", 1, "--restoration-delivery", 1, "--false-gasps", 0)
    storm = simulate(CKT5, "--seed", 9, *options)
    events = [validate(MeterEvent, line) for line in (storm / f"{METER_EVENTS}.jsonl").read_bytes().splitlines()]
    gasps = Counter(event.meter_id for event in events if event.kind == "last_gasp")
    network = network_of(storm)
    long_outages = Counter(
        network.meter_ids[int(network.find_points([point])[0])]
        for point, _, out_at, back_at in told_interruptions(storm)
        if (back_at or 0) - out_at > 45_000
    )
    assert all(gasps[meter] >= count for meter, count in long_outages.items())
    assert all(event.outage_started_at for event in events if event.kind == "power_restored")


def test_as_many_gasps_arrive_as_the_rate_says(simulate: Simulate) -> None:
    options = ("--preset", "long", "--delivery", 0.6, "--false-gasps", 0, "--momentary", 0)
    storm = simulate(CKT5, "--seed", 1, *options)  # no reclosers there, whose shots only quick meters notice
    lines = (storm / f"{METER_EVENTS}.jsonl").read_bytes().splitlines()
    gasps = sum(orjson.loads(line)["kind"] == "last_gasp" for line in lines)
    interrupted = len(told_interruptions(storm))
    assert interrupted > 500
    assert abs(gasps / interrupted - 0.6) < 0.06


def test_clustered_loss_differs_by_collector_and_is_told(simulate: Simulate, town: Path) -> None:
    storm = simulate(town, "--preset", "long", "--seed", 1, "--loss", "clustered", "--delivery", 0.7)
    rows = [line.split(",") for line in (storm / "truth" / "delivery.csv").read_text().splitlines()[1:]]
    rates = [float(rate) for source, _, rate in rows if source == "mesh"]
    assert len(rates) > 20
    assert abs(np.mean(rates) - 0.7) < 0.15
    assert np.std(rates) > 0.1


def test_options_that_make_no_sense_are_refused_all_at_once(tmp_path: Path) -> None:
    refused = faultline(
        "simulate",
        "--network",
        CKT5,
        "--output",
        tmp_path / "x",
        "--seed",
        1,
        "--delivery",
        2,
        "--keep",
        0.5,
        "--calls",
        -1,
    )
    assert refused.returncode == 2
    assert len(refused.stderr.splitlines()) == 3
    assert not (tmp_path / "x").exists()


def test_options_that_a_preset_does_not_know_are_refused(tmp_path: Path) -> None:
    common = ("simulate", "--network", CKT5, "--output", tmp_path / "x", "--seed", 1)
    day = faultline(*common, "--preset", "bad", "--loss", "clustered", "--peak-customers", 5)
    assert (day.returncode, len(day.stderr.splitlines())) == (2, 2)


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    refused = faultline("simulate", "--network", CKT5, "--output", tmp_path, "--seed", 1, "--preset", "snapshot")
    assert refused.returncode == 2
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.txt"]
