"""The topic that says whom to ask."""

from __future__ import annotations

from typing import Final

from models.contracts.customers.ping import PingRequest
from models.contracts.registry import CONNECTORS, Contract, Output

PINGS: Final = Output(
    name="pings",
    topic="outage.ping.requests.v1",
    summary="Whom to ask whether power is back: the fewest usage points that settle most doubt.",
    contract=Contract("ping_request", PingRequest),
    key="usage_point_id",
    retention_days=1,
    event_type="faultline.outage.ping.v1",
    owner="asking",
    readers=(CONNECTORS, "consumers", "operators"),
    counted="by",
)
