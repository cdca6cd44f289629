"""Zones divided among evidence partitions: an engine for each says together what one engine says of all."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.topics import CREW_EVENTS
from models.evidence.routing import Routing
from models.network.faults import NetworkFaults
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import DeliveryRate, lay_delivery
from models.outages.weights.parameters import Parameters
from tests.worlds.evidence_log import ORIGINS, Appended, random_log, read_log
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.random_storms import Storm, storms

LIVELY = 900
PARTITIONS = 3


def read_by_partition(storm: Storm, log: list[Appended], restarts: random.Random) -> list[list[dict[str, Any]]]:
    """What the engines of all partitions say, in one process, restarted now and then."""
    network, parameters = storm.network, Parameters()
    shared = Shared(network, parameters, lay_delivery(network, parameters, [DeliveryRate("*", "*", 0.85)]))
    routing = Routing.of(network, network.zone_partition, PARTITIONS)
    mine = [network.zone_partition == partition for partition in range(PARTITIONS)]
    engines = [Engine(shared, ORIGINS, zones=zones) for zones in mine]
    said: list[list[dict[str, Any]]] = [[], [], []]
    for appended in log:
        split = routing.split(appended.batch, 0)
        nothing = appended.batch.without_rows()
        for partition, engine in enumerate(engines):
            published = engine.advance(split.get(partition, nothing), appended.at)
            assert all(mine[partition][place(storm, record)] for record in published.lifecycle)
            said[0] += published.lifecycle
            said[1] += published.restorations
            said[2] += published.answers
            if restarts.random() < 0.1:
                engines[partition] = Engine(shared, ORIGINS, state=engine.snapshot(), zones=mine[partition])
    return said


def place(storm: Storm, record: dict[str, Any]) -> int:
    zones: list[str] = list(storm.network.zone_ids)
    return zones.index(record["zone_id"])


def in_order(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without their numbers."""
    plain = [{name: value for name, value in record.items() if name != "sequence"} for record in records]
    return sorted(plain, key=lambda record: (record["updated_at"], record["event_id"]))


@settings(max_examples=60)
@given(storm=storms(), draw=st.randoms(use_true_random=False))
def test_an_engine_a_partition_says_what_one_engine_says(storm: Storm, draw: random.Random) -> None:
    """A damaged device that a crew finds in another zone than the outage's is no device there: it is left out here."""
    crew = [orjson.loads(line) for line in storm.lines.get(CREW_EVENTS, [])]
    for event in crew:
        if "outage_id" in event:
            del event["found_device_id"]
    storm.network = network_of(storm.devices, storm.points, evidence_partitions=PARTITIONS)
    log = random_log(
        storm.network, storm.lines | {CREW_EVENTS: list(map(orjson.dumps, crew))}, draw, LIVELY, repeat=True
    )
    expected, _ = read_log(storm.network, log)
    lifecycle, restorations, answers = read_by_partition(storm, log, draw)
    assert in_order(lifecycle) == in_order(expected.lifecycle)
    assert in_order(restorations) == in_order(expected.restorations)
    assert in_order(answers) == in_order(expected.answers)


def town_of(*sizes: int) -> tuple[list[Device], list[Point]]:
    """Zones of so many usage points each."""
    devices = [Device(f"d{zone}", substation=f"s{zone}") for zone in range(len(sizes))]
    return devices, [Point(f"p{zone}-{i}", f"d{zone}") for zone, size in enumerate(sizes) for i in range(size)]


def test_zones_go_where_the_fewest_usage_points_are_and_stay_there() -> None:
    before = network_of(*town_of(1, 5, 3, 3), evidence_partitions=2)
    assert before.zone_partition.tolist() == [0, 0, 1, 1]
    after = network_of(*town_of(1, 5, 3, 9, 2, 4), before, 2)
    assert after.zone_partition.tolist() == [0, 0, 1, 1, 0, 0]
    assert network_of(*town_of(1, 5, 3, 3), evidence_partitions=3).version != before.version


def test_another_number_of_partitions_is_refused() -> None:
    before = network_of(*town_of(1), evidence_partitions=2)
    with pytest.raises(NetworkFaults, match=r"has 2 evidence partitions, not 8.*give --evidence-partitions 2"):
        network_of(*town_of(1), before)
    with pytest.raises(NetworkFaults, match="0 is no number of evidence partitions"):
        network_of(*town_of(1), evidence_partitions=0)
