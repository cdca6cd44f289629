"""Area times of a storm: which outages are promised what, by an operator's word or the simulation."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cli.reading.last_states import last_of
from cli.storm.states import find_storm
from models.contracts.outputs.outage import FINAL_STATUSES
from models.contracts.topics import OUTAGE_STATE
from models.outages.estimate.promise import round_up
from models.refusal import FaultsError
from models.storms.output import OUTAGE_STORMS, STORM_ESTIMATES
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cli.broker import Broker
    from models.outages.estimate.policy import PromisePolicy

WITHOUT_OWN = frozenset({None, "assessing", "area"})
"""Stages of an outage that has no time of its own; None where nothing is estimated, which the answer says."""


def area_times(
    broker: Broker, storm_id: str, kind: str, wanted: Collection[str] | None, time: str | None, policy: PromisePolicy
) -> dict[str, str]:
    """By area of a kind the time to promise. Raises `FaultsError`."""
    areas = {area["area_id"] for area in find_storm(broker, storm_id)["areas"] if area["kind"] == kind}
    if unknown := sorted({*(wanted or areas)} - areas) or ([] if areas else [kind]):
        raise FaultsError([f"{one}: nobody is out there by storm {storm_id}; see its areas" for one in unknown])
    chosen = {*(wanted or areas)}
    if time is not None:
        return dict.fromkeys(sorted(chosen), _given(time))
    if not policy.area_by_simulation:
        raise FaultsError(["the policy does not let the simulation promise; give --time, or set area_by_simulation"])
    estimates = [one for one in last_of(broker, STORM_ESTIMATES.topic) if one["storm_id"] == storm_id]
    if not estimates:
        raise FaultsError([f"nothing is estimated of storm {storm_id}; give --time, or run outages with --estimates"])
    return {area: at for area in sorted(chosen) if (at := _simulated(estimates[0], kind, area, policy)) is not None}


def _given(time: str) -> str:
    try:
        return format_time(parse_time(time))
    except ValueError as error:
        raise FaultsError([f'--time "{time}" {error}']) from error


def _simulated(estimate: Mapping[str, Any], kind: str, area_id: str, policy: PromisePolicy) -> str | None:
    """When nine of ten simulated ends are over, rounded as promises are; None where enough have power."""
    now = parse_time(estimate["updated_at"]) // 1000
    for area in estimate["areas"]:
        if (area["kind"], area["area_id"]) == (kind, area_id) and area["restored_to"] is not None:
            return format_time(round_up(policy, now, parse_time(area["restored_to"]) // 1000) * 1000)
    return None


def commands_of(
    broker: Broker, storm_id: str, kind: str, times: Mapping[str, str], reason: str
) -> list[dict[str, Any]]:
    """One command for each outage of the storm that has no time of its own; of several areas the latest time counts."""
    mine = {one["outage_id"] for one in last_of(broker, OUTAGE_STORMS.topic) if one["storm_id"] == storm_id}
    commands = []
    for outage in sorted(last_of(broker, OUTAGE_STATE), key=itemgetter("outage_id")):
        here = [times[area["area_id"]] for area in outage["areas"] if area["kind"] == kind and area["area_id"] in times]
        wants = outage["status"] not in FINAL_STATUSES and outage["etr_stage"] in WITHOUT_OWN
        if not wants or not here or outage["outage_id"] not in mine:
            continue
        named = {"outage_id": outage["outage_id"], "seen_revision": outage["revision"], "reason": reason}
        commands.append({"kind": "set_promise", "stage": "area", "time": max(here, key=parse_time), **named})
    return commands
