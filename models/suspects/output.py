"""The topic that suspected errors of the network go to."""

from __future__ import annotations

from typing import Final

from models.contracts.outputs.network import SuspectRecord, SuspectTombstone
from models.contracts.registry import Contract, Output

SUSPECTS: Final = Output(
    name="suspects",
    topic="network.suspect.state.v1",
    summary="Where the network's model is thought to be wrong: meters at the wrong transformer, and where better.",
    contract=Contract("suspect", SuspectRecord),
    tombstone=Contract("suspect_tombstone", SuspectTombstone),
    key="usage_point_id",
    compacted=True,
    retention_days=7,
    event_type="faultline.network.suspect.v1",
    owner="suspects",
    counted="kind",
)
