"""How many hours disks and retention last at storm rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.kafka.topics.declaration import FOR_EVER
from adapters.kafka.topics.table import layout
from adapters.kafka.topics.volume import measure_volumes
from cli.storm_ready.page import Row
from models.contracts.topics import RAW_TOPICS
from models.times.duration import UNITS
from models.times.units import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from adapters.kafka.topics.volume import TopicVolume
    from cli.broker import Broker

CHECK: Final = "disk"
GB: Final = 1e9


class Storm(NamedTuple):
    """What is asked of the disks."""

    rate: float | None
    """Events a second in the raw topics; None: `times` those of the last day."""
    times: float
    hours: float
    """That they have to last."""
    free_gb: float | None
    """On all brokers together; None where nobody has told."""


def disks(broker: Broker, storm: Storm, now: int) -> Iterator[Row]:
    """Judge disks and each topic's retention by what was written in the last 24 hours, and how much more a storm is."""
    if broker.embedded:
        yield Row(CHECK, "", "unknown", "an embedded broker keeps nothing for long", "use a Kafka for storms")
        return
    # Compacted topics are bounded by their keys.
    names = [topic.name for topic in layout(1, 1, broker.prefix) if topic.cleanup == "delete"]
    volumes = [volume for volume in measure_volumes(broker.client, names, now - UNITS["d"]) if volume.records]
    raw = sum(volume.records for volume in volumes if volume.name.removeprefix(broker.prefix) in RAW_TOPICS)
    ordinary = raw / (UNITS["d"] / SECOND)
    if not raw:
        todo = "ask again when a day of events has come, or take the table of docs/sizing.md"
        yield Row(CHECK, "", "unknown", "no event came in the last 24 hours: nothing to measure by", todo)
        return
    times = storm.times if storm.rate is None else storm.rate / ordinary
    hourly = sum(volume.disk_bytes for volume in volumes) / 24 * times
    rate = (
        f"{ordinary * times:,.1f} events/s ({times:,.1f} times the last 24 hours) write {hourly / GB:,.3f} GB an hour"
    )
    yield _judge_free(rate, hourly, storm)
    yield from _judge_retention(volumes, times, storm)


def _judge_free(rate: str, hourly: float, storm: Storm) -> Row:
    saw = f"{rate} on all brokers, before compression"
    if storm.free_gb is None:
        needed = hourly * storm.hours / GB
        todo = f"look at the brokers' disks: {needed:,.1f} GB for {storm.hours:g} hours; then give --disk-free"
        return Row(CHECK, "", "unknown", saw, todo)
    hours = storm.free_gb * GB / hourly
    saw = f"{saw}: {storm.free_gb:g} GB last {hours:,.1f} hours"
    if hours >= storm.hours:
        return Row(CHECK, "", "ready", saw)
    return Row(CHECK, "", "not ready", saw, f"give the brokers more disk: it has to last {storm.hours:g} hours")


def _judge_retention(volumes: Sequence[TopicVolume], times: float, storm: Storm) -> Iterator[Row]:
    """Name the topics that would forget before the hours are over, by age or by size."""
    short = False
    for volume in volumes:
        by_age = volume.retention_ms / UNITS["h"] if volume.retention_ms != FOR_EVER else storm.hours
        hourly = volume.records * volume.size / 24 * times
        limit = volume.retention_bytes * volume.partitions if volume.retention_bytes != FOR_EVER else None
        by_size = limit / hourly if limit is not None and hourly else storm.hours
        if min(by_age, by_size) < storm.hours:
            short = True
            setting = "retention.ms" if by_age <= by_size else "retention.bytes"
            saw = f"{setting} keeps {min(by_age, by_size):,.1f} hours at storm rate"
            todo = f"raise {setting}: {storm.hours:g} hours are to be kept"
            yield Row(CHECK, volume.name, "not ready", saw, todo)
    if not short:
        yield Row(
            CHECK, "retention", "ready", f"{len(volumes)} topics keep at least {storm.hours:g} hours at storm rate"
        )
