"""The topic that alerts go to."""

from __future__ import annotations

from typing import Final

from models.contracts.outputs.alert import AlertRecord
from models.contracts.registry import Contract, Output

ALERTS: Final = Output(
    name="alerts",
    topic="outage.alert.events.v1",
    summary="Public warnings by the Common Alerting Protocol, each message whole.",
    contract=Contract("alert", AlertRecord),
    key="area_id",
    retention_days=400,
    event_type="faultline.outage.alert.v1",
    access="public",
    owner="alerts",
    counted="message_type",
)
"""Each message of each area's alerts."""
