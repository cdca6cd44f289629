"""An outage as partners see it: a function of its last revision alone."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.contracts.outputs.outage import OutageRecord
    from models.partners.policy import PartnerPolicy

UNSAID: Final = frozenset({"momentary", "merged", "cancelled"})
"""Statuses of what partners are told nothing of."""
CREW_KINDS: Final = {
    "assigned": "assigned",
    "en_route": "enroute",
    "on_site": "arrived",
    "repairing": "arrived",
    "completed": "fieldComplete",
}
"""A crew's status in the terms of CIM's CrewStatusKind, from the least to the furthest."""
_FAR: Final = list(CREW_KINDS.values())


def facts_of(record: OutageRecord) -> dict[str, Any] | None:
    """Give what of an outage partners may be told; None where they are told nothing.

    Like the public they hear of what has lasted longer than a momentary, or is confirmed, and is not held back.
    """
    held = record.operators is not None and record.operators.publication_held
    certain = record.sustained_at is not None or record.evidence == "confirmed"
    if held or not certain or record.status in UNSAID:
        return None
    return {
        "outage_id": record.outage_id,
        "m_rid": uuid_of(record.outage_id),
        "cause": None if record.cause is None else record.cause.code,
        "customers_restored": record.customers_restored,
        "meters_affected": record.customers_out,
        "original_meters_affected": record.customers_affected,
        "outage_kind": _kind(record),
        "reported_start_time": record.started_at,
        "status_kind": _crews(record),
        "actual_end": record.restored_at,
        "planned_start": None if record.planned is None else record.planned.planned_from,
        "planned_end": None if record.planned is None else record.planned.planned_to,
        "estimated_restoration_time": None if record.restored_at is not None else record.etr_public,
        "areas": [
            {
                "outage_area_kind": area.kind,
                "community_descriptor": area.area_id,
                "meters_affected": area.customers_out,
                "meters_served": area.customers_served,
            }
            for area in record.areas
        ],
    }


def partner_outage(facts: Mapping[str, Any], policy: PartnerPolicy) -> dict[str, Any]:
    """Give what partners are told by a policy: its areas, the one in which most are out, its disclaimer."""
    areas = [area for area in facts["areas"] if area["meters_served"] >= policy.least_served]
    mine = [area for area in areas if area["outage_area_kind"] == policy.area_kind]
    community = min(mine, key=lambda area: (-area["meters_affected"], area["community_descriptor"]), default=None)
    return {
        **facts,
        "community_descriptor": None if community is None else community["community_descriptor"],
        "original_customers_served": None if community is None else community["meters_served"],
        "utility_disclaimer": policy.disclaimer,
        "areas": areas,
    }


def _kind(record: OutageRecord) -> str:
    if record.status in {"restored", "repaired"}:
        return "restored"
    if record.status == "partially_restored":
        return "partiallyRestored"
    return "predicted" if record.evidence == "inferred" else "confirmed"


def _crews(record: OutageRecord) -> str:
    """How far the furthest of its crews is; of several at work none is complete before all are."""
    found = [CREW_KINDS[crew.status] for crew in record.crews if crew.status in CREW_KINDS]
    going = [kind for kind in found if kind != "fieldComplete"]
    return max(going or found, key=_FAR.index, default="awaitingCrewAssignment")


def uuid_of(outage_id: str) -> str:
    """Give a UUID of a form of one's own (RFC 9562, version 8) that an id alone makes."""
    made = bytearray(blake2b(outage_id.encode(), digest_size=16).digest())
    made[6], made[8] = made[6] & 0x0F | 0x80, made[8] & 0x3F | 0x80
    text = made.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def by_area(outages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sum what partners are told of outages by area, by kind and id: who is out, since when, by when it is promised."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for outage in outages:
        for area in outage["areas"]:
            place = area["outage_area_kind"], area["community_descriptor"]
            mine = found.setdefault(
                place,
                {
                    "outage_area_kind": place[0],
                    "community_descriptor": place[1],
                    "outages": 0,
                    "meters_affected": 0,
                    "meters_served": area["meters_served"],
                    "earliest_reported_time": outage["reported_start_time"],
                    "estimated_restoration_time": outage["estimated_restoration_time"],
                },
            )
            mine["outages"] += 1
            mine["meters_affected"] += area["meters_affected"]
            mine["earliest_reported_time"] = min(mine["earliest_reported_time"], outage["reported_start_time"])
            times = mine["estimated_restoration_time"], outage["estimated_restoration_time"]
            mine["estimated_restoration_time"] = None if None in times else max(times)
    return [area for _, area in sorted(found.items())]
