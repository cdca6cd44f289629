"""A utility whose flows and connector a real Prometheus watches, and who is told by a real Alertmanager."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING
from urllib.request import urlopen

import orjson
import pytest

from adapters.kafka.clients.producer import Outgoing
from adapters.network.compiled_file import write_artefact
from adapters.network.load import compile_folder
from adapters.prometheus.rules import RUNBOOKS, all_groups, render
from dataflows.service.flows import find_flows
from models.times.iso8601 import format_time
from scripts.kafka.ports import HOST, free_ports
from tests.chaos.processes import Flow, Place
from tests.chaos.stage import PATIENCE
from tests.peers.alertmanager import Receiver, alertmanager, webhook
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.opcua_command import Connector
from tests.peers.opcua_server import OpcUaServer
from tests.peers.own_certificates import secured
from tests.peers.prometheus import Prometheus, prometheus, skip_without
from tests.worlds.storms import COMMAND

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker

METERS = 60
PARTITIONS = 2
PAGE, TICKET = "/page", "/ticket"
HISTORY_SECONDS = 6 * 3600
"""So long the picture was fresh before: a minute is much of what Prometheus has watched for a minute only."""
ANOTHER_VERSION = """
from importlib import metadata

installed = metadata.version
metadata.version = lambda name: "0.0.1" if name == "faultline" else installed(name)

from cli.main import main
from models.evidence import log_record

damaged = []
version = log_record._version

def damage(record):
    if damaged or not any(batch.rows() and batch.origin.endswith("/1") for batch in record.batches):
        return version(record)
    damaged.append(record)
    return 99

log_record._version = damage
main()
"""
"""A process that a rollout has not come to. Of what it appends to the log, the first evidence cannot be read."""
WITH_A_FAULT = """
from cli.main import main
from models.outages import instants
from models.outages.inference.knowledge import OPEN

hear = instants.hear_scada

def fail(partition, device):
    if partition.devices.position[device] == OPEN:
        raise ValueError("a rule that fails")
    hear(partition, device)

instants.hear_scada = fail
main()
"""
"""A version of Faultline in which a rule fails where a device opens."""


def gasps(numbers: Iterable[int], ahead_ms: int = 0, meters: int = METERS) -> list[Outgoing]:
    """Give last gasps of now, by clocks that may be ahead."""
    now = time_ns() // 1_000_000
    at = format_time(now)
    event = {"kind": "last_gasp", "source": "mesh", "observed_at": format_time(now + ahead_ms), "received_at": at}
    names = [(number, f"m{number % meters}") for number in numbers]
    return [
        Outgoing(orjson.dumps(event | {"event_id": f"{at}/{number}", "meter_id": meter}), meter.encode())
        for number, meter in names
    ]


@dataclass
class Watch:
    """A utility under watch: what can be harmed, and who is told."""

    folder: Path
    broker: KafkaBroker
    operator: Operator
    server: OpcUaServer
    connector: Connector
    ingest: tuple[Flow, Flow]
    outages: Flow
    prometheus: Prometheus
    alertmanager: str
    receiver: Receiver

    def shows(self, expression: str) -> None:
        """Wait until Prometheus finds something."""
        eventually(lambda: bool(self.prometheus.query(expression)))

    def told(self, pages: Sequence[str] = (), tickets: Sequence[str] = ()) -> None:
        """Wait until these have paged, and these were filed, since all was quiet."""
        wanted = {(PAGE, name) for name in pages} | {(TICKET, name) for name in tickets}
        try:
            eventually(lambda: self._told() >= wanted)
        except AssertionError:
            alerts = [(one["labels"], one["state"]) for one in self.prometheus.ask("alerts")["alerts"]]
            pytest.fail(f"{wanted - self._told()} did not come; there are {alerts}")

    def quiet(self) -> None:
        """Wait until all that was told is over."""
        try:
            eventually(lambda: not self._standing())
        except AssertionError:
            pytest.fail(f"{self._standing()} did not end")
        self.receiver.told.clear()

    def _told(self) -> set[tuple[str, str]]:
        return {(path, name) for path, names in self.receiver.told.items() for name in set(names)}

    def _standing(self) -> set[tuple[str, str]]:
        return {(path, name) for path in (PAGE, TICKET) for name in self.receiver.standing(path)}


@contextmanager
def watching(broker: KafkaBroker, folder: Path, meters: int = METERS, transformers: int = 1) -> Iterator[Watch]:
    """Two processes of ingest, one of outages and a connector, watched by the rules as they are shipped."""
    skip_without("prometheus", "prometheus-alertmanager")
    operator = Operator(broker.bootstrap, "", PARTITIONS)
    with ExitStack() as stack:
        server = OpcUaServer(nodes=["a", "b"])
        connector = Connector(folder, server.url, operator, {"a": "breaker-1", "b": "breaker-2"})
        stack.callback(server.kill)
        stack.callback(connector.kill)
        (port,) = free_ports(1)  # the same after a restart
        connector.config.write_text(connector.config.read_text().replace("127.0.0.1:0", f"{HOST}:{port}"))
        network = compiled(folder, "utility.network", meters, transformers)
        (folder / "model.toml").write_text("left_out_seconds = 4.0\n")
        flow = partial(start_flow, stack, broker.bootstrap, network)
        ingest = (flow("ingest", Place(0, 2)), flow("ingest", Place(1, 2)))
        outages = flow("outages", Place(), (sys.executable, "-c", WITH_A_FAULT))
        secured(server, connector, server_days=90, own_days=90)  # while the flows start
        close(server)
        connector.start()
        eventually(lambda: all(map(ready, (*ingest, outages))), PATIENCE)
        jobs = {
            "faultline-ingest": [each.settings["listen"] for each in ingest],
            "faultline-outages": [outages.settings["listen"]],
            "faultline-connector": [connector.url.removeprefix("http://")],
        }
        receiver = stack.enter_context(webhook())
        manager = stack.enter_context(alertmanager(folder, receiver.address, wait="1s"))
        rules = render(all_groups(find_flows()), RUNBOOKS)
        watched = stack.enter_context(prometheus(folder / "prometheus", jobs, rules, manager, history()))
        yield Watch(folder, broker, operator, server, connector, ingest, outages, watched, manager, receiver)


def close(server: OpcUaServer) -> None:
    """Let the server say that both breakers are closed."""
    for name in server.options["nodes"]:
        server.put(name, True)


def compiled(folder: Path, name: str, meters: int, transformers: int = 1) -> Path:
    """Compile the utility's network with so many meters below its transformers in turn, each with its own source."""
    names = ["transformer", *(f"transformer-{number}" for number in range(1, transformers))]
    with (folder / "network" / "devices.csv").open("a") as devices:
        for more in names[1:]:
            devices.write(f"\nof-{more},source,,,{more},0,0\n{more},transformer,of-{more},f,{more},0,0")
    points = [f"p{meter},m{meter},{names[meter % transformers]},1,0,0" for meter in range(meters)]
    head = "usage_point_id,meter_id,device_id,load_kw,longitude,latitude"
    (folder / "network" / "usage_points.csv").write_text("\n".join([head, *points]))
    write_artefact(compile_folder(folder / "network", evidence_partitions=PARTITIONS), folder / name)
    return folder / name


def start_flow(
    stack: ExitStack, broker: str, network: Path, name: str, place: Place, command: Sequence[str] = COMMAND
) -> Flow:
    (port,) = free_ports(1)
    settings = {"listen": f"{HOST}:{port}", "epoch_seconds": "1", "model": str(network.with_name("model.toml"))}
    state = network.with_name(f"{name}-{place.process}")
    flow = Flow(broker, "", name, network, state, place, settings, command=command)
    stack.callback(flow.kill)
    flow.start()
    return flow


def ready(flow: Flow) -> bool:
    flow.check()
    try:
        return bool(urlopen(f"http://{flow.settings['listen']}/readyz", timeout=60).status == 200)
    except OSError:  # an answer that takes too long is no URLError
        return False


def history() -> str:
    """The picture was fresh up to now."""
    now = time_ns() // 1_000_000_000
    name = "cluster:faultline_fresh:bool"
    samples = [f"{name} 1 {at}" for at in range(now - HISTORY_SECONDS, now)]
    return "\n".join([f"# TYPE {name} gauge", *samples, "# EOF\n"])
