from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np
import pytest

from models.evidence.kinds import KIND_CODE
from models.network.network import Network
from simulator.scoring.detection import detection_delays, percentile, sustained_delays
from simulator.scoring.evidence import Column, Evidence
from simulator.scoring.matching import match
from simulator.scoring.output import lay_output
from simulator.scoring.truth import lay_faults

NOON = 1_783_857_600_000
Say = Callable[..., Any]


def column(*reports: tuple[int, float, float]) -> Column:
    """Gasps: position, observed and received in seconds after noon."""
    subject, observed, received = np.array(sorted(reports)).reshape(-1, 3).T
    kind = np.full(len(reports), KIND_CODE["last_gasp"], np.int8)
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
    matched = match(faults, outages, faults.counted, outages.judged)

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
