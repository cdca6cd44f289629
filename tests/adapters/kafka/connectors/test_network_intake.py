"""What tells of a mounting is settled once the others can hear of it, and what they tell is heard."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import orjson

from adapters.kafka.connectors.network_intake import MountingIntake
from models.contracts.topics import METER_EVENTS
from models.evidence.routing import Routing
from models.ingest.intake import Intake, Origin
from models.ingest.mounting.mountings import Mounting
from models.ingest.origin_reader import OriginReader
from models.ingest.readers.rows import RecordColumns
from tests.worlds.evidence import START
from tests.worlds.networks import Device, Point, network_of

NETWORK = network_of([Device("d0", "", "breaker", "sub0")], [Point("p0", "d0"), Point("p1", "d0")])
NAME = f"{METER_EVENTS}/0"


def say(intake: Intake, offset: int, meter: str, kind: str, **more: str) -> Any:
    event = {"event_id": "e", "meter_id": meter, "kind": kind, "source": "mesh"}
    line = orjson.dumps(event | {"observed_at": START, "received_at": START} | more)
    return intake.take(NAME, [line], RecordColumns(np.array([offset]), np.array([START])))


def test_a_mounting_is_waited_for_and_others_are_heard_of() -> None:
    origin = Origin(OriginReader(NETWORK, METER_EVENTS), 1, 0, 0, {0: 0})
    intake = Intake(NETWORK, Routing.of(NETWORK, NETWORK.zone_partition, 1), {NAME: origin})
    told: list[Mounting] = []
    reader: Any = SimpleNamespace(poll=lambda: told, close=lambda: None)
    meters = MountingIntake(intake, reader)
    meters.tell(say(intake, 0, "new", "installed", usage_point_id="p0").mounted)
    receipt = intake.receipt
    for _ in intake.flush(everywhere=True):
        receipt.delivered()
    assert intake.settle()[NAME][0] == 0  # nobody else knows of it yet
    ((partition, (record,)),) = meters.take()
    assert partition == "00000"
    assert record.receipt is not None
    record.receipt.delivered()
    assert intake.settle()[NAME][0] == 1
    assert meters.take() == []
    assert say(intake, 1, "other", "last_gasp").dead_letters
    told.append(Mounting("other", "p1", START, START, 3, 9))
    meters.poll()
    assert not say(intake, 2, "other", "last_gasp").dead_letters
    assert intake.exchanged() == {"standing": 2, "confirmed": 0, "overruled": 0}
    later = network_of([Device("d0", "", "breaker", "sub0")], [Point("p0", "d0", "new"), Point("p1", "d0")])
    assert intake.release(later, START + 1000, START + 1).told() == (
        "1 confirmed (meter new at p0); 1 older than its tables, and over (meter other at p1)"
    )
    assert intake.exchanged() == {"standing": 0, "confirmed": 1, "overruled": 1}
