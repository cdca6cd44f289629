"""How far flows are behind what they read, and the mirror behind this site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from confluent_kafka import KafkaException

from adapters.kafka.clients.offset_range import Edge, RangeReader
from adapters.kafka.clients.positions import Positions
from adapters.kafka.topics.cluster import group_suffix
from cli.reading.clock import last_instants
from cli.storm_ready.page import Row
from dataflows.service.flows import find_flows
from models.contracts.topics import OUTAGE_CLOCK
from models.refusal import FaultsError
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters.kafka.clients.consumer import Place
    from cli.broker import Broker

CHECK: Final = "lag"
"""Whoever reads commits every few seconds: a little is always left."""


def flows(broker: Broker, seconds: float, now: int) -> Iterator[Row]:
    """Judge each flow by the age of the oldest record that it has yet to read."""
    for flow in find_flows().values():
        group = f"{flow.group}{group_suffix(broker.prefix)}"
        yield _judge(broker, f"flow {flow.name}", group, (flow.reads, seconds, now))


def _judge(broker: Broker, subject: str, group: str, asked: tuple[Sequence[str], float, int]) -> Row:
    topics, seconds, now = asked
    try:
        with Positions(broker.client, group) as positions:
            counts = positions.partitions(map(broker.name, topics))
            places: list[Place] = [(name, part) for name, count in counts.items() for part in range(count)]
            committed, bounds = positions.committed(places), positions.bounds(places)
    except KafkaException as error:
        reason = error.args[0].str().lower()
        raise FaultsError(
            [f"how far {group} has come cannot be asked: {reason}; allow the group to be described"]
        ) from error
    left = {place: (max(committed[place], begin), end) for place, (begin, end) in bounds.items()}
    waiting = {place: begin for place, (begin, end) in left.items() if begin < end}
    begun = max(committed.values(), default=-1) >= 0
    if not waiting:
        return Row(CHECK, subject, "ready", "has read everything" if begun else "has nothing to read")
    if not begun:
        return Row(CHECK, subject, "not ready", f"group {group} has never read anything", "start it: faultline run")
    oldest = min(_times(broker, waiting), default=now)
    records = sum(end - begin for begin, end in left.values())
    saw = f"{records:,} records to read, the oldest {max(now - oldest, 0) / 1000:.0f} s old"
    if now - oldest <= seconds * 1000:
        return Row(CHECK, subject, "ready", saw)
    return Row(CHECK, subject, "not ready", saw, "see that all its processes run and keep up, /readyz says why not")


def _times(broker: Broker, waiting: dict[Place, int]) -> Iterator[int]:
    """Give the time of the first record that waits in each partition; control marks of transactions are none."""
    with RangeReader(broker.client) as reader:
        for (topic, partition), offset in waiting.items():
            begin = Edge(offset=offset)
            found = next(reader.records(reader.locate(topic, partition, begin)), None)
            if found is not None:
                yield found.timestamp()[1]


def mirror(broker: Broker, twin: Broker | None, seconds: float) -> Iterator[Row]:
    """Judge the twin by the instants up to which both sites' outputs are complete."""
    if twin is None:
        yield Row("mirror", "", "not asked", "no twin is named", "")
        return
    here, there = last_instants(broker), last_instants(twin)
    for partition, instant in sorted(here.items()):
        reached = there.get(partition)
        subject = f"{OUTAGE_CLOCK}/{partition}"
        if instant is None:
            yield Row("mirror", subject, "unknown", "nothing is complete here yet", "start the flows")
        elif reached is None:
            yield Row("mirror", subject, "not ready", "the twin has said nothing", "see to the mirror and its flows")
        else:
            behind = (instant - reached) / 1000
            saw = f"here {format_time(instant)}, there {format_time(reached)}: {max(behind, 0):.0f} s behind"
            late = behind > seconds
            todo = "see to the mirror and the twin's flows, then faultline twin check" if late else ""
            yield Row("mirror", subject, "not ready" if late else "ready", saw, todo)
