from collections.abc import Callable
from typing import Any

import pytest

from models.network.network import Network
from simulator.scoring.causes import Causes
from simulator.scoring.pairing.matches import match_all
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.truth import lay_faults

Say = Callable[..., Any]


@pytest.mark.parametrize(
    ("device", "started", "cause"),
    [
        ("L1", 1000, "duplicate"),
        ("T3", 1000, "start"),
        ("T1", 1000, "below"),
        ("p1", 1000, None),  # a service
        ("B", 1000, "above"),
        ("T4", 5, "dip"),
        ("T4", 1000, "nothing"),
        ("T1", 5000, "nothing"),
        ("nowhere", 1000, "nothing"),
    ],
)
def test_why_an_outage_is_wrong(
    town: Network, fault: Say, revision: Say, device: str, started: int, cause: str | None
) -> None:
    lines = [fault("a", "L1", 0, 3600), fault("b", "L2", 200, 3600), fault("dip", "W", 0, 20)]
    kind = "service" if device == "p1" else "fuse"
    said = [revision("found", 1, 60, "L1", 0, out=3), revision("wrong", 1, 9, device, started, out=1, device_kind=kind)]
    faults, outages = lay_faults(lines, town), lay_output(said, [], [], town).outages
    causes = Causes(town, faults, outages, match_all(town, faults, outages))
    assert causes.wrong() == ({} if cause is None else {1: cause})


@pytest.mark.parametrize(
    ("device", "started", "status", "cause"),
    [
        ("L1", 0, "merged", "set_aside"),
        ("L1", 1000, "detected", "start"),
        ("B", 1000, "detected", "above"),
        ("T1", 0, "detected", "below"),
        ("T1", 0, "cancelled", "nothing"),
        ("T3", 0, "detected", "nothing"),
        ("T1", 5000, "detected", "nothing"),
    ],
)
def test_why_a_fault_was_missed(
    town: Network, fault: Say, revision: Say, device: str, started: int, status: str, cause: str
) -> None:
    faults = lay_faults([fault("a", "L1", 0, 3600)], town)
    outages = lay_output([revision("a", 1, 60, device, started, out=1, status=status)], [], [], town).outages
    causes = Causes(town, faults, outages, match_all(town, faults, outages))
    assert causes.missed([0]) == {0: cause}
    assert causes.missed([]) == {0: "not_reported" if cause == "nothing" else cause}
