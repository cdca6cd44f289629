"""Topics that tell how connectors stand."""

from __future__ import annotations

from typing import Final

from adapters.kafka.topics.declaration import DAY, EVIDENCE_PARTITIONS, Topic
from models.contracts.registry import CONNECTORS
from models.contracts.topics import CONNECTOR_HEALTH, CONNECTOR_STATE

HEALTH: Final = (
    Topic(
        stem=CONNECTOR_HEALTH,
        summary="Heartbeats of connectors, and which devices each carries; a dead one is told by its silence.",
        key="connector",
        rule="evidence",
        partitions=EVIDENCE_PARTITIONS,
        retention_ms=7 * DAY,
        timestamp="LogAppendTime",
        contract="connector_health",
        owner=CONNECTORS,
        readers=("operators",),
        writers=(CONNECTORS,),
    ),
    Topic(
        stem=CONNECTOR_STATE,
        summary="The last heartbeat of each connector.",
        key="connector",
        rule="evidence",
        partitions=EVIDENCE_PARTITIONS,
        cleanup="compact",
        retention_ms=DAY,
        contract="connector_health",
        owner=CONNECTORS,
        readers=("operators",),
        writers=(CONNECTORS,),
    ),
)
