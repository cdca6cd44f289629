"""The topic that customers' states go to."""

from __future__ import annotations

from typing import Final

from models.contracts.outputs.customer_power import CustomerPowerRecord, CustomerPowerTombstone
from models.contracts.registry import Contract, Output

CUSTOMER_POWER: Final = Output(
    name="customer_power",
    topic="customer.power.state.v1",
    summary="How each usage point stands that has ever been out; a tombstone where it leaves the network.",
    contract=Contract("customer_power", CustomerPowerRecord),
    tombstone=Contract("customer_power_tombstone", CustomerPowerTombstone),
    key="usage_point_id",
    compacted=True,
    columnar=True,
    retention_days=7,
    event_type="faultline.customer.power.v1",
    owner="customers",
    counted="power",
)
