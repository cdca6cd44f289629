"""A real Prometheus scrapes flows, a connector and a canary while power fails: all panels show it, no alert stands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.request import urlopen

import orjson
import pytest

from adapters.grafana.files import DASHBOARDS
from adapters.kafka.clients.producer import Outgoing
from adapters.prometheus.rules import RUNBOOKS, all_groups, render
from dataflows.service.flows import find_flows
from models.contracts.topics import METER_EVENTS
from models.times.iso8601 import format_time
from scripts.kafka.ports import HOST, free_ports
from tests.cli.canary.test_canary import QUICK
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.opcua_command import Connector
from tests.peers.opcua_server import OpcUaServer
from tests.peers.prometheus import Prometheus, prometheus, skip_without

METERS = 60
PARTITIONS = 8
PATIENCE = 240.0
NOTHING_TO_SHOW = {"Days of the certificates"}
"""The server of this test has no security."""
pytestmark = pytest.mark.xdist_group("prometheus")


def gasp(meter: int) -> Outgoing:
    at = format_time(time.time_ns() // 1_000_000)
    event = {"event_id": f"g{meter}", "meter_id": f"m{meter}", "kind": "last_gasp", "source": "quick"}
    return Outgoing(orjson.dumps(event | {"observed_at": at, "received_at": at}), f"m{meter}".encode())


@pytest.fixture
def watched(tmp_path: Path, kafka: str, prefix: str) -> Iterator[Prometheus]:
    skip_without("prometheus")
    operator = Operator(kafka, prefix, PARTITIONS)
    with ExitStack() as stack:
        server = OpcUaServer(nodes=["a"]).start()
        stack.callback(server.kill)
        connector = Connector(tmp_path, server.url, operator, {"a": "breaker-1"})
        points = [f"p{meter},m{meter},transformer,1,0,0" for meter in range(METERS)]
        head = "usage_point_id,meter_id,device_id,load_kw,longitude,latitude"
        (tmp_path / "network" / "usage_points.csv").write_text("\n".join([head, *points]))
        (tmp_path / "model.toml").write_text(QUICK)
        options = ("--network", tmp_path / "canary.network", "--model", tmp_path / "model.toml")
        compiling = ("--evidence-partitions", PARTITIONS, "--canary", "--output", options[1])
        compiled = operator.run("network", "compile", "--network", tmp_path / "network", *compiling)
        assert compiled.returncode == 0, compiled.stderr
        commands: dict[str, list[object]] = {
            flow: ["run", flow, "--state", tmp_path / f"state-{flow}"] for flow in find_flows()
        }
        commands["ingest"] += options[:2]
        commands["outages"] += options
        commands["canary"] = ["canary", "--every", 30, "--lasting", 10, *options]
        jobs = {}
        for (name, command), port in zip(commands.items(), free_ports(len(commands)), strict=True):
            process = operator.start(*command, "--listen", f"{HOST}:{port}")
            stack.callback(process.communicate)
            stack.callback(process.kill)
            jobs[f"faultline-{name}"] = [f"{HOST}:{port}"]
        stack.callback(connector.kill)
        connector.start()
        jobs["faultline-connector"] = [connector.url.removeprefix("http://")]
        eventually(lambda: all(ready(address) for (address,) in jobs.values()), PATIENCE)
        rules = render(all_groups(find_flows()), RUNBOOKS)
        operator.write(METER_EVENTS, 0, gasp(0))
        server.put("a", True)
        yield stack.enter_context(prometheus(tmp_path / "prometheus", jobs, rules))


def ready(address: str) -> bool:
    try:
        return bool(urlopen(f"http://{address}/readyz", timeout=60).status == 200)
    except OSError:  # an answer that takes too long is no URLError
        return False


def expressions() -> dict[str, str]:
    """Every expression of every dashboard, by what it is; each flow is chosen in turn."""
    found = {}
    for dashboard in DASHBOARDS:
        for panel in dashboard.panels:
            for number, (expression, _) in enumerate(panel.lines):
                chosen = expression.replace("$partition", ".*").replace("$connector", ".*").replace("$flow", "outages")
                if panel.title not in NOTHING_TO_SHOW:
                    found[f"{dashboard.name}: {panel.title} {number}"] = chosen
    return found


def test_every_panel_shows_something_and_no_alert_stands(watched: Prometheus, kafka: str, prefix: str) -> None:
    operator = Operator(kafka, prefix, PARTITIONS)
    eventually(lambda: len(watched.query("up == 1")) == 4, PATIENCE)
    operator.write(METER_EVENTS, 0, Outgoing(b"no event", b"m0"), *map(gasp, range(1, METERS)))
    eventually(lambda: bool(watched.query("sum(faultline_customers_out) > 50")), PATIENCE)
    empty = expressions()

    def all_shown() -> bool:
        for name in [name for name, expression in empty.items() if numbers(watched, expression)]:
            del empty[name]
        return not empty

    try:
        eventually(all_shown, PATIENCE)
    except AssertionError:
        pytest.fail(f"these show nothing: {empty}")
    rules = [rule for group in watched.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"]: rule["lastError"] for rule in rules if rule["health"] != "ok"} == {}
    # Prometheus looked once before its first scrape, and on a busy machine a start that compiles takes minutes.
    of_the_start = {"FaultlinePictureStale", "FaultlinePictureStaleSlowly", "FaultlineSnapshotsLate"}
    passing = {(name, "pending") for name in of_the_start}
    # A scrape may take longer than its second there, which is over with the next.
    eventually(lambda: standing(watched) - passing == {("FaultlineWatchdog", "firing")}, PATIENCE)


def numbers(watched: Prometheus, expression: str) -> list[str]:
    """Give the values that an expression comes to; a quantile of nothing is none."""
    return [one["value"][1] for one in watched.query(expression) if one["value"][1] != "NaN"]


def standing(watched: Prometheus) -> set[tuple[str, str]]:
    """Give the alerts that stand now, with their states."""
    return {(alert["labels"]["alertname"], alert["state"]) for alert in watched.ask("alerts")["alerts"]}
