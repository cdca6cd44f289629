"""The example for Alertmanager, in a real one: who gets what, and one page for a dead Kafka."""

from __future__ import annotations

import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

import orjson

from adapters.prometheus.rules import all_alerts
from dataflows.service.flows import find_flows
from tests.peers.alertmanager import EXAMPLE, alertmanager, suppressed, webhook
from tests.peers.kafka import eventually
from tests.peers.prometheus import skip_without


def send(address: str, names: list[str]) -> None:
    """Tell of alerts as Prometheus does."""
    known = {alert.name: alert for alert in all_alerts(find_flows())}
    alerts = [
        {"labels": {"alertname": name, "service": "faultline", "severity": known[name].severity, **known[name].labels}}
        for name in names
    ]
    request = Request(f"{address}/api/v2/alerts", orjson.dumps(alerts), {"Content-Type": "application/json"})  # noqa: S310
    urlopen(request, timeout=60).close()  # noqa: S310


def test_a_dead_kafka_is_one_page(tmp_path: Path) -> None:
    skip_without("prometheus-alertmanager")
    names = [alert.name for alert in all_alerts(find_flows())]
    with webhook() as receiver, alertmanager(tmp_path, receiver.address) as address:
        send(address, names)
        stay = {"FaultlineKafkaDown", "FaultlineZonesSetAside", "FaultlineWatchdog"}
        eventually(lambda: suppressed(address) == set(names) - stay)
        eventually(lambda: receiver.told.get("/page") == stay - {"FaultlineWatchdog"})
        eventually(lambda: receiver.told.get("/watchdog") == {"FaultlineWatchdog"})
        assert "/ticket" not in receiver.told


def test_who_gets_what(tmp_path: Path) -> None:
    skip_without("amtool")
    receivers = {"page": "pages", "ticket": "tickets", "none": "watchdog"}
    for alert in all_alerts(find_flows()):
        labels = [f"alertname={alert.name}", "service=faultline", f"severity={alert.severity}"]
        command = ["amtool", "config", "routes", "test", f"--config.file={EXAMPLE}", *labels]
        told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.strip()
        assert told == receivers[alert.severity], alert.name
