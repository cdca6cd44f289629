"""A new version of a network: numbers stay, and so do zones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_moves_to_another_zone_are_refused_all_at_once() -> None:
    rows = [Device("a", substation="west"), Device("b", substation="east")]
    before = network_of(rows, [Point("p", "a"), Point("q", "b")])
    with pytest.raises(NetworkFaults) as refused:
        network_of(
            [Device("a", substation="east"), Device("b", substation="west")], [Point("p", "a"), Point("q", "a")], before
        )
    assert refused.value.faults == [
        "device 'b' moved from zone 'east' to 'west'; a zone keeps what it has: put it back or give it a new id",
        "device 'a' moved from zone 'west' to 'east'; a zone keeps what it has: put it back or give it a new id",
        "usage point 'p' moved from zone 'west' to 'east'; a zone keeps what it has: put it back or give it a new id",
    ]
