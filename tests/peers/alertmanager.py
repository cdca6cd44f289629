"""A real Alertmanager with the example's routes, and who it tells, on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

import orjson
from typing_extensions import override

from scripts.kafka.broker import dies_with_us
from scripts.kafka.ports import HOST, free_ports
from tests.peers.kafka import eventually

EXAMPLE = Path(__file__).parents[2] / "monitoring" / "alertmanager.yaml"
_GROUPED = "  group_by: [alertname]\n"


class Receiver:
    """Takes notifications: `told` has, by path, the alerts that ever stood; `standing` those that stand now."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.told: dict[str, set[str]] = {}
        self._standing: dict[tuple[str, bytes], str] = {}

    def take(self, path: str, body: dict[str, Any]) -> None:
        """Note what a notification says of each of its alerts."""
        for alert in body["alerts"]:
            name, one = alert["labels"]["alertname"], (path, orjson.dumps(alert["labels"]))
            if alert["status"] == "firing":
                self.told.setdefault(path, set()).add(name)
                self._standing[one] = name
            else:
                self._standing.pop(one, None)

    def standing(self, path: str) -> set[str]:
        """Name the alerts that were told and are not yet told to be over."""
        return {name for (where, _), name in list(self._standing.items()) if where == path}


@contextmanager
def webhook() -> Iterator[Receiver]:
    """Receive notifications."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self.path, orjson.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        receiver = Receiver(f"http://{HOST}:{server.server_port}")
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield receiver
        server.shutdown()


@contextmanager
def alertmanager(folder: Path, receiver: str, wait: str = "3s") -> Iterator[str]:
    """Run the example with its receivers here and waits short; gives where it answers."""
    content = EXAMPLE.read_text()
    for ours, here in (
        ("http://127.0.0.1:9095", receiver),
        ("group_wait: 15s", f"group_wait: {wait}"),
        (_GROUPED, f"{_GROUPED}  group_wait: {wait}\n  group_interval: 1s\n"),
    ):
        assert ours in content
        content = content.replace(ours, here, 1 if here.startswith(_GROUPED) else -1)
    (folder / "alertmanager.yaml").write_text(content)
    (port,) = free_ports(1)
    flags = [f"--web.listen-address={HOST}:{port}", "--cluster.listen-address=", f"--storage.path={folder / 'data'}"]
    command = ["prometheus-alertmanager", f"--config.file={folder / 'alertmanager.yaml'}", *flags]
    with (folder / "alertmanager.log").open("wb") as log:
        process = subprocess.Popen([*dies_with_us(), *command], stdout=log, stderr=log)
        try:
            address = f"http://{HOST}:{port}"
            eventually(lambda: _answers(f"{address}/-/ready"))
            yield address
        finally:
            process.terminate()
            process.wait()


def suppressed(address: str) -> set[str]:
    """Name the alerts that Alertmanager holds back."""
    alerts = orjson.loads(urlopen(f"{address}/api/v2/alerts", timeout=60).read())  # noqa: S310
    return {one["labels"]["alertname"] for one in alerts if one["status"]["state"] == "suppressed"}


def _answers(address: str) -> bool:
    try:
        return bool(urlopen(address, timeout=60).status == 200)  # noqa: S310 (ours)
    except OSError:
        return False
