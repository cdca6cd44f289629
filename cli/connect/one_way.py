"""`faultline connect send` and `receive`: both sides of a way that leads out only."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from adapters.connectors.checkpoint import Checkpoint
from adapters.connectors.clock import now_ms
from adapters.one_way.arrivals import make_arrivals
from adapters.one_way.devices import KnownDevices
from adapters.one_way.keys import read_key
from adapters.one_way.numbers import Numbers
from adapters.one_way.producer import OneWayProducer
from adapters.one_way.receiver import OneWayReceiver
from adapters.one_way.ways import make_way
from cli.connect.service import Outlet, gateway_source, opcua_source, run_connector, to_kafka
from cli.connect.settings import is_gateway, prepare_gateway, prepare_opcua, prepare_receiver
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

    from adapters.connectors.report_queue import ReportQueue
    from adapters.connectors.source import Source
    from adapters.gateways.settings import GatewaySettings
    from adapters.opcua.settings import OpcUaSettings
    from cli.connect.service import Build
    from cli.connect.settings import Prepared


def run_send(path: Path) -> int:
    """Run the connector of a file, and send what it finds; returns the code to end with. Raises `FaultsError`."""
    if is_gateway(path):
        gateway = prepare_gateway(path, broker=False)
        return _send(path, gateway, gateway_source(gateway))
    opcua = prepare_opcua(path, broker=False)
    return _send(path, opcua, opcua_source(opcua))


def _send(path: Path, prepared: Prepared[OpcUaSettings] | Prepared[GatewaySettings], build: Build) -> int:
    settings, one_way = prepared.settings, prepared.one_way
    if one_way is None:
        raise FaultsError([f"settings {path}: one_way is missing; say there where records go"])
    Checkpoint(settings.state, settings.connector)  # makes the folder
    numbers = Numbers(settings.state, now_ms())
    way = make_way(one_way, numbers.epoch)
    debounce = max((point.debounce_ms for point in prepared.points), default=0)
    producer = OneWayProducer(settings.connector, one_way, read_key(one_way.key_file), numbers, way, debounce)
    with closing(producer):
        return run_connector(settings, Outlet(producer), build)


def run_receive(path: Path) -> int:
    """Receive until it is asked to stop; returns the code to end with. Raises `FaultsError`."""
    prepared = prepare_receiver(path)
    settings = prepared.settings
    keys = {key.mark: key for key in map(read_key, settings.key_files)}

    def build(queue: ReportQueue, marks: dict[str, int]) -> Source:
        return OneWayReceiver(settings, keys, make_arrivals(settings), KnownDevices(settings.state), queue, marks)

    return run_connector(settings, to_kafka(prepared), build)
