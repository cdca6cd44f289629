"""`outages` as a flow among the others."""

from __future__ import annotations

from typing import Final

from dataflows.outages.settings import OutagesSettings
from dataflows.service.flows import Flow, later
from models.contracts.topics import EVIDENCE_LOG

FLOW: Final = Flow(
    name="outages",
    summary="Find outages and restorations in the evidence log. The broker is FAULTLINE_KAFKA.",
    settings=OutagesSettings,
    options=("network", "model", "delivery", "estimates", "promises", "life_support", "organisation", "reconcile"),
    reads=(EVIDENCE_LOG,),
    checks={
        "network": later("adapters.network.shelf", "find_networks"),
        "model": later("adapters.model.parameters_file", "read_model"),
        "delivery": later("adapters.model.delivery_file", "read_delivery"),
        "estimates": later("adapters.estimates.table_file", "load_table"),
        "time_zone": later("adapters.process.time_zone", "find_zone"),
        "promises": later("adapters.estimates.policy_file", "read_policy"),
        "state": later("adapters.state.folder", "refuse_unfit"),
        "listen": later("adapters.process.http_port", "parse_address"),
    },
    check_together=later("dataflows.outages.preparation", "check_together"),
    prepare=later("dataflows.outages.preparation", "prepare_outages"),
    run=later("dataflows.outages.kafka", "OutagesRun"),
    watch=later("dataflows.outages.watch", "watch_outages"),
    warm_up=later("dataflows.service.warm_up", "warm_up"),
    offline=later("dataflows.outages.offline", "OfflineRun"),
)
