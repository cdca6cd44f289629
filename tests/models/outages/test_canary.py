"""Outages on canary zones are found, and nothing that is said of real zones is another word for them."""

from __future__ import annotations

import re

import orjson
import pytest

from models.network.canary.names import is_canary
from models.times.iso8601 import parse_time
from tests.worlds.canaries import (
    Made,
    Records,
    engine_of,
    first_feeder,
    live,
    live_in_parts,
    made_on,
    network_with_canaries,
    network_without,
    records_of,
    storm_with,
    told_of,
)

BEGIN = parse_time("2026-07-12T17:05:00Z")
EVERY = 900_000
VERSION = re.compile(rb'"network_version":"[0-9a-f]+"')
OWN = ("canary_lifecycle", "canary_restorations")


@pytest.fixture(scope="module")
def made() -> Made:
    return made_on(first_feeder(network_with_canaries()), BEGIN, EVERY, seed=4)


@pytest.fixture(scope="module")
def records(made: Made) -> Records:
    network = network_with_canaries()
    return records_of(live(engine_of(network), network, storm_with(made.messages)))


def test_real_records_are_those_of_a_network_without_canaries(records: Records) -> None:
    network = network_without()
    without = records_of(live(engine_of(network), network, storm_with([])))
    assert len(without["lifecycle"]) > 20
    for name, lines in without.items():
        if name not in OWN:  # but for the version's name, all is the same to the byte
            assert [VERSION.sub(b"", line) for line in records[name]] == [VERSION.sub(b"", line) for line in lines], (
                name
            )


def test_it_is_the_same_from_states(made: Made, records: Records) -> None:
    again = records_of(live_in_parts(network_with_canaries(), storm_with(made.messages), 7))
    assert again == records


def test_other_rules_go_on_where_the_topics_end(made: Made) -> None:
    network, storm = network_with_canaries(), storm_with(made.messages[:60])
    engine = engine_of(network)
    assert sum(len(some.canary_lifecycle) for some in live(engine, network, storm))
    said = engine.reconcile({"lifecycle": 500, "canary_lifecycle": 70}, {})
    assert not said.canary_lifecycle
    assert engine.state.sequences["canary_lifecycle"] == 70


def test_what_is_made_is_found_and_over(made: Made, records: Records) -> None:
    told_of(made, records["canary_lifecycle"])
    results = [exercise.result() for exercise in made.exercises]
    assert [result.why for result in results] == [""] * 10
    assert {(result.found, result.restored) for result in results} == {("right", "right")}
    for name in OWN:
        told = [orjson.loads(line) for line in records[name]]
        assert [record["sequence"] for record in told] == list(range(1, len(told) + 1))
        assert name != "canary_lifecycle" or all(is_canary(record["zone_id"]) for record in told)
    for name, lines in records.items():
        assert name in OWN or not any(b"faultline.canary" in line for line in lines)
