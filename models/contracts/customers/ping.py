"""Whom to ask whether power is back: topic `outage.ping.requests.v1`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.contracts.fields import FollowingRecord, OutageId, OutputTime


class PingRequest(FollowingRecord):
    """A usage point to ask, by its meter or by whoever lives there; the answer comes back as evidence of its own."""

    usage_point_id: str = Field(description="The usage point.")
    by: Literal["ping", "question"] = Field(
        description="`ping`: ask its meter; the answer is `ping_on` or `ping_off` on `ami.meter.events.v1`. "
        "`question`: it has no meter, or that did not answer; ask whoever is there, the answer is `power_back` or "
        "`no_power` on `customer.call.events.v1`."
    )
    meter_id: str | None = Field(description="Its meter; null without one.")
    zone_id: str = Field(description="Its zone.")
    outage_id: OutageId = Field(description="The outage that it is thought to have come back from.")
    probability: float = Field(ge=0, le=1, description="How probable it is that it has power.")
    settles_bits: float = Field(
        ge=0,
        description="How much doubt the answer is expected to settle, of all whom it speaks of; one more where "
        "power is told to be back and probably is not.",
    )
    expires_at: OutputTime = Field(description="Not to be asked from then on: an answer is waited for until then.")
