"""A storm in miniature, lived through before the real one: it loads every compiled loop.

The machine code of a loop is loaded at its first call, or compiled where it is not kept yet: some seconds, or a minute.
That belongs into a start, not into the first instant of a blackout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, RAW_TOPICS, SCADA_EVENTS
from models.decoding.validation import SHORTEST_DEEP
from models.evidence.routing import Routing
from models.ingest.intake import Intake, Origin
from models.ingest.origin_reader import OriginReader
from models.ingest.readers.rows import RecordColumns
from models.network.compiler import compile_network
from models.network.tables import DeviceColumns, PointColumns
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from models.network.network import Network

START: Final = 1_782_900_000_000
METERS: Final = 8
_METER: Final = '{"event_id":"w","meter_id":"%s","kind":"%s","observed_at":"%s","received_at":"%s","source":"mesh"}'
_SCADA: Final = (
    '{"event_id":"w","device_id":"breaker","kind":"position","position":"%s","quality":"good","observed_at":"%s",'
    '"received_at":"%s","source":"ems"}'
)
_CALL: Final = (
    '{"event_id":"w","usage_point_id":"p0","kind":"no_power","channel":"ivr","observed_at":"%s","received_at":"%s"}'
)
_CREW: Final = (
    '{"event_id":"w","crew_id":"7","status":"on_site","device_id":"breaker","observed_at":"%s","received_at":"%s"}'
)


def warm_up() -> int:
    """Live through the storm; returns how many revisions were published, which nobody needs."""
    network = _network()
    parameters = Parameters()
    intake = _intake(network)
    origins = [f"{topic}/0" for topic in RAW_TOPICS]
    engine = Engine(Shared(network, parameters, lay_delivery(network, parameters)), origins)
    revisions = 0
    for topic, second, lines in _storm():
        at = START + 1000 * second
        times = np.full(len(lines), at)
        origin = intake.origins[f"{topic}/0"]
        offsets = origin.position + np.arange(len(lines))
        intake.take(f"{topic}/0", lines, RecordColumns(offsets, times, [b""] * len(lines)))
        for name in origins:
            intake.reach(name, at)
        for _, record in intake.flush(everywhere=True):
            revisions += sum(len(engine.advance(batch, at).lifecycle) for batch in record.batches)
    Engine(Shared(network, parameters, lay_delivery(network, parameters)), origins, state=engine.snapshot())
    return revisions


def _storm() -> list[tuple[str, int, list[bytes]]]:
    """What is heard, second by second: a breaker opens with all below it, closes, and a lone service stays out.

    Then a false gasp, and a closing that nobody below confirms.
    """

    def meters(kind: str, second: int, some: range) -> list[bytes]:
        at = format_time(START + 1000 * second)
        return [(_METER % (f"m{meter}", kind, at, at)).encode() for meter in some]

    def report(text: str, second: int, *fields: str) -> list[bytes]:
        at = format_time(START + 1000 * second)
        return [(text % (*fields, at, at)).encode()]

    every = range(METERS)
    return [
        (METER_EVENTS, 1, [*meters("last_gasp", 1, every[:4]), b'{"event_id":"no more"', b"[" * SHORTEST_DEEP]),
        (METER_EVENTS, 9, meters("last_gasp", 9, every[4:])),
        (SCADA_EVENTS, 12, report(_SCADA, 12, "open")),
        (CALL_EVENTS, 13, report(_CALL, 13)),
        (CREW_EVENTS, 14, report(_CREW, 14)),
        (METER_EVENTS, 900, meters("power_restored", 900, range(2, METERS))),
        (SCADA_EVENTS, 901, report(_SCADA, 901, "closed")),
        (METER_EVENTS, 930, meters("last_gasp", 930, range(4, 6))),
        (METER_EVENTS, 7200, meters("ping_on", 7200, every)),
        (METER_EVENTS, 8000, meters("last_gasp", 8000, every[:1])),
        (METER_EVENTS, 8010, meters("ping_on", 8010, every[:1])),
        (METER_EVENTS, 8100, meters("last_gasp", 8100, every)),
        (SCADA_EVENTS, 8101, report(_SCADA, 8101, "open")),
        (SCADA_EVENTS, 8400, report(_SCADA, 8400, "closed")),
        (METER_EVENTS, 9900, meters("ping_on", 9900, every)),
    ]


def _intake(network: Network) -> Intake:
    routing = Routing.of(network, np.zeros(len(network.zone_ids), np.int32), 1)
    origins = {f"{topic}/0": Origin(OriginReader(network, topic, 0), 1, 0, 0, {0: 0}) for topic in RAW_TOPICS}
    return Intake(network, routing, origins)


def _network() -> Network:
    """A breaker above two transformers of four meters each."""
    devices = DeviceColumns.bare(["breaker", "t0", "t1"], [3, 9, 9], [-1, 0, 0], ["s"] * 3)
    ids, meters = ([f"{letter}{point}" for point in range(METERS)] for letter in "pm")
    return compile_network(devices, PointColumns.bare(ids, meters, np.repeat(np.array([1, 2], np.int32), METERS // 2)))
