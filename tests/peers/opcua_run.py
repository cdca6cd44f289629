"""An OPC UA connector in a thread of the test, and a proxy that cuts its link."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from adapters.connectors.report_queue import ReportQueue
from adapters.opcua.connection import Identity
from adapters.opcua.connector import OpcUaConnector
from adapters.opcua.settings import OpcUaSettings
from models.telemetry.points import Point
from tests.peers.kafka import PATIENCE
from tests.peers.opcua_server import node_id

QUICK = {"publishing_seconds": 0.05, "probe_seconds": 0.2, "retry_seconds": 0.5, "timeout_seconds": 20.0}
OPEN = {"security_policy": "None", "security_mode": "None"}


def point(name: str, device: str | None = None, kind: Any = "position", **rest: Any) -> Point:
    """A point of the test server's node."""
    return Point("ems", node_id(name), device or name, kind, **rest)


def settings_of(*urls: str, **rest: Any) -> OpcUaSettings:
    """Settings of one link; what is no setting of an endpoint is one of the connector."""
    own = {name: rest.pop(name) for name in list(rest) if name in OpcUaSettings.model_fields}
    endpoint = {"name": "ems", "urls": list(urls), **QUICK, **({} if "security_policy" in rest else OPEN), **rest}
    given = {"connector": "north", "network": "n", "mapping": "m", "state": "s", "stale_seconds": 20.0}
    return OpcUaSettings.model_validate(given | own | {"endpoints": [endpoint]})


class Running:
    """A connector until `stop`; `events` are its reports as events, in order."""

    def __init__(
        self,
        settings: OpcUaSettings,
        points: Sequence[Point],
        identity: Identity | None = None,
        marks: dict[str, int] | None = None,
        queue_size: int = 100_000,
    ) -> None:
        self.queue = ReportQueue(queue_size)
        who = identity or Identity(settings.application_uri)
        self.connector = OpcUaConnector(settings, who, points, self.queue, marks or {}, random.random)
        self.events: list[dict[str, Any]] = []
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self.connector.run(self._stop))

    @property
    def state(self) -> str:
        return self.connector.links()[0].state

    @property
    def troubles(self) -> str:
        return " ".join(self.connector.links()[0].troubles)

    def read(self) -> list[dict[str, Any]]:
        """All events so far."""
        self.events += [json.loads(report.value) for report in self.queue.take(1_000_000, 0)]
        return self.events

    def of(self, kind: str, device: str | None = None) -> list[dict[str, Any]]:
        return [one for one in self.read() if one["kind"] == kind and device in (None, one["device_id"])]

    def positions(self, device: str) -> list[str]:
        return [one["position"] for one in self.of("position", device)]

    def wait(self, until: Callable[[], Any], seconds: float = PATIENCE) -> None:
        """Poll until something is so."""
        deadline = time.monotonic() + seconds
        while not until():
            told = f"{self.connector.links()} {dict(self.connector.counts)} {self.read()[-5:]}"
            assert time.monotonic() < deadline, f"it does not come to pass: {told}"
            time.sleep(0.02)

    def connected(self, seconds: float = PATIENCE) -> Running:
        self.wait(lambda: self.state == "connected", seconds)
        return self

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the connector does not end"
        with suppress(RuntimeError):
            self._loop.close()
        self.read()


class Proxy:
    """A TCP proxy on a port of its own; it can cut all connections and refuse new ones, or swallow what is sent."""

    def __init__(self, port: int) -> None:
        self._target, self._open = port, True
        self._swallows = False
        self._sockets: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"opc.tcp://127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut what is there, and let nobody in."""
        self._open = False
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._sockets.clear()

    def mend(self) -> None:
        self._open, self._swallows = True, False

    def swallow(self) -> None:
        """Keep connections, and let nothing through."""
        self._swallows = True

    def close(self) -> None:
        self.cut()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if not self._open:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            self._sockets += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                while self._swallows:
                    time.sleep(0.02)
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.close()
