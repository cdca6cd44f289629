"""A season in which each breaker opens now and then, and points that are made wrong one way or another."""

from __future__ import annotations

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from models.checkout.findings import check_points
from models.checkout.meters import MetersBelow
from models.checkout.testimony import CLOSED, OPEN, Interruptions, Told, stays_of
from tests.worlds.networks import Device, Point, network_of

BREAKERS = [f"breaker-{number:02}" for number in range(24)]
METERS = 10
HOUR = 3_600_000
GRID = network_of(
    [Device("source", kind="source"), *(Device(name, "source", "breaker") for name in BREAKERS)],
    [Point(f"{name}-{meter}", name) for name in BREAKERS for meter in range(METERS)],
)
FIRST = GRID.device_ids.index(BREAKERS[0])
Rows = list[tuple[int, int]]
"""Times and positions."""


def season(seed: int, outages: int) -> tuple[MetersBelow, dict[int, Rows]]:
    """Each breaker opens so many times, at hours of its own, for ten minutes to half an hour; a tenth is not heard."""
    draw = np.random.default_rng(seed)
    hours = draw.permutation(outages * len(BREAKERS)).reshape(len(BREAKERS), outages) + 1
    rows: list[tuple[int, int, int]] = []
    told: dict[int, Rows] = {}
    for place in range(len(BREAKERS)):
        device = FIRST + place
        told[device] = [(0, CLOSED)]
        for begin in sorted((hours[place] * HOUR).tolist()):
            end = begin + int(draw.integers(600_000, 1_800_000))
            told[device] += [(begin, OPEN), (end, CLOSED)]
            points = range(int(GRID.point_start[device]), int(GRID.point_end[device]))
            rows += [(point, begin, end) for point in points if draw.random() < 0.9]
    return MetersBelow(GRID, Interruptions(*np.array(sorted(rows)).T)), told


def check(meters: MetersBelow, told: dict[int, Rows]) -> dict[int, tuple[str, int | None]]:
    """Give what is listed, by device."""
    gathered = {}
    for device, rows in told.items():
        at, position = np.array(rows, np.int64).T
        gathered[device] = Told(at, stays_of(position, at))
    checkout = check_points(GRID, meters, gathered)
    assert all(finding.evidence for finding in checkout.findings)
    return {finding.device: (finding.kind, finding.other) for finding in checkout.findings}


@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 1 << 32), some=st.permutations(range(FIRST, FIRST + len(BREAKERS))))
def test_each_wrong_point_is_listed_as_what_it_is_and_no_other(seed: int, some: list[int]) -> None:
    meters, told = season(seed, outages=3)
    assert check(meters, told) == {}
    inverted, dead, stuck, first, second = some[:5]
    told[inverted] = [(at, CLOSED - position) for at, position in told[inverted]]
    del told[dead]
    told[stuck] = told[stuck][:1]
    told[first], told[second] = told[second], told[first]
    wanted = {
        inverted: ("inverted", None),
        dead: ("dead", None),
        stuck: ("dead", None),
        first: ("swapped", second),
        second: ("swapped", first),
    }
    assert check(meters, told) == wanted


@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 1 << 32), device=st.integers(FIRST, FIRST + len(BREAKERS) - 1))
def test_what_is_seen_once_lists_nothing(seed: int, device: int) -> None:
    """A breaker that was closed onto a fault, and one whose message was lost, are as they should be."""
    meters, told = season(seed, outages=1)
    begin = told[device][1][0]
    told[device] = [(0, CLOSED), (begin - HOUR // 2, OPEN), (begin, CLOSED)]
    assert check(meters, told) == {}
    del told[device][1:]
    assert check(meters, told) == {}
