"""The topics that partners and regulators read."""

from __future__ import annotations

from typing import Final

from models.contracts.registry import Contract, Output
from models.partners.records import LargeLossRecord, PartnerOutageRecord, PartnerOutageTombstone

PARTNER_OUTAGES: Final = Output(
    name="partner_outages",
    topic="outage.partner.state.v1",
    summary="What partners are told of each outage, in the terms of IEC 61968-3.",
    contract=Contract("partner_outage", PartnerOutageRecord),
    tombstone=Contract("partner_outage_tombstone", PartnerOutageTombstone),
    key="outage_id",
    compacted=True,
    retention_days=7,
    event_type="faultline.outage.partner.v1",
    access="public",
    owner="partners",
    counted="outage_kind",
)
LARGE_LOSSES: Final = Output(
    name="large_losses",
    topic="outage.large_loss.events.v1",
    summary="A loss of service to 50,000 customers for an hour and more, and its end: what form OE-417 asks.",
    contract=Contract("large_loss", LargeLossRecord),
    key="loss_id",
    retention_days=400,
    event_type="faultline.outage.large_loss.v1",
    owner="partners",
    counted="state",
)
