"""Zones and devices as records: what the versions say one after the other is how the last one has it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from hypothesis import given, settings

from models.contracts.outputs.network import DeviceStateRecord, ZoneStateRecord
from models.current_network.places import PlacedRecord, device_news, zone_news
from models.network.network import Network
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.random_storms import Storm
from tests.worlds.releases import Version, released_storms

News = Callable[[Network, Network | None, Collection[int]], Iterator[PlacedRecord]]
Places = dict[tuple[int, str], Any]


def taken(places: Places, news: Iterator[PlacedRecord]) -> Places:
    for partition, _, key, record in news:
        assert places.get((partition, key)) != record
        places = {**places, (partition, key): record}
    return {key: record for key, record in places.items() if record is not None}


def unversioned(places: Places) -> Places:
    return {key: {**record, "network_version": ""} for key, record in places.items()}


@given(released_storms())
@settings(deadline=None)
def test_news_add_up_to_the_last_version(drawn: tuple[Storm, list[Version]]) -> None:
    storm, versions = drawn
    networks = [storm.network, *(network for _, network in versions)]
    partitions = range(storm.network.evidence_partitions)
    for of, contract in ((device_news, DeviceStateRecord), (zone_news, ZoneStateRecord)):
        news: News = of
        places: Places = {}
        before = None
        for network in networks:
            places = taken(places, news(network, before, partitions))
            before = network
        whole = taken({}, news(networks[-1], None, partitions))
        assert unversioned(places) == unversioned(whole)
        assert list(news(networks[-1], networks[-1], partitions)) == []
        for record in places.values():
            contract.model_validate(record)
        some = [one for part in partitions for one in news(networks[-1], networks[0], [part])]
        assert sorted(some, key=lambda one: one.key) == sorted(
            news(networks[-1], networks[0], partitions), key=lambda one: one.key
        )


def test_what_a_record_says() -> None:
    devices = [
        Device("b", "", "breaker", "s", feeder="f", telemetered=1), Device("t", "b", "transformer", "s", feeder="f")
    ]  # fmt: skip
    network = network_of(devices, [Point("p", "t", customers=3), Point("q", "b")])
    told = {key: record for _, _, key, record in device_news(network, None, range(8)) if record}
    assert told["b"]["customers_served"] == 4
    assert (told["t"]["parent_id"], told["t"]["customers_served"], told["t"]["kind"]) == ("b", 3, "transformer")
    assert told["b"]["feeder_id"] == "f"
    ((_, _, key, zone),) = zone_news(network, None, range(8))
    assert zone is not None
    assert (key, zone["customers_served"], zone["usage_points"], zone["devices"]) == ("s", 4, 2, 2)
    assert zone["feeders"] == [{"feeder_id": "f", "customers_served": 4}]
