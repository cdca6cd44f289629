"""What a rule notes of a decision: the outage, and what is known below its device at this moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from models.outages.inference.knowledge import CLOSED, GOOD, NEVER, OPEN, UNCERTAIN
from models.outages.state.trace import Decision, Heard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition
    from models.outages.state.trace import Weighed

_QUALITIES: Final = {GOOD: "good", UNCERTAIN: "uncertain"}


def note(
    partition: Partition,
    rule: str,
    outage: Outage,
    weighed: Sequence[Weighed] = (),
    other: str = "",
    span: tuple[int, int] | None = None,
) -> None:
    """Keep a decision if anybody asked for a trace; `span` of usage points in place of all of the outage's."""
    if partition.trace is None:
        return
    network = partition.network
    alone = outage.device < 0
    partition.trace.decisions.append(
        Decision(
            at=partition.now,
            rule=rule,
            outage_id=outage.outage_id,
            place=network.point_ids[outage.service_point] if alone else network.device_ids[outage.device],
            status=outage.status,
            started_at=outage.started_at,
            customers_out=outage.customers_out,
            posterior=outage.posterior,
            heard=_heard(partition, outage.started_at, span or outage.span),
            device_fact="" if alone else _device_fact(partition, outage.device),
            around=_around(partition, outage),
            weighed=tuple(weighed),
            other=other,
        )
    )


def _heard(partition: Partition, started_at: int, span: tuple[int, int]) -> Heard:
    points, below = partition.points, slice(*span)
    out = points.mask[below] != 0
    on = ~out & (points.on_last[below] > started_at - partition.scores.clock_tolerance)
    return Heard(int(out.sum()), int(on.sum()), int((~out & ~on).sum()))


def _device_fact(partition: Partition, device: int) -> str:
    devices = partition.devices
    position = {OPEN: "open", CLOSED: "closed"}.get(int(devices.position[device]))
    said = [f"SCADA {position} ({_QUALITIES.get(int(devices.quality[device]), 'bad')})"] if position else []
    return ", ".join(said + (["a crew has it open"] if devices.crew_open_at[device] != NEVER else []))


def _around(partition: Partition, outage: Outage) -> tuple[str, ...]:
    first, last = outage.span
    others = [other for other in partition.by_zone.get(outage.zone, {}).values() if other is not outage]
    holding = [o for o in others if o.device >= 0 and o.span[0] <= first and last <= o.span[1]]
    holding.sort(key=lambda other: (np.diff(other.span)[0], other.outage_id))
    return tuple(other.outage_id for other in holding if other.outage_id)
