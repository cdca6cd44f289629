from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from models.network.network import Network
from simulator.scoring.momentary import judge_momentaries
from simulator.scoring.reading.interruptions import Interrupted
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.truth import lay_faults

Say = Callable[..., Any]
NOBODY = np.full(1, -1, np.int64)
NOON = 1_783_857_600_000


def interrupted(*rows: tuple[int, float, int]) -> Interrupted:
    """Usage point 0, by a fault's number: when, in seconds after noon, and for how long."""
    fault, out, length = np.array(rows, np.int64).reshape(-1, 3).T
    out_at = NOON + 1000 * out
    return Interrupted.of(np.zeros(len(rows), np.int32), out_at, out_at + 1000 * length, fault.astype(np.int32))


@pytest.mark.parametrize(
    ("device", "started", "restored", "status", "reported"),
    [
        ("T1", 0, 301, "restored", True),
        ("T1", 0, None, "detected", True),
        ("T1", 0, 300, "restored", False),
        ("T1", 0, 400, "momentary", True),
        ("T1", 0, 400, "cancelled", False),
        ("L1", -50, 400, "restored", True),
        ("S", -50, 400, "restored", True),
        ("T2", 0, 400, "restored", False),
        ("L2", 0, 400, "restored", False),
        ("T1", 200, 3600, "restored", False),
        ("T1", -3600, 0, "restored", False),
    ],
)
def test_an_outage_covers_it_from_the_place_itself_or_above(
    town: Network,
    fault: Say,
    revision: Say,
    device: str,
    started: int,
    restored: int | None,
    status: str,
    reported: bool,
) -> None:
    faults = lay_faults([fault("short", "T1", 0, 20)], town)
    said = [revision("a", 1, 60, device, started, restored=restored, status=status)]
    judged = judge_momentaries(town, faults, interrupted(), lay_output(said, [], [], town).outages, NOBODY)
    assert judged.clear == [0]
    assert judged.reported_sustained == ([0] if reported else [])


def test_an_outage_that_is_right_about_a_longer_fault_covers_nothing(town: Network, fault: Say, revision: Say) -> None:
    faults = lay_faults([fault("long", "L1", 0, 3600), fault("short", "T1", 900, 920, nested_in="long")], town)
    outages = lay_output([revision("a", 1, 60, "L1", 0, restored=3600)], [], [], town).outages
    assert judge_momentaries(town, faults, interrupted(), outages, np.array([0, -1])).reported_sustained == []
    assert judge_momentaries(town, faults, interrupted(), outages, np.array([-1, -1])).reported_sustained == [1]


@pytest.mark.parametrize(("length", "judged"), [(20, True), (310, True), (311, False), (3600, False)])
def test_what_closes_below_an_open_device_was_momentary_for_nobody(
    town: Network, fault: Say, revision: Say, length: int, judged: bool
) -> None:
    faults = lay_faults([fault("short", "T1", 0, 20), fault("main", "B", 10, 3610)], town)
    outages = lay_output([revision("a", 1, 60, "T1", 0, restored=3610)], [], [], town).outages
    out = interrupted((0, 0, length), (1, 4000, 3600))
    found = judge_momentaries(town, faults, out, outages, np.full(2, -1, np.int64))
    assert found.clear == found.reported_sustained == ([0] if judged else [])


def test_what_ends_near_five_minutes_stands_apart(town: Network, fault: Say, revision: Say) -> None:
    faults = lay_faults([fault(str(length), "T1", 0, length) for length in (289, 290, 300, 310, 311)], town)
    outages = lay_output([revision("a", 1, 60, "T1", 0, restored=311)], [], [], town).outages
    judged = judge_momentaries(town, faults, interrupted(), outages, NOBODY)
    assert (judged.clear, judged.reported_sustained) == ([0], [0])
    assert judged.border == judged.border_reported_sustained == [1, 2, 3]
