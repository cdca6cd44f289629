"""Other rules go on where the topics end: what is open is said once more, what is open there alone is ended."""

from __future__ import annotations

from typing import Any

import pytest

from models.contracts.outputs.outage import OutageRecord
from models.contracts.topics import METER_EVENTS
from models.ingest.origin_reader import OriginReader
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from tests.worlds.evidence import START, Evidence
from tests.worlds.networks import Device, Point, network_of

NETWORK = network_of(
    [Device("s", "", "source"), *(Device(f"t{place}", "s", "transformer") for place in range(2))],
    [Point(f"p{place}{point}", f"t{place}") for place in range(2) for point in range(6)],
)


def shared() -> Shared:
    """What the engines of one process share, the columns of their points among it."""
    return Shared(NETWORK, Parameters(), lay_delivery(NETWORK, Parameters(), []))


def engine_with_an_outage() -> tuple[Engine, list[dict[str, Any]]]:
    evidence = Evidence()
    evidence.meter(" ".join(f"p0{point}" for point in range(6)), "last_gasp", 10)
    evidence.meter("p10", "ping_on", 200)
    reader = OriginReader(NETWORK, METER_EVENTS)
    engine = Engine(shared(), [reader.origin])
    return engine, engine.advance(reader.read(evidence.lines()[METER_EVENTS], 0, 0).batch).lifecycle


def test_what_is_open_is_said_once_more_after_all_that_stands_there() -> None:
    engine, told = engine_with_an_outage()
    last = told[-1]
    gone = last | {"outage_id": "a" * 26, "revision": 4, "event_id": "a" * 26 + ":4", "status": "detected"}
    over = gone | {"outage_id": "b" * 26, "status": "restored"}
    standing = {last["outage_id"]: last | {"revision": 17}, gone["outage_id"]: gone, over["outage_id"]: over}
    numbers = {
        "lifecycle": 90,
        "restorations": 30,
        "membership": 40,
        "states": 95,
        "health": 2,
        "clock": 70,
        "dead_letters": 5,
    }
    ended = engine.reconcile(numbers, standing)
    (end,) = ended.lifecycle
    assert (end["outage_id"], end["revision"], end["status"], end["customers_out"]) == ("a" * 26, 5, "cancelled", 0)
    assert (end["sequence"], ended.states[0]["sequence"]) == (91, 96)
    OutageRecord.model_validate(end)
    engine = Engine(shared(), [f"{METER_EVENTS}/0"], state=engine.snapshot())
    evidence = Evidence()
    evidence.meter("p11", "ping_on", 210)
    batch = OriginReader(NETWORK, METER_EVENTS).read(evidence.lines()[METER_EVENTS], 7, START + 200_000).batch
    (again,) = engine.advance(batch).lifecycle
    assert (again["outage_id"], again["revision"], again["sequence"]) == (last["outage_id"], 18, 92)
    assert set(again["change"]) >= {"status", "device_id", "customers_out"}
    assert again["customers_out"] == last["customers_out"] == 6


def read(engine: Engine, evidence: Evidence, first: int) -> list[dict[str, Any]]:
    """What an engine says of these lines, `first` being the offset of the first of them."""
    lines = evidence.lines()[METER_EVENTS]
    return engine.advance(OriginReader(NETWORK, METER_EVENTS).read(lines, first, 0).batch).lifecycle


NUMBERS = dict.fromkeys(("lifecycle", "restorations", "membership", "states", "health", "clock", "dead_letters"), 0)


@pytest.mark.parametrize("suspected", ["", "p00 p01 p02"])
def test_what_was_ended_is_not_begun_again_under_its_name(suspected: str) -> None:
    """Readers go by the highest revision of a name; nothing is known of it, or it is but suspected."""
    _, told = engine_with_an_outage()
    last = told[-1] | {"revision": 4}
    engine, evidence = Engine(shared(), [f"{METER_EVENTS}/0"]), Evidence()
    evidence.meter(suspected, "last_gasp", 10)
    evidence.meter("p10", "ping_on", 22, 0)
    assert read(engine, evidence, 0) == []
    assert set(engine.state.partition.by_name) == ({last["outage_id"]} if suspected else set())
    (end,) = engine.reconcile(NUMBERS, {last["outage_id"]: last}).lifecycle
    assert (end["outage_id"], end["revision"]) == (last["outage_id"], 5)
    engine, evidence = Engine(shared(), [f"{METER_EVENTS}/0"], state=engine.snapshot()), Evidence()
    evidence.meter(" ".join(f"p0{point}" for point in range(6)), "last_gasp", 10, 13)
    evidence.meter("p10", "ping_on", 200)
    (again, *_) = read(engine, evidence, 1 + len(suspected.split()))
    assert (again["device_id"], again["started_at"]) == (last["device_id"], last["started_at"])
    assert (again["outage_id"] == last["outage_id"]) == bool(suspected)
    assert again["revision"] == (6 if suspected else 1)
