"""What owners promise of an outage that is open; a promise that stands so already is no change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.outages.estimate.promise import hold, release, set_by_owner, set_for_area
from models.outages.state.verdict import Refused
from models.times.units import SECOND

if TYPE_CHECKING:
    from models.evidence.batch import CommandRow
    from models.outages.estimate.promise import Promise
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition


def set_promise(partition: Partition, outage: Outage, row: CommandRow, now: int) -> bool:
    """Promise a time, of the outage or of its area."""
    known, at = _known(outage), (row.event.time or 0) // SECOND
    if row.event.stage == "area" and (known.owned or known.stage in {"outage", "crew"}):
        raise Refused("already_promised", "it has a time of its own, which goes before its area's; promise without it")
    try:
        made = (set_for_area if row.event.stage == "area" else set_by_owner)(known, now // SECOND, at)
    except ValueError as error:
        raise Refused("impossible_time", f"the time {error}") from error
    return _promise(partition, outage, made, now)


def hold_promise(partition: Partition, outage: Outage, _: CommandRow, now: int) -> bool:
    """What is promised stays; while nothing is, nothing will be."""
    return _promise(partition, outage, hold(_known(outage), now // SECOND), now)


def release_promise(partition: Partition, outage: Outage, _: CommandRow, now: int) -> bool:
    """The estimate may change it again, from this instant on."""
    return _promise(partition, outage, release(_known(outage), now // SECOND), now)


def _known(outage: Outage) -> Promise:
    if outage.estimate is None:
        raise Refused("not_estimated", "nothing is promised here; run the outages flow with --estimates")
    return outage.estimate.promise


def _promise(partition: Partition, outage: Outage, made: Promise, now: int) -> bool:
    changed = made != _known(outage)
    if partition.estimates is not None:
        partition.estimates.promised(outage, made, now)
    return changed
