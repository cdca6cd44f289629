"""What is told of zones, devices and usage points knows no canaries."""

from __future__ import annotations

from typing import Any

from models.current_network.places import device_news, zone_news
from models.ledger.directory import usage_point_records
from models.network.network import Network
from tests.worlds.canaries import network_with_canaries, network_without


def told(network: Network, before: Network | None = None) -> list[Any]:
    places = [*device_news(network, before, range(8)), *zone_news(network, before, range(8))]
    whole = [(place.key, place.record) for place in places] + list(usage_point_records(network))
    return [(key, record and record | {"network_version": ""}) for key, record in whole]


def test_places_and_points_are_those_of_the_network_without_them() -> None:
    with_them, without = network_with_canaries(), network_without()
    assert told(with_them) == told(without)
    points = len(list(usage_point_records(without)))
    for before, after in (
        (with_them, network_without(with_them)),
        (without, network_with_canaries(previous=without)),
    ):
        assert len(told(after, before)) == points  # no place is another one
