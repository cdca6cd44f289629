"""The compiled arrays against the plain definition, on random forests."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.network.network import DEVICE_KINDS, PRIORITIES, Network
from tests.worlds.networks import Device, Point, network_of

words = st.text(max_size=3)


@st.composite
def forests(draw: st.DrawFn) -> tuple[list[Device], list[Point]]:
    """Draw devices in any order of rows, and usage points anywhere below them."""
    count = draw(st.integers(1, 14))
    zone = draw(st.lists(st.sampled_from(["north", "süd", "1"]), min_size=count, max_size=count))
    parents = [draw(st.integers(-1, device - 1)) for device in range(count)]
    for device, parent in enumerate(parents):
        zone[device] = zone[parent] if parent >= 0 else zone[device]
    devices = [
        Device(
            id=f"d{device}",
            parent="" if parent < 0 else f"d{parent}",
            kind=draw(st.sampled_from(DEVICE_KINDS)),
            substation=zone[device],
            feeder=draw(st.sampled_from(["", "f1", "f2", "same"])),
            phases=draw(st.integers(0, 7)),
            ganged=draw(st.integers(-1, 1)),
            telemetered=draw(st.integers(-1, 1)),
            other_parent=draw(st.sampled_from(["", "d0"])),
        )
        for device, parent in enumerate(parents)
    ]
    ids = draw(st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=14))
    points = [
        Point(
            id=name,
            device=draw(st.sampled_from(devices)).id,
            meter=draw(st.sampled_from(["", f"meter\n{name}"])),
            collector=draw(st.sampled_from(["", "c1", "same"])),
            customers=draw(st.integers(0, 5)),
            priority=draw(st.sampled_from(PRIORITIES)),
            account=draw(st.sampled_from(["", "a1", "a2"])),
            phases=draw(st.integers(0, 7)),
        )
        for name in ids
    ]
    return draw(st.permutations(devices)), draw(st.permutations(points))


class Oracle:
    """What a network is, said with dictionaries and recursion."""

    def __init__(self, devices: list[Device], points: list[Point]) -> None:
        self.devices, self.points = devices, points
        self.by_id = {device.id: device for device in devices}
        zones = list(dict.fromkeys(device.substation for device in devices))
        self.order = [
            below.id
            for zone in zones
            for root in devices
            if not root.parent and root.substation == zone
            for below in self.preorder(root)
        ]

    def preorder(self, device: Device) -> Iterator[Device]:
        yield device
        for child in self.devices:
            if child.parent == device.id:
                yield from self.preorder(child)

    def below(self, name: str) -> set[str]:
        return {device.id for device in self.preorder(self.by_id[name])}

    def points_below(self, name: str) -> set[str]:
        below = self.below(name)
        return {point.id for point in self.points if point.device in below}

    def way_up(self, name: str) -> list[str]:
        parent = self.by_id[name].parent
        return [name, *(self.way_up(parent) if parent else [])]

    def top_of_class(self, name: str) -> str:
        same = [up for up in self.way_up(name) if self.points_below(up) == self.points_below(name)]
        return same[-1] if self.points_below(name) else name


@given(forests())
def test_slices_levels_and_classes(forest: tuple[list[Device], list[Point]]) -> None:
    network, oracle = network_of(*forest), Oracle(*forest)
    names, points = list(network.device_ids), list(network.point_ids)
    assert names == oracle.order
    for device, name in enumerate(names):
        start, end = network.point_start[device], network.point_end[device]
        parent = network.parent[device]
        assert set(names[device : network.device_end[device]]) == oracle.below(name)
        assert set(points[start:end]) == oracle.points_below(name)
        assert set(points[start : network.direct_end[device]]) == {p.id for p in oracle.points if p.device == name}
        assert ("" if parent < 0 else names[parent]) == oracle.by_id[name].parent
        assert network.level[device] == len(oracle.way_up(name)) - 1
        assert names[network.class_of[device]] == oracle.top_of_class(name)


@given(forests())
def test_zones_are_slices(forest: tuple[list[Device], list[Point]]) -> None:
    network, oracle = network_of(*forest), Oracle(*forest)
    for zone, name in enumerate(network.zone_ids):
        devices = slice(*network.zone_device_start[zone : zone + 2])
        points = slice(*network.zone_point_start[zone : zone + 2])
        expected = {device.id for device in oracle.devices if device.substation == name}
        assert set(network.device_ids[devices]) == expected
        assert set(network.point_ids[points]) == {point.id for point in oracle.points if point.device in expected}
        assert (network.device_zone[devices] == zone).all()
    assert network.zone_device_start[-1] == len(network.device_ids)


@given(forests())
def test_facts_stay_with_their_device_and_point(forest: tuple[list[Device], list[Point]]) -> None:
    network, oracle = network_of(*forest), Oracle(*forest)
    for at, name in enumerate(network.device_ids):
        device = oracle.by_id[name]
        assert DEVICE_KINDS[network.device_kind[at]] == device.kind
        assert named(network.feeder_ids, network.feeder[at]) == device.feeder
        assert named(network.device_ids, network.other_parent[at]) == device.other_parent
        assert network.device_phases[at] == (device.phases or 7)
        assert network.ganged[at] == (device.kind != "fuse" if device.ganged < 0 else bool(device.ganged))
        by_default = device.kind in {"breaker", "recloser"}
        assert network.telemetered[at] == (by_default if device.telemetered < 0 else bool(device.telemetered))
    by_id = {point.id: point for point in oracle.points}
    for at, name in enumerate(network.point_ids):
        point, device = by_id[name], oracle.by_id[by_id[name].device]
        assert network.device_ids[network.point_device[at]] == point.device
        assert network.meter_ids[at] == point.meter
        assert network.customers[at] == point.customers
        assert PRIORITIES[network.priority[at]] == point.priority
        assert named(network.account_ids, network.account[at]) == point.account
        assert network.point_phases[at] == (point.phases or device.phases or 7)
        assert network.collector_ids[network.collector[at]] == (point.collector or device.feeder or device.substation)


@given(forests(), st.lists(words))
def test_ids_are_found_exactly(forest: tuple[list[Device], list[Point]], others: list[str]) -> None:
    network = network_of(*forest)
    meters = list(network.meter_ids)
    wanted = [*others, *meters, *network.point_ids, *network.device_ids]
    assert network.find_meters(wanted).tolist() == [meters.index(x) if x and x in meters else -1 for x in wanted]
    assert network.find_points(wanted).tolist() == places(list(network.point_ids), wanted)
    assert network.find_devices(wanted).tolist() == places(list(network.device_ids), wanted)
    for account in ("", "a1", "a2", "a3"):
        expected = {point.id for point in forest[1] if account and point.account == account}
        assert set(network.point_ids.take(network.points_of_account(account))) == expected


@given(forests())
def test_version_is_that_of_the_content(forest: tuple[list[Device], list[Point]]) -> None:
    devices, points = forest
    network = network_of(devices, points)
    assert network_of(devices, points).version == network.version
    assert network_of(devices, points, network).version == network.version
    assert network_of([replace(devices[0], feeder="other"), *devices[1:]], points).version != network.version
    if points:
        changed = [replace(points[0], customers=points[0].customers + 1), *points[1:]]
        assert network_of(devices, changed).version != network.version


def test_arrays_are_read_only() -> None:
    network = network_of([Device("d")], [Point("p", "d")])
    for name in Network.__dataclass_fields__:
        value = getattr(network, name)
        assert not isinstance(value, np.ndarray) or not value.flags.writeable


def named(names: Sequence[str], index: int) -> str:
    return "" if index < 0 else names[index]


def places(names: list[str], wanted: list[str]) -> list[int]:
    return [names.index(name) if name in names else -1 for name in wanted]
