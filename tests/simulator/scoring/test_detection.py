from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest

from models.evidence.kinds import KIND_CODE
from models.network.network import Network
from simulator.scoring.coverage import coverage_delays
from simulator.scoring.detection import detection_delays, percentile, spoken_delays, sustained_delays, unreported
from simulator.scoring.pairing.matches import match_all
from simulator.scoring.reading.evidence import SCADA_OPEN, Column, Evidence
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.truth import lay_faults

NOON = 1_783_857_600_000
Say = Callable[..., Any]


def column(*reports: tuple[int, float, float], kind_code: int = KIND_CODE["last_gasp"]) -> Column:
    """Gasps, or other reports: position, observed and received in seconds after noon."""
    subject, observed, received = np.array(sorted(reports)).reshape(-1, 3).T
    kind = np.full(len(reports), kind_code, np.int8)
    times = ((NOON + 1000 * part).astype(np.int64) for part in (observed, received, received))
    return Column(subject.astype(np.int32), kind, *times)


def test_the_clock_starts_with_the_first_report_from_below_since_the_opening(
    town: Network, fault: Say, revision: Say
) -> None:
    p1, p3, p4 = town.find_points(["p1", "p3", "p4"]).tolist()
    breaker, fuse = town.find_devices(["B", "L2"]).tolist()
    evidence = Evidence(
        points=column((p1, -11, 3), (p1, 2, 40), (p3, -10, 25), (p4, 0, 1)),
        devices=column((breaker, 0, 2), (fuse, 1, 7)),
        ends_at=NOON,
    )
    faults = lay_faults([fault("L1", "L1", 0, 3600), fault("T3", "T3", 5, 3600), fault("T4", "T4", 0, 3600)], town)
    said = [
        revision("a", 1, 60, "L1", 0, out=1),
        revision("a", 2, 301, "L1", 0, out=1, sustained_at="2026-07-12T12:05:00.250Z"),
        revision("b", 1, 9, "L2", 0, out=1),
    ]
    outages = lay_output(said, [], [], town).outages
    matched = match_all(town, faults, outages).counted

    # p1 was early by more than ten seconds; L2 and T3 are one place, so SCADA's word on L2 counts for T3, as p4's does.
    assert detection_delays(town, faults, outages, matched, evidence) == {0: 60 - 25, 1: 9 - 1, 2: inf}
    assert sustained_delays(faults, outages, matched) == {0: 300.25, 1: inf, 2: inf}


def test_a_fault_that_nobody_reported_has_no_delay(town: Network, fault: Say, revision: Say) -> None:
    faults = lay_faults([fault("a", "L1", 0, 3600)], town)
    outages = lay_output([revision("a", 1, 60, "L1", 0)], [], [], town).outages
    assert detection_delays(town, faults, outages, np.array([0]), Evidence(column(), column(), NOON)) == {}


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.5, None),
        ([3.0], 0.99, 3.0),
        ([4.0, 1.0, 2.0, 3.0], 0.5, 2.0),
        ([1.0, inf], 0.5, 1.0),
        ([1.0, inf], 0.99, None),
    ],
)
def test_a_percentile_is_a_value_that_occurred(values: list[float], share: float, expected: float | None) -> None:
    assert percentile(values, share) == expected


def test_what_meters_and_scada_spoke_of(town: Network, fault: Say, revision: Say) -> None:
    p1, p3, p4, p7 = town.find_points(["p1", "p3", "p4", "p7"]).tolist()
    breaker, fuse, t3 = town.find_devices(["B", "L2", "T3"]).tolist()
    lines = [fault("L1", "L1", 0, 3600), fault("T3", "T3", 0, 3600), fault("T4", "T4", 0, 3600)]
    faults = lay_faults(lines, town)
    gasps = column((p1, -11, 1), (p3, 3611, 3), (p3, 20, 50), (p1, 20, 60))
    calls, on = KIND_CODE["no_power"], KIND_CODE["power_restored"]
    opened = column((breaker, 0, 5), (t3, 10, 40), (fuse, 10, 30), kind_code=SCADA_OPEN)
    said = [revision("a", 1, 90, "L1", 0, out=3)]
    outages = lay_output(said, [], [], town).outages
    matched = match_all(town, faults, outages).counted

    def delays(points: Column, devices: Column) -> dict[int, float]:
        return spoken_delays(town, faults, outages, matched, Evidence(points, devices, NOON))

    assert delays(gasps, opened) == {0: 90 - 50, 1: inf}
    assert delays(column((p1, 20, 60), (p4, 1, 2), (p7, 1, 2), kind_code=calls), column()) == {}
    assert delays(column((p1, 20, 60), kind_code=on), column((fuse, 10, 30), kind_code=-1)) == {}


def test_of_which_faults_nobody_spoke(town: Network, fault: Say) -> None:
    p3, p4 = town.find_points(["p3", "p4"]).tolist()
    breaker, fuse, t2, l2 = town.find_devices(["B", "L1", "T2", "L2"]).tolist()
    faults = lay_faults([fault("a", "T2", 0, 3600), fault("dip", "B", 0, 9), fault("b", "T3", 0, None)], town)
    nothing, call, on = column(), KIND_CODE["no_power"], KIND_CODE["power_restored"]

    def silent(points: Column = nothing, devices: Column = nothing, crews: Column = nothing) -> list[int]:
        return unreported(town, Evidence(points, devices, NOON, crews), faults)

    crew = -1
    assert silent() == [0, 2]
    assert silent(column((p3, 3609, 9999), kind_code=call)) == [2]
    assert silent(column((p3, 3620, 3630), kind_code=call)) == [0, 2]
    assert silent(column((p3, 3620, 3630), kind_code=on)) == [2]
    assert silent(column((p3, 1800, 1801), (p4, 1800, 1801), kind_code=on)) == [0, 2]
    assert silent(devices=column((t2, 10, 20), (l2, 10, 20), kind_code=SCADA_OPEN)) == []
    assert silent(devices=column((t2, 10, 20), kind_code=-1)) == [0, 2]
    assert silent(crews=column((breaker, 10, 20), (fuse, 10, 20), (t2, 5000, 5001), kind_code=crew)) == [0, 2]
    assert silent(crews=column((l2, 10, 20), kind_code=crew)) == [0]


def test_half_of_the_customers_may_stand_in_any_outages(town: Network, fault: Say, revision: Say) -> None:
    """L1 feeds four customers: two at p1, one at p2, one at p3."""
    faults = lay_faults([fault("L1", "L1", 100, 3600, customers=4)], town)
    gasps = Evidence(column((int(town.find_points(["p1"])[0]), 100, 110)), column(), NOON)

    def covered(*said: Any) -> float:
        lines = sorted(said, key=lambda line: line.updated_at)
        return coverage_delays(town, faults, lay_output(lines, [], [], town).revisions, gasps)[0]

    first = revision("a", 1, 120, "T2", 100, out=1)
    assert covered(first) == inf
    assert covered(first, revision("b", 1, 130, "p2", 100, out=1, device_kind="service")) == 20
    assert covered(first, revision("b", 1, 130, "T3", 100, out=4)) == inf
    assert covered(first, revision("a", 2, 150, "L1", 100, out=2)) == 40
    assert covered(first, revision("b", 1, 140, "S", 100, out=9)) == 30
    assert covered(revision("b", 1, 50, "S", 0, out=9), revision("b", 2, 90, "S", 0)) == inf
    assert covered(revision("b", 1, 50, "S", 0, out=9), revision("b", 2, 101, "S", 0)) == 0
    assert covered(revision("b", 1, 3600, "L1", 100, out=4)) == inf
