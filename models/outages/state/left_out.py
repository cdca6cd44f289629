"""What it means that an origin is left out: outages say so, and where it is one of meters, silence says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.contracts.topics import METER_EVENTS
from models.evidence.watermarks import origin_topic
from models.outages.inference.pass_columns import SUSPECTED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.outages.state.outage import Section
    from models.outages.state.partition import Partition
    from models.outages.weights.parameters import Parameters


def is_told(partition: Partition, left_out: Iterable[str]) -> bool:
    """Whether what is published and believed goes with the origins that are left out."""
    return (partition.degraded, partition.deaf) == _facts(left_out)


def _facts(left_out: Iterable[str]) -> tuple[bool, bool]:
    topics = {origin_topic(origin) for origin in left_out}
    return bool(topics), METER_EVENTS in topics


def tell(partition: Partition, left_out: Iterable[str], now: int) -> None:
    """These origins are left out from this instant on: open outages say whether any is, judging silence waits."""
    degraded, deaf = _facts(left_out)
    if partition.deaf and not deaf:
        _wait_again(partition, now)
    partition.deafen(deaf=deaf)
    if degraded != partition.degraded:
        partition.degraded = degraded
        for name, outage in partition.by_name.items():
            if outage.stance != SUSPECTED and outage.zone not in partition.quarantined:
                partition.dirty[name] = outage


def _wait_again(partition: Partition, now: int) -> None:
    """Meters are heard again: their silence is judged when they have had the time to speak."""
    for outage in partition.by_name.values():
        for section in outage.sections:
            section.judged_at = max(section.judged_at, now + wait(partition.parameters, section))
            partition.set_timer(section.judged_at, outage=outage)


def wait(parameters: Parameters, section: Section) -> int:
    """How long (ms) the points of a section have to speak."""
    return round((parameters.silence_seconds if section.noticed else parameters.wave_seconds) * 1000)
