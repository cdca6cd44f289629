"""What `faultline config check` looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataflows.service.flows import find_flows
from dataflows.service.preparation import Gathered
from dataflows.service.start_check import check_things, find_sound_settings
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping


def check_start(name: str, options: Mapping[str, Any], *, broker: bool) -> None:
    """Look at all that a flow needs. Raises `FaultsError` with every fault."""
    flows = find_flows()
    if name not in flows:
        raise FaultsError([f"{name} is no flow; give one of {', '.join(flows)}"])
    flow = flows[name]
    settings = find_sound_settings(flow, options, broker=broker)
    gathered = Gathered()
    if broker:
        gathered.find(lambda: flow.prepare(settings))
    gathered.faults += [fault for fault in check_things(flow, settings) if fault not in gathered.faults]
    if gathered.faults:
        raise FaultsError(gathered.faults)
