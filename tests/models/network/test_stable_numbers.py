"""A new version of a network: numbers stay, and so do zones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.network.canary.names import zone_id_of
from models.network.faults import NetworkFaults
from models.network.network import Network
from tests.worlds.networks import Device, Point, network_of

ids = st.permutations([f"{number}" for number in range(6)]).flatmap(
    lambda names: st.integers(0, 6).map(lambda count: names[:count])
)


def version(devices: list[str], points: list[str], previous: Network | None) -> Network:
    """Make a network where each zone has a bus that stays, and devices and points that come and go."""
    buses = [Device(f"bus {zone}", substation=zone) for zone in ("north", "south")]
    rows = [Device(name, f"bus {place(name)}", substation=place(name)) for name in devices]
    return network_of(buses + rows, [Point(name, f"bus {place(name)}") for name in points], previous)


def place(name: str) -> str:
    return "north" if int(name) % 2 else "south"


@given(st.lists(st.tuples(ids, ids), min_size=1, max_size=4))
def test_numbers_stay_and_are_never_given_twice(versions: list[tuple[list[str], list[str]]]) -> None:
    network: Network | None = None
    given_to: dict[int, str] = {}
    numbers: dict[str, int] = {}
    for devices, points in versions:
        network = version(devices, points, network)
        of_points = dict(zip(network.point_ids, network.point_number.tolist(), strict=True))
        for name, number in of_points.items():
            assert numbers.get(name, number) == number
            assert given_to.setdefault(number, name) == name
        assert [network.point_position[number] for number in of_points.values()] == list(range(len(points)))
        numbers = of_points  # one that is gone may come back, as a new one
        given_to |= {number: "gone" for number, name in given_to.items() if name not in numbers}
        alive = {number for number, position in enumerate(network.point_position) if position >= 0}
        assert alive == set(numbers.values())
        assert len(network.point_position) == len(given_to)
        for name, number in zip(network.device_ids, network.device_number.tolist(), strict=True):
            assert network.device_ids[network.device_position[number]] == name


def test_zones_keep_their_place_even_when_empty() -> None:
    before = network_of([Device("a", substation="old"), Device("b", substation="stays")], [])
    after = network_of([Device("c", substation="new"), Device("b", substation="stays")], [], before)
    assert list(after.zone_ids) == ["old", "stays", "new"]
    assert after.zone_device_start.tolist() == [0, 0, 1, 2]
    assert list(after.device_ids) == ["b", "c"]


ROWS = [Device("a", substation="west"), Device("b", substation="east")]
POINTS = [Point("p", "a"), Point("q", "b")]


def test_moves_to_another_evidence_partition_are_refused_all_at_once() -> None:
    before = network_of(ROWS, POINTS)
    with pytest.raises(NetworkFaults) as refused:
        network_of([Device("a", substation="east"), Device("b", substation="west")], POINTS[:1], before)
    begins = [fault.partition("; ")[0] for fault in refused.value.faults]
    assert begins == [
        "device 'b' moved from zone 'east' of evidence partition 1 to 'west' of 0",
        "device 'a' moved from zone 'west' of evidence partition 0 to 'east' of 1",
        "usage point 'p' moved from zone 'west' of evidence partition 0 to 'east' of 1",
    ]


def test_within_an_evidence_partition_all_may_move() -> None:
    before = network_of(ROWS, POINTS, evidence_partitions=1)
    swapped = network_of([Device("a", substation="east"), Device("b", substation="west")], POINTS, before, 1)
    assert swapped.point_number[swapped.find_points(["p", "q"])].tolist() == [0, 1]
    assert [swapped.zone_ids[zone] for zone in swapped.device_zone[swapped.find_devices(["a", "b"])]] == [
        "east",
        "west",
    ]


def test_a_new_zone_is_put_where_most_of_it_was() -> None:
    before = network_of(ROWS, [*POINTS, Point("r", "b"), *(Point(f"s{number}", "b") for number in range(9))])
    assert before.zone_partition.tolist() == [1, 0]
    split = [*ROWS, Device("c", substation="south"), Device("d", "c", substation="south")]
    after = network_of(split, [Point("p", "a"), Point("q", "b"), Point("r", "d"), Point("new", "c")], before)
    assert after.zone_partition.tolist() == [1, 0, 0]
    everybody = [*POINTS, Point("r", "d"), Point("x", "e")]
    only_new = network_of([*split, Device("e", substation="north")], everybody, after)
    assert only_new.zone_partition[3] == 2


def test_nothing_goes_out_of_a_canary_zone() -> None:
    canary = zone_id_of(0)
    before = network_of([*ROWS, Device("c", substation=canary)], POINTS, evidence_partitions=1)
    with pytest.raises(NetworkFaults, match="'c' moved from zone"):
        network_of([*ROWS, Device("c", substation="west")], POINTS, before, 1)
