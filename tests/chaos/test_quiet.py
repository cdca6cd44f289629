"""Nobody is told of ten full storms, of a process that is killed and of another version that rolls: by `make quiet`.

The rules are as they are shipped, with all their times, and every message is written when it arrives. The storms begin
two minutes apart, each over a district of its own, so that they are over each other; the ends of their repairs are not
waited for. Both flows, a connector and a canary run, and each of them rolls.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.network.compiled_file import write_artefact
from adapters.network.load import compile_folder
from adapters.prometheus.rules import RUNBOOKS, all_groups, render
from dataflows.service.flows import find_flows
from scripts.kafka.ports import HOST, free_ports
from tests.chaos.figures import tell
from tests.chaos.processes import Flow, Place
from tests.chaos.stage import PATIENCE
from tests.chaos.test_upgrade import OLDER_CODE
from tests.chaos.watch import close, history, ready
from tests.peers.alertmanager import Receiver, alertmanager, webhook
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.opcua_command import Connector
from tests.peers.opcua_server import OpcUaServer
from tests.peers.own_certificates import secured
from tests.peers.prometheus import Prometheus, prometheus, skip_without
from tests.worlds.districts import District, Weather, joined, now
from tests.worlds.storms import COMMAND

if TYPE_CHECKING:
    from scripts.kafka.broker import KafkaBroker

STORMS = int(os.environ.get("FAULTLINE_QUIET", "10"))
APART_MS = 120_000
LEAD_MS = 150_000
"""From the making of the storms to the first: all has to run by then."""
AFTER_MS = 720_000
"""From where one more storm would begin: two minutes longer than the last one's faults come."""
KILLED, ROLLED = 0.3, 0.6
"""When, as shares of all the storms' time."""
PARTITIONS = 4
OLDER = (sys.executable, "-c", OLDER_CODE)
FIGURES = {
    "revisions": "sum(increase(faultline_end_to_end_delay_seconds_count[6h]))",
    "customers_out_at_most": "max_over_time(sum(faultline_customers_out)[6h:5s])",
    "oldest_picture_s": "max_over_time(cluster:faultline_watermark_lag_seconds:max[6h])",
    "stale_share_of_6h": "cluster:faultline_stale:ratio_6h",
    "late_share_of_6h": "cluster:faultline_late:ratio_rate6h",
    "canaries_right": 'sum(increase(faultline_canary_outages_total{outcome="right"}[6h]))',
    "canaries_not_right": 'sum(increase(faultline_canary_outages_total{outcome!="right"}[6h]))',
}


@dataclass
class Utility:
    """All that runs."""

    folder: Path
    operator: Operator
    network: Path
    connector: Connector
    flows: list[Flow] = field(default_factory=list)
    canary: subprocess.Popen[str] | None = None
    jobs: dict[str, list[str]] = field(default_factory=dict)

    def start_flows(self, broker: str) -> None:
        """Start two processes of each flow, of an older version."""
        for name in ("ingest", "outages"):
            self.jobs[f"faultline-{name}"] = [f"{HOST}:{port}" for port in free_ports(2)]
            for process, listen in enumerate(self.jobs[f"faultline-{name}"]):
                state, settings = self.folder / f"{name}-{process}", {"listen": listen}
                flow = Flow(broker, "", name, self.network, state, Place(process, 2), settings, command=OLDER)
                flow.start()
                self.flows.append(flow)

    def start_canary(self) -> None:
        """Start one that makes an outage in each partition every four minutes."""
        (listen,) = self.jobs.setdefault("faultline-canary", [f"{HOST}:{port}" for port in free_ports(1)])
        options = ("--every", 240, "--lasting", 100, "--network", self.network, "--listen", listen)
        self.canary = self.operator.start("canary", *options)

    def end_canary(self) -> None:
        if self.canary is not None:
            self.canary.send_signal(signal.SIGTERM)
            self.canary.communicate()

    def roll(self) -> None:
        """Let another version take over, one process after the other."""
        for flow in self.flows:
            flow.stop()
            flow.command = COMMAND
            flow.start()
            eventually(lambda flow=flow: ready(flow), PATIENCE)  # type: ignore[misc]
        self.connector.end(signal.SIGTERM)
        self.connector.start()
        self.end_canary()
        self.start_canary()

    def end(self) -> None:
        """Leave nothing running."""
        for flow in self.flows:
            flow.kill()
        self.connector.kill()
        self.end_canary()


@dataclass
class Watch:
    """The utility, its weather, and who watches and is told."""

    utility: Utility
    weather: Weather
    prometheus: Prometheus
    receiver: Receiver


@pytest.fixture
def watch(own_broker: KafkaBroker, tmp_path: Path) -> Iterator[Watch]:
    skip_without("prometheus", "prometheus-alertmanager")
    districts = [District(tmp_path, number) for number in range(1, STORMS + 1)]
    with ExitStack() as stack:
        server = OpcUaServer(nodes=["a", "b"])
        stack.callback(server.kill)
        utility = made(tmp_path, Operator(own_broker.bootstrap, "", PARTITIONS), server, districts)
        stack.callback(utility.end)
        begins_at = now() + LEAD_MS
        for number, district in enumerate(districts):
            district.blow(begins_at + number * APART_MS)
        utility.start_flows(own_broker.bootstrap)
        secured(server, utility.connector, server_days=90, own_days=90)
        close(server)
        utility.connector.start()
        eventually(lambda: all(map(ready, utility.flows)), PATIENCE)
        utility.start_canary()
        receiver = stack.enter_context(webhook())
        manager = stack.enter_context(alertmanager(tmp_path, receiver.address, wait="1s"))
        rules = render(all_groups(find_flows()), RUNBOOKS)
        watching = prometheus(tmp_path / "prometheus", utility.jobs, rules, manager, history())
        watched = stack.enter_context(watching)
        weather = Weather(own_broker.bootstrap, districts, (begins_at, begins_at + STORMS * APART_MS + AFTER_MS))
        stack.callback(weather.end)
        weather.start()
        yield Watch(utility, weather, watched, receiver)


def made(folder: Path, operator: Operator, server: OpcUaServer, districts: list[District]) -> Utility:
    """Make a utility of these districts, and of two breakers whose positions a connector brings."""
    connector = Connector(folder, server.url, operator, {"a": "breaker-1", "b": "breaker-2"})
    (port,) = free_ports(1)  # the same after a restart
    connector.config.write_text(connector.config.read_text().replace("127.0.0.1:0", f"{HOST}:{port}"))
    for district in districts:
        district.make()
    joined([folder / "network", *(district.tables for district in districts)], folder / "utility")
    network = folder / "utility.network"
    write_artefact(compile_folder(folder / "utility", evidence_partitions=PARTITIONS, canaries=True), network)
    return Utility(folder, operator, network, connector, jobs={"faultline-connector": [f"{HOST}:{port}"]})


def test_storms_a_kill_and_a_rolling_upgrade_are_told_to_nobody(watch: Watch) -> None:
    watch.weather.wait_for(KILLED)
    watch.utility.flows[-1].kill()
    watch.utility.flows[-1].start()
    watch.weather.wait_for(ROLLED)
    watch.utility.roll()
    watch.weather.wait_for(1.0)
    show(watch)
    query = watch.prometheus.query
    assert not query('count_over_time(ALERTS{alertname!="FaultlineWatchdog",alertstate="firing"}[6h])')
    assert set(watch.receiver.told) == {"/watchdog"}
    assert query("cluster:faultline_fresh:bool == 1")
    starts = query('changes(process_start_time_seconds{job=~"faultline-(ingest|outages)"}[6h])')
    assert sorted(one["value"][1] for one in starts) == ["1", "1", "1", "2"]


def show(watch: Watch) -> None:
    """Tell what was played, and what was near to being told."""
    found = {name: watch.prometheus.query(expression) for name, expression in FIGURES.items()}
    figures = {name: round(float(some[0]["value"][1]), 4) if some else 0.0 for name, some in found.items()}
    tell("quiet storms", storms=STORMS, messages=watch.weather.written, latest_ms=watch.weather.latest_ms, **figures)
    pending = watch.prometheus.query('sum by (alertname) (count_over_time(ALERTS{alertstate="pending"}[6h]))')
    tell("pending, seconds", **{one["metric"]["alertname"]: float(one["value"][1]) for one in pending})
