"""Outages for partners and regulators, in the terms of IEC 61968-3 as ODIN's profile `PubOutages` has them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.contracts.fields import Count, FollowingRecord, OutageId, OutputRecord, OutputTime


class PartnerArea(OutputRecord):
    """An area in which customers of an outage are out."""

    outage_area_kind: str = Field(description="Kind of the area, as in the areas table.")
    community_descriptor: str = Field(description="The area, as in the areas table: a FIPS code if it has those.")
    meters_affected: Count = Field(description="Customers of the outage out there now.")
    meters_served: Count = Field(description="Customers that live there.")


class PartnerOutageRecord(FollowingRecord):
    """An outage that the public may know of: counts and areas, no device and no place."""

    outage_id: OutageId = Field(description="The outage.")
    m_rid: str = Field(description="The same as a UUID.")
    community_descriptor: str | None = Field(
        description="The area of the policy's kind in which most are out; null where the tables have none."
    )
    cause: str | None = Field(description="Category of IEEE 1782, or `planned`; null while nobody said why.")
    customers_restored: Count = Field(description="Customers of the outage with power again.")
    meters_affected: Count = Field(description="Customers without power now: Faultline counts customers, not meters.")
    original_customers_served: Count | None = Field(
        description="All customers of `community_descriptor`, with power or without; null without one."
    )
    original_meters_affected: Count = Field(
        description="Customers ever out by it. It grows as the outage is understood: what was known first is not kept."
    )
    outage_kind: Literal["confirmed", "predicted", "partiallyRestored", "restored"] = Field(
        description="`predicted`: inferred from a pattern of reports; `confirmed`: by a customer, meter, telemetry or "
        "crew. Never `closed`: when crews are released is not known."
    )
    reported_start_time: OutputTime = Field(description="When power went off.")
    status_kind: Literal["awaitingCrewAssignment", "assigned", "enroute", "arrived", "fieldComplete"] = Field(
        description="How far its crews are. Where crews do not report it stays `awaitingCrewAssignment`."
    )
    actual_end: OutputTime | None = Field(description="When the last customer had power again.")
    planned_start: OutputTime | None = Field(description="Of planned work the announced beginning.")
    planned_end: OutputTime | None = Field(description="And end.")
    estimated_restoration_time: OutputTime | None = Field(
        description="What the public is promised; null while nothing is. The range of the estimate is not told."
    )
    utility_disclaimer: str = Field(description="What the utility says of all its records.")
    areas: list[PartnerArea] = Field(description="By kind and id. Areas of few customers are left out.")


class PartnerOutageTombstone(OutputRecord):
    """An outage that partners are told of no more: it was none, is held back, or is forgotten."""

    outage_id: OutageId = Field(description="The outage.")
    sequence: int = Field(description="Number of the record in its file or partition, from 1 without gaps.")
    updated_at: OutputTime = Field(description="The instant of this record.")
    tombstone: Literal[True] = Field(description="Tells it from an outage.")


class LargeLossArea(OutputRecord):
    """An area that a large loss of service touches."""

    kind: str = Field(description="Kind of the area, as in the areas table.")
    area_id: str = Field(description="The area.")
    customers_out: Count = Field(description="Without power now.")


class LargeLossRecord(FollowingRecord):
    """What form OE-417 asks of a loss of service to so many customers for so long, as far as Faultline knows it."""

    loss_id: str = Field(description="When it began, as an id.")
    state: Literal["reached", "over"] = Field(
        description="`reached`: so many have been out for so long: a report is due. `over`: fewer are out."
    )
    began_at: OutputTime = Field(description="Since when so many were out.")
    ended_at: OutputTime | None = Field(description="Until when; null: they still are.")
    least_customers: Count = Field(description="The bound: 50,000 by the form.")
    least_seconds: Count = Field(description="The bound: an hour by the form.")
    report_due_at: OutputTime = Field(description="Six hours after `began_at`, as the form wants it.")
    final_report_due_at: OutputTime = Field(description="72 hours after `began_at`.")
    customers_out: Count = Field(description="Without power now.")
    customers_out_most: Count = Field(description="The most at once since `began_at`.")
    outages_open: Count = Field(description="Outages open now.")
    causes: list[str] = Field(description="Causes that were said of open outages, the most frequent first.")
    areas: list[LargeLossArea] = Field(description="Areas in which customers are out, by kind and id.")
