"""A gateway connector in a thread of the test, and who it and the gateway are."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.connectors.report_queue import ReportQueue
from adapters.gateways.connector import GatewayConnector
from adapters.gateways.settings import GatewaySettings
from models.telemetry.points import Point
from tests.peers.certificates import Authority
from tests.peers.kafka import PATIENCE
from tests.peers.tokens import SECRET

NODES = tuple(f"nsu=urn:utility:ems;s={name}" for name in "abc")


class Parties:
    def __init__(self, folder: Path) -> None:
        authority = Authority(folder / "authority")
        self.certificate, self.key = authority.issue("gateway")
        self.ca = authority.certificate
        self.secret = folder / "secret"
        self.secret.write_text(SECRET)


def settings_of(url: str, kind: str, parties: Parties, **rest: Any) -> GatewaySettings:
    quick = {
        "poll_seconds": 0.05,
        "timeout_seconds": 30,
        "retry_seconds": 0.2,
        "ca_file": parties.ca,
        "items_per_call": 2,
    }
    endpoint = {"name": "ems", "kind": kind, "url": url} | quick | rest
    given = {"connector": "n", "network": "n", "mapping": "m", "state": "s", "endpoints": [endpoint]}
    return GatewaySettings.model_validate(given)


class Running:
    """A connector in a thread, until the context ends."""

    def __init__(self, settings: GatewaySettings, points: list[Point], marks: dict[str, int] | None = None) -> None:
        self.queue = ReportQueue(1000)
        self.connector = GatewayConnector(settings, points, self.queue, marks or {}, random.random)
        self.events: list[dict[str, Any]] = []
        self.loop, self.end = asyncio.new_event_loop(), asyncio.Event()
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(self.connector.run(self.end)))
        self.thread.start()

    def read(self) -> list[dict[str, Any]]:
        self.events += [json.loads(report.value) for report in self.queue.take(1000, 0)]
        return self.events

    @property
    def troubles(self) -> str:
        return " ".join(self.connector.links()[0].troubles)

    def wait(self, until: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < deadline, (self.connector.links(), self.read())
            time.sleep(0.01)


@contextmanager
def running(settings: GatewaySettings, points: list[Point], marks: dict[str, int] | None = None) -> Iterator[Running]:
    made = Running(settings, points, marks)
    try:
        yield made
    finally:
        made.loop.call_soon_threadsafe(made.end.set)
        made.thread.join(PATIENCE)
        assert not made.thread.is_alive()
        made.loop.close()


def points() -> list[Point]:
    return [Point("ems", node, f"device-{node[-1]}", "position") for node in NODES]
