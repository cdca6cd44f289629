"""What it means that an origin is left out: outages say so, and where it is one of meters, silence says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.contracts.topics import METER_EVENTS, OPERATOR_COMMANDS
from models.evidence.watermarks import origin_topic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.outages.state.partition import Partition


def is_told(partition: Partition, left_out: Iterable[str]) -> bool:
    """Whether what is published and believed goes with the origins that are left out."""
    return (partition.degraded, partition.deaf) == _facts(left_out)


def _facts(left_out: Iterable[str]) -> tuple[bool, bool]:
    topics = {origin_topic(origin) for origin in left_out} - {OPERATOR_COMMANDS}  # their silence says nothing anyway
    return bool(topics), METER_EVENTS in topics


def tell(partition: Partition, left_out: Iterable[str]) -> None:
    """These origins are left out from this instant on: open outages say whether any is, judging silence waits."""
    degraded, deaf = _facts(left_out)
    if partition.deaf and not deaf:  # judging goes on: it waits anew from here
        for outage in partition.by_name.values():
            partition.set_timer(partition.now, ~outage.area)
    partition.deafen(deaf=deaf)
    if degraded != partition.degraded:
        partition.degraded = degraded
        for name, outage in partition.by_name.items():
            if not outage.suspected and outage.zone not in partition.quarantined:
                partition.dirty[name] = outage
