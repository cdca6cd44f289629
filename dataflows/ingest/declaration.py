"""`ingest` as a flow among the others."""

from __future__ import annotations

from typing import Final

from dataflows.ingest.settings import IngestSettings
from dataflows.service.flows import Flow, later
from models.contracts.topics import RAW_TOPICS

FLOW: Final = Flow(
    name="ingest",
    summary="Check raw records and append them to the evidence log. The broker is FAULTLINE_KAFKA.",
    settings=IngestSettings,
    options=("network",),
    reads=RAW_TOPICS,
    checks={
        "network": later("adapters.network.shelf", "find_networks"),
        "state": later("adapters.state.folder", "refuse_unfit"),
        "listen": later("adapters.process.http_port", "parse_address"),
    },
    prepare=later("dataflows.ingest.preparation", "prepare_ingest"),
    run=later("dataflows.ingest.kafka", "IngestRun"),
    watch=later("dataflows.ingest.watch", "watch_ingest"),
    warm_up=later("dataflows.service.warm_up", "warm_up"),
)
