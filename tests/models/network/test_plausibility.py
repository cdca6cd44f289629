"""What looks wrong is told once a kind, with the first few; a sound network has nothing to tell."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from adapters.network.load import compile_folder
from models.network.network import Network
from models.network.plausibility import find_warnings
from tests.worlds.networks import Device, Point, network_of

NETWORKS = Path(__file__).parents[2] / "data" / "networks"


def town() -> Network:
    devices = [
        Device("breaker", kind="breaker", phases=3),
        Device("fuse", "breaker", "fuse", phases=1),
        *(Device(f"t{i}", "fuse", "transformer", phases=1) for i in range(5)),
        Device("tie", "breaker", "tie", phases=3),
        Device("behind", "tie", "transformer", phases=1),
    ]
    points = [Point(f"p{i}", f"t{i}", phases=1) for i in range(5)]
    network = network_of(devices, points)
    return placed(network, np.linspace(8.0, 8.1, len(points)), np.linspace(50.0, 50.1, len(points)))


def placed(network: Network, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> Network:
    devices = len(network.device_ids)
    return replace(
        network,
        device_longitude=np.full(devices, 8.0),
        device_latitude=np.full(devices, 50.0),
        point_longitude=longitude,
        point_latitude=latitude,
    )


def column(network: Network, name: str, **values: int) -> NDArray[np.uint8]:
    changed = getattr(network, name).copy()
    for entity, value in values.items():
        changed[list(network.device_ids if name.startswith("device") else network.point_ids).index(entity)] = value
    return np.asarray(changed)


def test_a_sound_network_has_no_warnings() -> None:
    assert find_warnings(town()) == []


def test_phases_that_the_device_above_lacks() -> None:
    network = town()
    network = replace(network, device_phases=column(network, "device_phases", fuse=4))
    devices, points = find_warnings(replace(network, point_phases=column(network, "point_phases", p1=2)))
    assert devices.startswith("6 devices ('fuse', 't0', 't1', ...) have a phase that their parent lacks")
    assert points.startswith("1 usage points ('p1') have a phase that their device lacks")


def test_an_island_and_points_below_a_tie() -> None:
    devices = [Device("breaker", kind="breaker"), Device("tie", "breaker", "tie"), Device("lost", kind="fuse")]
    network = network_of(devices, [Point("p0", "tie"), Point("p1", "breaker")])
    island, tie = find_warnings(placed(network, np.full(2, 8.0), np.full(2, 50.0)))
    assert island.startswith("1 devices ('lost') have no parent and are no source,")
    assert tie.startswith("1 usage points ('p0') stand below a tie")


@pytest.mark.parametrize(
    ("longitude", "latitude", "told"),
    [(0.0, 0.0, "stand at 0/0"), (50.05, 8.05, "seem to have longitude and latitude swapped"), (13.4, 52.5, None)],
)
def test_places_that_cannot_be(longitude: float, latitude: float, told: str | None) -> None:
    network = town()
    east, north = network.point_longitude.copy(), network.point_latitude.copy()
    east[2], north[2] = longitude, latitude
    warnings = find_warnings(placed(network, east, north))
    assert [warning.startswith(f"1 usage points ('p2') {told}") for warning in warnings] == [True] * (told is not None)


@pytest.mark.parametrize("name", ["ckt5", "epri_m1"])
def test_real_feeders_have_none(name: str) -> None:
    assert find_warnings(compile_folder(NETWORKS / name)) == []
