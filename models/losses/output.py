"""The topics that losses of several sources go to."""

from __future__ import annotations

from typing import Final

from models.contracts.outputs.storm import (
    OutageGroupRecord,
    OutageGroupTombstone,
    SourceLossRecord,
    SourceLossTombstone,
)
from models.contracts.registry import Contract, Output

SOURCE_LOSSES: Final = Output(
    name="source_losses",
    topic="source.loss.state.v1",
    summary="Losses of several sources at once: their outages, zones and customers.",
    contract=Contract("source_loss", SourceLossRecord),
    tombstone=Contract("source_loss_tombstone", SourceLossTombstone),
    key="group_id",
    compacted=True,
    retention_days=7,
    event_type="faultline.source.loss.v1",
    owner="losses",
    counted="status",
)
OUTAGE_GROUPS: Final = Output(
    name="outage_groups",
    topic="outage.group.state.v1",
    summary="Of which loss of several sources an outage is; a tombstone where it is of none any more, or is forgotten.",
    contract=Contract("outage_group", OutageGroupRecord),
    tombstone=Contract("outage_group_tombstone", OutageGroupTombstone),
    key="outage_id",
    compacted=True,
    retention_days=7,
    event_type="faultline.outage.group.v1",
    owner="losses",
    counted="group_id",
)
