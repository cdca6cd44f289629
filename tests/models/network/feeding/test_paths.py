"""Ways of power on small meshed networks, against all simple ways listed one by one."""

from __future__ import annotations

import random
from itertools import count

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.network.feeding.arrangement import rearranged, turned
from models.network.feeding.paths import ALWAYS, NEVER, OUTSIDE, UNFED, Paths, course_of, find_paths
from models.network.network import Network
from tests.worlds.networks import Device, Point, network_of


def meshed(draw: random.Random) -> tuple[Network, list[tuple[int, int]]]:
    """A forest of up to nine devices with a point each, and ties between them, as positions."""
    size = draw.randint(2, 9)
    devices, points = [], []
    for number in range(size):
        parent = "" if number == 0 or draw.random() < 0.2 else f"d{draw.randrange(number)}"
        devices.append(Device(f"d{number}", parent))
        points.append(Point(f"p{number}", f"d{number}"))
    for number in range(draw.randint(0, 4)):
        one, other = draw.sample(range(size), 2)
        devices.append(Device(f"t{number}", f"d{one}", "tie", other_parent=f"d{other}"))
    network = network_of(devices, points)
    ties = np.flatnonzero(network.other_parent >= 0).tolist()
    return network, [(tie, int(network.parent[tie])) for tie in ties]


def joined(network: Network, open_devices: set[int], closed_ties: list[int]) -> dict[int, set[tuple[int, int]]]:
    """By segment its neighbours, each with the device between; OUTSIDE is a segment, too."""
    near: dict[int, set[tuple[int, int]]] = {at: set() for at in range(OUTSIDE, len(network.parent))}
    pairs = [(d, int(network.parent[d]), d) for d in range(len(network.parent)) if d not in open_devices]
    pairs += [(tie, int(network.parent[tie]), int(network.other_parent[tie])) for tie in closed_ties]
    for device, one, other in pairs:
        near[one].add((other, device))
        near[other].add((one, device))
    return near


def brute(
    network: Network, near: dict[int, set[tuple[int, int]]], closed: dict[int, int]
) -> dict[int, tuple[int, int]]:
    """By segment that has power, over how few ties, and since when, by any way: all simple ways, one by one."""
    best: dict[int, tuple[int, int]] = {}
    waiting = [(OUTSIDE, frozenset([OUTSIDE]), 0, ALWAYS)]
    while waiting:
        at, passed, ties, since = waiting.pop()
        if at != OUTSIDE:
            known = best.get(at, (ties, since))
            best[at] = min(known[0], ties), min(known[1], since)
        for other, device in near[at]:
            if other not in passed:
                sides = {int(network.parent[device]), int(network.other_parent[device])}
                over_tie = network.other_parent[device] >= 0 and sides == {at, other}
                later = max(since, closed.get(device, ALWAYS))
                waiting.append((other, passed | {other}, ties + over_tie, later))
    return best


def paths_of(network: Network, opened: dict[int, int], closed: dict[int, int], ties: list[int]) -> Paths:
    n = len(network.parent)
    open_at, closed_at = np.full(n, NEVER), np.full(n, ALWAYS)
    for device, at in opened.items():
        open_at[device] = at
    for device, at in closed.items():
        closed_at[device] = at
    links = [(int(network.parent[tie]), int(network.other_parent[tie]), closed.get(tie, ALWAYS)) for tie in ties]
    links_column = np.array(links, np.int64).reshape(-1, 3)
    return find_paths(
        network.parent.astype(np.int64), network.device_end.astype(np.int64), open_at, closed_at, links_column
    )


@settings(max_examples=300)
@given(draw=st.randoms(use_true_random=False))
def test_power_comes_where_any_way_is_whole_over_as_few_ties_as_can_be(draw: random.Random) -> None:
    network, ties = meshed(draw)
    lone = {tie for tie, _ in ties}
    devices = [d for d in range(len(network.parent)) if d not in lone]
    times = count(1)
    opened = {d: next(times) for d in devices if draw.random() < 0.3}
    shut = [tie for tie, _ in ties if draw.random() < 0.6]
    closed = {d: draw.randint(1, 99) for d in [*devices, *shut] if d not in opened and draw.random() < 0.5}
    paths = paths_of(network, opened, closed, shut)
    near = joined(network, set(opened) | (lone - set(shut)), shut)
    expected = brute(network, near, closed)
    for segment in devices:
        assert (paths.over[segment] != UNFED) == (segment in expected)
        if segment in expected:
            way, at = 0, segment
            while at != OUTSIDE:
                over = int(paths.over[at])
                device = shut[over - len(network.parent)] if over >= len(network.parent) else over
                way += over >= len(network.parent)
                assert (int(paths.above[at]), device) in joined(network, set(opened), shut)[at]
                at = int(paths.above[at])
            assert (way, int(paths.since[segment])) == expected[segment]
            by = int(paths.by[segment])
            device = shut[by - len(network.parent)] if by >= len(network.parent) else by
            assert closed.get(device, ALWAYS) == paths.since[segment]
    check_turned(network, paths, shut)


def check_turned(network: Network, paths: Paths, shut: list[int]) -> None:
    """What is below a device of the other forest is what loses its way with the device."""
    n = len(network.parent)
    over = np.array([shut[at - n] if at >= n else at for at in paths.over.tolist()])
    ways = {
        at: (int(over[at]), int(paths.above[at]))
        for at in range(n)
        if over[at] != UNFED and (over[at] != at or paths.above[at] != network.parent[at]) and at not in shut
    }
    _, head = turned(network, ways)
    assert len(set(head[network.point_device].tolist())) == len(network.point_ids)
    other = rearranged(network, ways)
    assert set(other.device_ids) == set(network.device_ids)
    assert other.find_points(list(network.point_ids)).tolist() == other.point_position[network.point_number].tolist()
    assert (
        other.find_devices(list(network.device_ids)).tolist() == other.device_position[network.device_number].tolist()
    )
    broken = np.full(n, NEVER)
    for device in range(n):
        broken[:] = NEVER
        broken[over == device] = 5
        fed = over != UNFED
        lost = np.flatnonzero(fed & (course_of(paths.above, broken, np.full(n, ALWAYS)).lost == 5))
        below = slice(*_points(other, network.device_ids[device]))
        named = {other.point_ids[p] for p in range(below.start, below.stop)}
        expected = {network.point_ids[p] for p in range(len(network.point_ids)) if network.point_device[p] in lost}
        assert named & {name for name in named if fed[_device_of(network, name)]} == expected


def _points(network: Network, device_id: str) -> tuple[int, int]:
    device = int(network.find_devices([device_id])[0])
    return int(network.point_start[device]), int(network.point_end[device])


def _device_of(network: Network, point_id: str) -> int:
    return int(network.point_device[network.find_points([point_id])[0]])


def test_without_other_ways_the_network_is_the_same() -> None:
    network = network_of([Device("a"), Device("b", "a"), Device("c", "a")], [Point("p", "b"), Point("q", "c")])
    same = rearranged(network, {})
    for name in ("parent", "device_end", "point_start", "class_of", "point_device", "device_position"):
        assert np.array_equal(getattr(same, name), getattr(network, name))
    assert list(same.point_ids) == list(network.point_ids)
