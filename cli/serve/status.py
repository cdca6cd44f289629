"""What `faultline serve status` does."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from adapters.connectors.clock import now_ms
from adapters.kafka.clients.offset_range import RangeReader
from adapters.network.shelf import find_networks
from adapters.process.http_port import parse_address
from adapters.process.log import LogFormat, LogLevel, log_to_stderr
from adapters.status.access import read_access
from adapters.status.app import StatusApi
from adapters.status.gate import Gate
from adapters.status.server import serve_status
from adapters.status.states import States
from cli.broker import find_broker
from dataflows.service.preparation import Gathered
from models.contracts.topics import OUTAGE_CLOCK
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path


def run_status(
    network: Path, keys: Path, listen: str, stale_seconds: float, prefix: str | None, config: Path | None
) -> None:
    """Answer until it is asked to stop. Raises `FaultsError` with every fault before it listens."""
    gathered = Gathered()
    address = gathered.find(lambda: parse_address(listen))
    gate = gathered.find(lambda: Gate(read_access(keys)))
    known = gathered.find(lambda: find_networks(network))
    broker = gathered.find(lambda: find_broker(config, prefix))
    if address is None or gate is None or known is None or broker is None:
        raise FaultsError(gathered.faults)
    log_to_stderr(LogLevel.info, LogFormat.text)
    with RangeReader(broker.client) as reader:
        partitions = reader.partitions(broker.name(OUTAGE_CLOCK))
    states = States(broker.client, broker.prefix, partitions, known, stale_seconds)
    gate.open()
    try:
        serve_status(StatusApi(states, gate, lambda: now_ms() / 1000, monotonic).application(), address)
    finally:
        gate.close()
        states.close()
