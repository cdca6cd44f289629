"""Faults provoked in flows on a real Kafka: the right alert reaches who is paged, what follows from it is held back.

Prometheus and Alertmanager are real, and so is who is told. A storm with a restart is watched by the rules as they are
shipped. For the faults all times of the same rules are divided by `HASTE`, and nothing else of them is another; what
looks at the month's allowance stays as it is, for it would still page of one fault while the next is provoked.
"""

from __future__ import annotations

import re
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
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
from adapters.prometheus.declaration import Alert, Group
from adapters.prometheus.objectives import BURNING, RECORDING
from adapters.prometheus.rules import RUNBOOKS, all_groups, render
from dataflows.service.flows import find_flows
from models.contracts.topics import METER_EVENTS
from models.times.iso8601 import format_time
from scripts.kafka.ports import HOST, free_ports
from tests.chaos.processes import Flow, Place
from tests.chaos.stage import PATIENCE
from tests.peers.alertmanager import Receiver, alertmanager, suppressed, webhook
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.opcua_command import Connector
from tests.peers.opcua_server import OpcUaServer
from tests.peers.prometheus import Prometheus, prometheus
from tests.worlds.storms import COMMAND

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker

METERS = 60
PARTITIONS = 2
HASTE = 30
PAGE, TICKET = "/page", "/ticket"
HISTORY_SECONDS = 6 * 3600
"""So long the picture was fresh before: a minute is much of what Prometheus has watched for a minute only."""
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
DURATION = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])|^(\d+)([smhd])$")
LIMIT = re.compile(r"(_(?:standing|silence|age)_seconds\) > )(\d+)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def hastened(group: Group) -> Group:
    """Divide the times of a group's alerts: their windows, their limits in seconds and their waits."""
    if group in (RECORDING, BURNING):
        return group
    return Group(group.name, tuple(_hastened(rule) for rule in group.rules if isinstance(rule, Alert)))


def _hastened(alert: Alert) -> Alert:
    expression = DURATION.sub(_shorter, alert.expression)
    expression = LIMIT.sub(lambda found: f"{found[1]}{int(found[2]) / HASTE:g}", expression)
    return replace(alert, expression=expression, wait=DURATION.sub(_shorter, alert.wait))


def _shorter(found: re.Match[str]) -> str:
    number, unit = (part for part in found.groups() if part)
    return f"{int(number) * SECONDS[unit] * 1000 // HASTE}ms"


def gasps(numbers: range) -> list[Outgoing]:
    at = format_time(time_ns() // 1_000_000)
    event = {"kind": "last_gasp", "source": "mesh", "observed_at": at, "received_at": at}
    names = [(number, f"m{number % METERS}") for number in numbers]
    return [
        Outgoing(orjson.dumps(event | {"event_id": f"{at}/{number}", "meter_id": meter}), meter.encode())
        for number, meter in names
    ]


@dataclass
class Watch:
    """A utility under watch: what can be harmed, and who is told."""

    broker: KafkaBroker
    operator: Operator
    server: OpcUaServer
    ingest: tuple[Flow, Flow]
    outages: Flow
    prometheus: Prometheus
    alertmanager: str
    receiver: Receiver

    def shows(self, expression: str) -> None:
        """Wait until Prometheus finds something."""
        eventually(lambda: bool(self.prometheus.query(expression)))

    def told(self, *names: str) -> None:
        """Wait until these page, all of them at a time."""
        try:
            eventually(lambda: self.receiver.standing(PAGE) >= set(names))
        except AssertionError:
            alerts = [(one["labels"], one["state"]) for one in self.prometheus.ask("alerts")["alerts"]]
            pytest.fail(f"{set(names) - self.receiver.standing(PAGE)} did not come; there are {alerts}")

    def quiet(self) -> None:
        """Wait until all that was told is over."""
        eventually(lambda: not self.receiver.standing(PAGE) | self.receiver.standing(TICKET))
        self.receiver.told.clear()


@pytest.fixture
def watch(own_broker: KafkaBroker, tmp_path: Path) -> Iterator[Watch]:
    """Two processes of ingest, one of outages and a connector, watched by the rules as they are shipped."""
    for program, package in (("prometheus", "prometheus"), ("prometheus-alertmanager", "prometheus-alertmanager")):
        if shutil.which(program) is None:
            pytest.skip(f"needs Debian's package {package}: {program} is missing")
    operator = Operator(own_broker.bootstrap, "", PARTITIONS)
    with ExitStack() as stack:
        server = OpcUaServer(nodes=["a"]).start()
        stack.callback(server.kill)
        server.put("a", True)
        connector = Connector(tmp_path, server.url, operator, {"a": "breaker-1"})
        stack.callback(connector.kill)
        points = [f"p{meter},m{meter},transformer,1,0,0" for meter in range(METERS)]
        head = "usage_point_id,meter_id,device_id,load_kw,longitude,latitude"
        (tmp_path / "network" / "usage_points.csv").write_text("\n".join([head, *points]))
        network = compile_folder(tmp_path / "network", evidence_partitions=PARTITIONS)
        write_artefact(network, tmp_path / "utility.network")
        (tmp_path / "model.toml").write_text("left_out_seconds = 4.0\n")
        flow = partial(start_flow, stack, own_broker.bootstrap, tmp_path)
        ingest = (flow("ingest", Place(0, 2)), flow("ingest", Place(1, 2)))
        outages = flow("outages", Place(), (sys.executable, "-c", WITH_A_FAULT))
        connector.start()
        eventually(lambda: all(map(ready, (*ingest, outages))), PATIENCE)
        jobs = {
            "faultline-ingest": [each.settings["listen"] for each in ingest],
            "faultline-outages": [outages.settings["listen"]],
            "faultline-connector": [connector.url.removeprefix("http://")],
        }
        receiver = stack.enter_context(webhook())
        manager = stack.enter_context(alertmanager(tmp_path, receiver.address, wait="1s"))
        rules = render(all_groups(find_flows()), RUNBOOKS)
        watching = stack.enter_context(prometheus(tmp_path / "prometheus", jobs, rules, manager, history()))
        yield Watch(own_broker, operator, server, ingest, outages, watching, manager, receiver)


def start_flow(
    stack: ExitStack, broker: str, folder: Path, name: str, place: Place, command: Sequence[str] = COMMAND
) -> Flow:
    (port,) = free_ports(1)
    settings = {"listen": f"{HOST}:{port}", "epoch_seconds": "1", "model": str(folder / "model.toml")}
    state = folder / f"{name}-{place.process}"
    flow = Flow(broker, "", name, folder / "utility.network", state, place, settings, command=command)
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


def test_faults_page_and_a_storm_does_not(watch: Watch) -> None:
    nobody_is_told_of_a_storm_with_a_restart(watch)
    watch.prometheus.take_rules(render(map(hastened, all_groups(find_flows())), RUNBOOKS))
    each_fault_is_told_until_it_is_mended(watch)
    a_dead_kafka_is_one_page(watch)


def nobody_is_told_of_a_storm_with_a_restart(watch: Watch) -> None:
    watch.operator.write(METER_EVENTS, 0, *gasps(range(METERS // 2)))
    watch.shows("sum(faultline_customers_out) > 20")
    watch.outages.stop()
    watch.operator.write(METER_EVENTS, 1, *gasps(range(METERS // 2, METERS)))
    watch.outages.start()
    watch.shows('changes(process_start_time_seconds{job="faultline-outages"}[5m]) == 1')
    watch.shows(f'faultline_evidence_rows_total{{job="faultline-outages",topic="{METER_EVENTS}"}} >= {METERS // 2}')
    watch.shows("sum(faultline_customers_out) > 20")
    assert not watch.prometheus.query('count_over_time(ALERTS{alertname!="FaultlineWatchdog",alertstate="firing"}[1h])')
    eventually(lambda: "/watchdog" in watch.receiver.told)
    assert set(watch.receiver.told) == {"/watchdog"}


def each_fault_is_told_until_it_is_mended(watch: Watch) -> None:
    """A rule that fails, SCADA that is not there, a process that stands still, a flood of what nobody can read."""
    watch.server.put("a", False)
    watch.shows("faultline_quarantined_zones == 1")
    watch.server.kill()
    watch.ingest[1].send(signal.SIGSTOP)
    watch.operator.write(METER_EVENTS, 0, *[Outgoing(b"no event", b"m")] * 1000)
    watch.told(
        "FaultlineZonesSetAside",
        "FaultlineLinkLost",
        "FaultlineProcessDown",
        "FaultlineOriginLeftOut",
        "FaultlineRecordsRefused",
    )
    assert "FaultlineKafkaDown" not in watch.receiver.told[PAGE]
    watch.ingest[1].send(signal.SIGCONT)
    watch.server.start()
    watch.server.put("a", True)
    watch.outages.stop()
    watch.outages.command = COMMAND
    watch.outages.start()
    watch.shows('up{job="faultline-outages"} == 1')
    resumed = watch.operator.run("zones", "resume", "north")
    assert resumed.returncode == 0, resumed.stderr
    watch.operator.write(METER_EVENTS, 0, *gasps(range(8000)))
    watch.quiet()


def a_dead_kafka_is_one_page(watch: Watch) -> None:
    watch.broker.kill()
    watch.told("FaultlineKafkaDown")
    eventually(lambda: "FaultlineEvidenceSilent" in suppressed(watch.alertmanager))
    assert {path: told for path, told in watch.receiver.told.items() if path != "/watchdog"} == {
        PAGE: {"FaultlineKafkaDown"}
    }
    watch.broker.start()
    watch.quiet()
