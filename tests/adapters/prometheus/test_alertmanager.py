"""The example for Alertmanager, in a real one: who gets what, and one page for a dead Kafka."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import orjson
import pytest
from typing_extensions import override

from adapters.prometheus.rules import all_alerts
from dataflows.service.flows import find_flows
from scripts.kafka.ports import HOST, free_ports
from tests.peers.kafka import eventually

EXAMPLE = Path(__file__).parents[3] / "monitoring" / "alertmanager.yaml"
Received = dict[str, set[str]]


@contextmanager
def webhook() -> Iterator[tuple[str, Received]]:
    """Receive notifications: by path, the names of the alerts that stand."""
    received: Received = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
            standing = {alert["labels"]["alertname"] for alert in body["alerts"] if alert["status"] == "firing"}
            received.setdefault(self.path, set()).update(standing)
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://{HOST}:{server.server_port}", received
        server.shutdown()


@contextmanager
def alertmanager(folder: Path, receiver: str) -> Iterator[str]:
    """Run the example with its receivers here and its waits short."""
    content = (
        EXAMPLE.read_text().replace("http://127.0.0.1:9095", receiver).replace("group_wait: 15s", "group_wait: 3s")
    )
    (folder / "alertmanager.yaml").write_text(content)
    (port,) = free_ports(1)
    flags = [f"--web.listen-address={HOST}:{port}", "--cluster.listen-address=", f"--storage.path={folder / 'data'}"]
    command = ["prometheus-alertmanager", f"--config.file={folder / 'alertmanager.yaml'}", *flags]
    with (folder / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            address = f"http://{HOST}:{port}"
            eventually(lambda: answers(f"{address}/-/ready"))
            yield address
        finally:
            process.terminate()
            process.wait()


def answers(address: str) -> bool:
    try:
        return bool(urlopen(address, timeout=60).status == 200)  # noqa: S310 (ours)
    except OSError:
        return False


def send(address: str, names: list[str]) -> None:
    """Tell of alerts as Prometheus does."""
    known = {alert.name: alert for alert in all_alerts(find_flows())}
    alerts = [
        {"labels": {"alertname": name, "service": "faultline", "severity": known[name].severity, **known[name].labels}}
        for name in names
    ]
    request = Request(f"{address}/api/v2/alerts", orjson.dumps(alerts), {"Content-Type": "application/json"})  # noqa: S310
    urlopen(request, timeout=60).close()  # noqa: S310


def suppressed(address: str) -> set[str]:
    alerts = orjson.loads(urlopen(f"{address}/api/v2/alerts", timeout=60).read())  # noqa: S310
    return {one["labels"]["alertname"] for one in alerts if one["status"]["state"] == "suppressed"}


def test_a_dead_kafka_is_one_page(tmp_path: Path) -> None:
    if shutil.which("prometheus-alertmanager") is None:
        pytest.skip("needs Debian's package prometheus-alertmanager: prometheus-alertmanager is missing")
    names = [alert.name for alert in all_alerts(find_flows())]
    with webhook() as (receiver, received), alertmanager(tmp_path, receiver) as address:
        send(address, names)
        stay = {"FaultlineKafkaDown", "FaultlineZonesSetAside", "FaultlineWatchdog"}
        eventually(lambda: suppressed(address) == set(names) - stay)
        eventually(lambda: received.get("/page") == stay - {"FaultlineWatchdog"})
        eventually(lambda: received.get("/watchdog") == {"FaultlineWatchdog"})
        assert "/ticket" not in received


def test_who_gets_what(tmp_path: Path) -> None:
    if shutil.which("amtool") is None:
        pytest.skip("needs Debian's package prometheus-alertmanager: amtool is missing")
    receivers = {"page": "pages", "ticket": "tickets", "none": "watchdog"}
    for alert in all_alerts(find_flows()):
        labels = [f"alertname={alert.name}", "service=faultline", f"severity={alert.severity}"]
        command = ["amtool", "config", "routes", "test", f"--config.file={EXAMPLE}", *labels]
        told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout.strip()
        assert told == receivers[alert.severity], alert.name
