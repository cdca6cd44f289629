"""A storm in miniature, lived through before the real one: it loads every compiled loop.

The machine code of a loop is loaded at its first call, or compiled where it is not kept yet: some seconds, or a minute.
That belongs into a start, not into the first instant of a blackout.

A loop is compiled once for each kind of array, and what was read from bytes is read only. So the storm takes the ways
that a real one takes, and no list of loops is kept: by the log's records and a state in bytes, and from files.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, RAW_TOPICS, SCADA_EVENTS
from models.decoding.validation import SHORTEST_DEEP
from models.evidence.log_record import decode_record, encode_record
from models.evidence.routing import Routing
from models.ingest.file_origin import FileOrigin
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
Storm = list[tuple[str, int, list[bytes]]]
"""Topic, second and lines."""
ORIGINS: Final = [f"{topic}/0" for topic in RAW_TOPICS]
_METER: Final = '{"event_id":"w","meter_id":"%s","kind":"%s","observed_at":"%s","received_at":"%s","source":"mesh"}'
_SCADA: Final = (
    '{"event_id":"w","device_id":"%s","kind":"position","position":"%s","quality":"good","observed_at":"%s",'
    '"received_at":"%s","source":"ems"}'
)
_CALL: Final = (
    '{"event_id":"w","usage_point_id":"p0","kind":"no_power","channel":"ivr","observed_at":"%s","received_at":"%s"}'
)
_CREW: Final = '{"event_id":"w","crew_id":"7","status":"on_site","%s":"%s","observed_at":"%s","received_at":"%s"}'


def warm_up() -> int:
    """Live through the storm as on Kafka; returns how many revisions were published, which nobody needs.

    Twice: evidence that waits is joined with what comes, or it is looked at as it came.
    """
    return _live_through(_storm()) + _live_through(_storm(as_nearly_all=True), calm=1000)


def _live_through(storm: Storm, calm: int = 0) -> int:
    """`calm` milliseconds follow after all that is heard."""
    network = _network()
    intake, shared = _intake(network), _shared(network)
    engine, revisions = Engine(shared, ORIGINS), 0
    for topic, second, lines in storm:
        at = START + 1000 * second
        times = np.full(len(lines), at)
        origin = intake.origins[f"{topic}/0"]
        offsets = origin.position + np.arange(len(lines))
        intake.take(f"{topic}/0", lines, RecordColumns(offsets, times, [b""] * len(lines)))
        for until in (at, at + calm):
            for name in ORIGINS:
                intake.reach(name, until)
            for _, record in intake.flush(everywhere=True):
                batches = decode_record(encode_record(record)).batches
                revisions += sum(len(engine.advance(batch, until).lifecycle) for batch in batches)
        engine = Engine(shared, ORIGINS, state=engine.snapshot())
    return revisions


def warm_up_files() -> int:
    """Live through the storm as a replay does, and feed it; returns how many revisions were published."""
    network = _network()
    fed = {topic: FileOrigin(OriginReader(network, topic)) for topic in RAW_TOPICS}
    read = {topic: FileOrigin(OriginReader(network, topic)) for topic in RAW_TOPICS}
    engine, revisions = Engine(_shared(network), ORIGINS), 0
    for topic, _, lines in [*_storm(), *((topic, 0, []) for topic in RAW_TOPICS)]:
        last = not lines
        fed[topic].take_times(lines, last=last)
        batches = [read[topic].take(lines, last=last).batch]
        if last:
            batches.append(read[topic].reader.end(read[topic].log_time))
        revisions += sum(len(engine.advance(batch).lifecycle) for batch in batches)
    return revisions


def _shared(network: Network) -> Shared:
    parameters = Parameters()
    return Shared(network, parameters, lay_delivery(network, parameters))


def _storm(*, as_nearly_all: bool = False) -> Storm:
    """What is heard, second by second: a breaker opens with all below it, closes, and a lone service stays out.

    Then a false gasp, and a closing that nobody below confirms; what only a crew finds; a closing that half of those
    below confirm; at last a part is fed over a tie, and one that lost power is.
    Meters' lines are all as nearly all are, or some are written otherwise.
    """

    def meters(kind: str, second: int, some: range) -> list[bytes]:
        at = format_time(START + 1000 * second)
        lines = [(_METER % (f"m{meter}", kind, at, at)).encode() for meter in some]
        return lines if as_nearly_all else [lines[0].replace(b"m", b"\\u006d", 1), *lines[1:]]

    def report(text: str, second: int, *fields: str) -> list[bytes]:
        at = format_time(START + 1000 * second)
        return [(text % (*fields, at, at)).encode()]

    every = range(METERS)
    return [
        (METER_EVENTS, 1, [*meters("last_gasp", 1, every[:4]), b'{"event_id":"no more"', b"[" * SHORTEST_DEEP]),
        (METER_EVENTS, 9, meters("last_gasp", 9, every[4:])),
        (SCADA_EVENTS, 12, report(_SCADA, 12, "breaker", "open")),
        (CALL_EVENTS, 13, report(_CALL, 13)),
        (CREW_EVENTS, 14, report(_CREW, 14, "device_id", "breaker")),
        (METER_EVENTS, 900, meters("power_restored", 900, range(2, METERS))),
        (SCADA_EVENTS, 901, report(_SCADA, 901, "breaker", "closed")),
        (METER_EVENTS, 930, meters("last_gasp", 930, range(4, 6))),
        (METER_EVENTS, 7200, meters("ping_on", 7200, every)),
        (METER_EVENTS, 8000, meters("last_gasp", 8000, every[:1])),
        (METER_EVENTS, 8010, meters("ping_on", 8010, every[:1])),
        (METER_EVENTS, 8100, meters("last_gasp", 8100, every)),
        (SCADA_EVENTS, 8101, report(_SCADA, 8101, "breaker", "open")),
        (SCADA_EVENTS, 8400, report(_SCADA, 8400, "breaker", "closed")),
        (METER_EVENTS, 9900, meters("ping_on", 9900, every)),
        (CREW_EVENTS, 10_500, report(_CREW, 10_500, "open_device_id", "t1")),
        (METER_EVENTS, 11_000, meters("ping_on", 11_000, every)),
        (METER_EVENTS, 12_000, meters("last_gasp", 12_000, every)),
        (SCADA_EVENTS, 12_001, report(_SCADA, 12_001, "breaker", "open")),
        (SCADA_EVENTS, 12_400, report(_SCADA, 12_400, "breaker", "closed")),
        (METER_EVENTS, 12_405, meters("power_restored", 12_405, every[: METERS // 2])),
        (METER_EVENTS, 14_000, meters("ping_on", 14_000, every[: METERS // 2])),
        (METER_EVENTS, 16_000, meters("ping_on", 16_000, every)),
        (SCADA_EVENTS, 17_000, report(_SCADA, 17_000, "tie", "closed")),
        (SCADA_EVENTS, 17_060, report(_SCADA, 17_060, "t0", "open")),
        (SCADA_EVENTS, 17_200, report(_SCADA, 17_200, "t0", "closed")),
        (SCADA_EVENTS, 17_300, report(_SCADA, 17_300, "tie", "open")),
        (METER_EVENTS, 18_000, meters("last_gasp", 18_000, every[: METERS // 2])),
        (SCADA_EVENTS, 18_001, report(_SCADA, 18_001, "t0", "open")),
        (SCADA_EVENTS, 18_300, report(_SCADA, 18_300, "tie", "closed")),
        (METER_EVENTS, 18_302, meters("power_restored", 18_302, every[:1])),
        (METER_EVENTS, 19_000, meters("ping_on", 19_000, every)),
    ]


def _intake(network: Network) -> Intake:
    routing = Routing.of(network, np.zeros(len(network.zone_ids), np.int32), 1)
    origins = {f"{topic}/0": Origin(OriginReader(network, topic, 0), 1, 0, 0, {0: 0}) for topic in RAW_TOPICS}
    return Intake(network, routing, origins)


def _network() -> Network:
    """A breaker above two transformers of four meters each, with a tie between them."""
    devices = DeviceColumns.bare(["breaker", "t0", "t1", "tie"], [3, 9, 9, 8], [-1, 0, 0, 1], ["s"] * 4)
    devices = replace(devices, other_parent=np.array([-1, -1, -1, 2], np.int32))
    ids, meters = ([f"{letter}{point}" for point in range(METERS)] for letter in "pm")
    return compile_network(devices, PointColumns.bare(ids, meters, np.repeat(np.array([1, 2], np.int32), METERS // 2)))
