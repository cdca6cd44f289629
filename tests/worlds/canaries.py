"""The golden storm over its network with canary zones, and outages made on them meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from heapq import merge
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from adapters.tables.read import read_tables
from dataflows.outages.outputs import PICKS
from models.canary.exercise import Exercise
from models.canary.feeders import Feeder, feeders
from models.canary.messages import Message, messages_of
from models.contracts.outputs.outage import OutageRecord
from models.contracts.registry import outputs
from models.contracts.topics import METER_EVENTS, RAW_TOPICS
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader
from models.network.canary.rows import with_canaries
from models.network.compiler import compile_network
from models.network.network import Network
from models.outages.engine import Engine
from models.outages.publishing import Published
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from models.times.iso8601 import parse_time
from tests.worlds.golden import GOLDEN, golden_storm

PARAMETERS = Parameters()
LASTING = 360_000
Records = dict[str, list[bytes]]


def network_with_canaries(partitions: int = 1, previous: Network | None = None) -> Network:
    tables = read_tables(GOLDEN / "network")
    devices, points = with_canaries(tables.devices, tables.points, range(partitions))
    return compile_network(devices, points, previous, evidence_partitions=partitions, areas=tables.areas)


def network_without(previous: Network | None = None) -> Network:
    tables = read_tables(GOLDEN / "network")
    return compile_network(tables.devices, tables.points, previous, evidence_partitions=1, areas=tables.areas)


def engine_of(network: Network, state: bytes | None = None) -> Engine:
    shared = Shared(network, PARAMETERS, lay_delivery(network, PARAMETERS, []))
    return Engine(shared, [f"{topic}/0" for topic in RAW_TOPICS], state=state)


class Made(NamedTuple):
    """Outages on a canary zone, and all that its meters say, in order."""

    exercises: list[Exercise]
    messages: list[Message]


def made_on(feeder: Feeder, begin: int, every: int, seed: int) -> Made:
    """Open each device of a feeder in turn."""
    draw, exercises, messages = random.Random(seed).random, list[Exercise](), list[Message]()
    for turn, opening in enumerate(feeder.openings):
        at = begin + turn * every
        exercise = Exercise(opening, at, at + LASTING, at + every)
        sent = messages_of(opening.meters, at, at + LASTING, PARAMETERS, draw)
        for message in sent:
            exercise.heard(message.at)
        exercises.append(exercise)
        messages += sent
    return Made(exercises, sorted(messages))


def with_messages(lines: list[bytes], messages: Iterable[Message]) -> list[bytes]:
    """Lay messages among the lines of the meters' topic, in the order of arrival."""
    places = list(zip(OriginReader(network_without(), METER_EVENTS).log_times(lines, 0).tolist(), lines, strict=True))
    told = [(message.at, orjson.dumps(message.event(message.at))) for message in messages]
    return [line for _, line in merge(places, told, key=itemgetter(0))]


def live(engine: Engine, network: Network, storm: dict[str, list[bytes]]) -> Iterator[Published]:
    for topic in RAW_TOPICS:
        reader = OriginReader(network, topic)
        read = reader.read(storm[topic], 0, 0)
        assert not [line for line in read.dead_letters if b"faultline.canary" in line.value]
        for batch in (read.batch, reader.end(read.batch.last_log_time)):
            yield engine.advance(batch)


def live_in_parts(network: Network, storm: dict[str, list[bytes]], parts: int) -> Iterator[Published]:
    """Live through a storm with a new engine after each part of the meters' lines, from the state of the one before."""
    engine = engine_of(network)
    for topic in RAW_TOPICS:
        origin, lines = FileOrigin(OriginReader(network, topic)), storm[topic]
        size = -(-len(lines) // (parts if topic == METER_EVENTS else 1)) or 1
        for first in range(0, len(lines), size):
            yield engine.advance(origin.take(lines[first : first + size], last=first + size >= len(lines)).batch)
            engine = engine_of(network, engine.snapshot())
        yield engine.advance(origin.reader.end(origin.log_time))


def records_of(published: Iterable[Published]) -> Records:
    """Give the records of each output, as others read them."""
    found: Records = {output.name: [] for output in outputs("outages")}
    for some in published:
        for name, written in found.items():
            option = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_SORT_KEYS
            written += [orjson.dumps(record, option=option) for record in PICKS[name](some)]
    return found


def storm_with(messages: Iterable[Message]) -> dict[str, list[bytes]]:
    lines = dict(golden_storm().lines)
    return lines | {METER_EVENTS: with_messages(lines[METER_EVENTS], messages)}


def first_feeder(network: Network) -> Feeder:
    return feeders(network)[0]


def told_of(made: Made, lifecycle: Iterable[bytes]) -> None:
    """Let each exercise hear what was published while it went on."""
    for line in lifecycle:
        record: Any = OutageRecord.model_validate_json(line)
        for exercise in made.exercises:
            if exercise.opened_at <= parse_time(record.updated_at) <= exercise.ends_at:
                exercise.take(record, parse_time(record.updated_at))
