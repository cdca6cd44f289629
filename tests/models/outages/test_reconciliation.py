"""Other rules go on where the topics end: what is open is said once more, what is open there alone is ended."""

from __future__ import annotations

from typing import Any

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
SHARED = Shared(NETWORK, Parameters(), lay_delivery(NETWORK, Parameters(), []))


def engine_with_an_outage() -> tuple[Engine, list[dict[str, Any]]]:
    evidence = Evidence()
    evidence.meter(" ".join(f"p0{point}" for point in range(6)), "last_gasp", 10)
    evidence.meter("p10", "ping_on", 200)
    reader = OriginReader(NETWORK, METER_EVENTS)
    engine = Engine(SHARED, [reader.origin])
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
    engine = Engine(SHARED, [f"{METER_EVENTS}/0"], state=engine.snapshot())
    evidence = Evidence()
    evidence.meter("p11", "ping_on", 210)
    batch = OriginReader(NETWORK, METER_EVENTS).read(evidence.lines()[METER_EVENTS], 7, START + 200_000).batch
    (again,) = engine.advance(batch).lifecycle
    assert (again["outage_id"], again["revision"], again["sequence"]) == (last["outage_id"], 18, 92)
    assert set(again["change"]) >= {"status", "device_id", "customers_out"}
    assert again["customers_out"] == last["customers_out"] == 6
