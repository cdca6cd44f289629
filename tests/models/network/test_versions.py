"""What may follow a version of a network, what that changes, and going back."""

from __future__ import annotations

import numpy as np
import pytest

from models.network.faults import NetworkFaults
from models.network.plausibility import without_source
from models.network.versions import after, difference, successor_faults
from tests.worlds.networks import Device, Point, network_of

DEVICES = [Device("a", "", "breaker"), Device("t1", "a", "transformer"), Device("t2", "a", "transformer")]
POINTS = [Point("p1", "t1"), Point("p2", "t1"), Point("p3", "t2", customers=3)]
FIRST = network_of(DEVICES, POINTS, evidence_partitions=2)
SECOND = network_of(
    [DEVICES[0], Device("t1", "a", "fuse"), Device("t3", "a", "transformer"), Device("b", "", "breaker", "other")],
    [Point("p1", "t1", "Mx"), Point("p3", "t3", customers=5), Point("p4", "t1"), Point("p5", "b")],
    FIRST,
    2,
)


def test_a_version_compiled_after_another_follows_it() -> None:
    assert successor_faults(SECOND, FIRST) == []
    assert successor_faults(FIRST, FIRST) == []


def test_what_does_not_go_on_from_the_version_before_is_told() -> None:
    alone = network_of(DEVICES[::-1][::-1], [Point("p0", "t1"), *POINTS], evidence_partitions=2)
    [fault] = successor_faults(alone, FIRST)
    assert "--previous" in fault
    fewer = network_of(DEVICES, POINTS, evidence_partitions=3)
    assert "--evidence-partitions 2" in successor_faults(fewer, FIRST)[0]
    [zones, _] = successor_faults(FIRST, SECOND)
    assert "zones are not those" in zones


def test_points_that_change_their_zone_are_counted_and_named_where_they_may_not() -> None:
    devices, moved = [*DEVICES, Device("b", "", "breaker", "other")], [*POINTS[:2], Point("p3", "b", customers=3)]
    with pytest.raises(NetworkFaults, match=r"'p3' moved from zone 'sub' of evidence partition 0 to 'other' of 1"):
        network_of(devices, moved, SECOND, 2)
    first = network_of(DEVICES, POINTS, evidence_partitions=1)
    second = network_of(devices, moved, first, 1)
    assert successor_faults(second, first) == []
    assert difference(first, second, without_source(second)).points_by_zones == {"sub to other": 1}
    assert difference(first, first, without_source(first)).points_by_zones == {}
    back = after(first, second)
    assert successor_faults(back, second) == []
    assert difference(second, back, without_source(back)).points_by_zones == {"other to sub": 1}


def test_the_difference_names_what_comes_goes_and_moves() -> None:
    found = difference(FIRST, SECOND, without_source(SECOND))
    assert (found.devices_added, found.devices_removed, found.devices_moved) == (["t3", "b"], ["t2"], ["t1"])
    assert (found.points_added, found.points_removed, found.points_moved) == (["p4", "p5"], ["p2"], ["p3"])
    assert found.meters_exchanged == ["p1"]
    assert found.customers_by_feeder == {"feeder": (5, 8)}
    assert found.points_without_source == []
    island = network_of([Device("f", "", "fuse")], [Point("p", "f")])
    assert island.point_ids.take(without_source(island)) == ["p"]


def test_going_back_is_a_version_of_its_own_and_gives_no_number_twice() -> None:
    back = after(FIRST, SECOND)
    assert successor_faults(back, SECOND) == []
    assert list(back.point_ids) == list(FIRST.point_ids)
    assert list(back.zone_ids) == ["sub", "other"]
    assert back.version not in {FIRST.version, SECOND.version}
    assert np.diff(back.zone_point_start).tolist() == [3, 0]
    given = set(SECOND.point_number.tolist()) | set(FIRST.point_number.tolist())
    renewed = int(back.point_number[back.find_points(["p2"])[0]])
    assert renewed not in given
    again = network_of(DEVICES, [*POINTS, Point("p4", "t1")], back, 2)
    assert successor_faults(again, back) == []
