"""What `faultline estimate storm` does: when the storms of a replay are over, as they were estimated by an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adapters.network.area_kinds import refuse_unknown_kind
from adapters.process.time_zone import utility_offsets
from adapters.storms.policy_file import read_storm_policy
from cli.reading.moments import moments_of
from dataflows.storms.declaration import FOLLOWING, route
from models.contracts.topics import OPERATOR_ANSWERS, OUTAGE_STATE
from models.storms.ending.storms_with_endings import StormsWithEndings
from models.storms.output import STORM_ESTIMATES, STORMS
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Record = dict[str, Any]


class Found(NamedTuple):
    """What there is to tell by an instant."""

    estimates: list[Record]
    """The last one of each storm, with the storm's name."""
    silence: str
    """Why there is none of any storm, and what to do; empty if there is one."""


def estimates_of(replayed: Path, policy: Path | None, time_zone: str, until: int | None) -> Found:
    """Give the last estimate of each storm up to an instant (ms). Raises `FaultsError`."""
    told, offsets = read_storm_policy(policy), utility_offsets(time_zone)
    life = Life(lambda saved: StormsWithEndings(told, offsets, saved), FOLLOWING.outputs, "default")
    names: dict[str, str] = {}
    found: dict[str, Record] = {}
    kinds: set[str] = set()
    for moment in moments_of(replayed, OUTAGE_STATE, OPERATOR_ANSWERS):
        if until is not None and moment.instant > until:
            break
        kinds |= {area.kind for one in moment.records for area in getattr(one.record, "areas", ())}
        for output, record in life.take(_routed(moment)):
            if output == STORMS.name:
                names[record["storm_id"]] = record["name"]
            elif output == STORM_ESTIMATES.name and not record.get("tombstone"):
                found[record["storm_id"]] = record
    if kinds:
        refuse_unknown_kind(f"policy {policy}", told.area_kind, kinds)
    told_of = [{"name": names.get(storm_id, storm_id), **record} for storm_id, record in sorted(found.items())]
    return Found(told_of, "" if told_of else _silence(list(names.values()), policy))


def _silence(storms: list[str], policy: Path | None) -> str:
    if storms:
        return f"{', '.join(storms)}: its outages have no estimates; replay the storm with --estimates"
    bounds = "write a policy with lower bounds (--policy)" if policy is None else f"lower the bounds of policy {policy}"
    return f"no storm opened by then; {bounds}, or give a later --at"


def _routed(moment: Moment) -> Moment:
    entries = [(one.sequence, entry) for one in moment.records if (entry := route(one)) is not None]
    return moment._replace(records=tuple(Followed(OUTAGE_STATE, number, *entry) for number, entry in entries))


def lines_of(record: Record) -> Iterator[str]:
    """A storm's estimate as text: everywhere first, then the areas."""
    share = f"{record['share']:.0%} have power again"
    yield f"{record['name']}, by {record['updated_at']}: {record['outages_open']:,} outages open, pace {record['pace']}"
    yield f"  everywhere  {_out(record)}: {share} {_times(record)}"
    for area in record["areas"]:
        yield f"  {area['kind']} {area['area_id']}  {_out(area)}: {_times(area)}"


def _out(place: Record) -> str:
    return f"{place['customers_out']:,} of {place['customers_affected']:,} customers out"


def _times(place: Record) -> str:
    if place["restored_by"] is None:
        return "now"
    return f"by {place['restored_by']} ({place['restored_from']} to {place['restored_to']})"
