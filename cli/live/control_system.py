"""A storm's SCADA by OPC UA: a server that lets it happen, a connector to it, and its reports in the storm."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

import orjson

from adapters.connectors.clock import now_ms, pause
from adapters.connectors.report_queue import ReportQueue
from adapters.files.lines import LineReader
from adapters.files.play import Played
from adapters.opcua.connection import Identity
from adapters.opcua.connector import OpcUaConnector
from adapters.opcua.settings import OpcUaSettings
from adapters.opcua_simulation.server import SimulatedServer, node_of
from adapters.opcua_simulation.storm import BEFORE_MS, served_devices
from models.contracts.inputs.scada import ScadaEvent
from models.decoding.cut_line import CutLine
from models.decoding.validation import Refused, validate
from models.refusal import FaultsError
from models.telemetry.points import Point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from models.network.network import Network

NAME: Final = "simulated"
READY_SECONDS: Final = 60.0
ANSWER_SECONDS: Final = 30.0
QUIET_SECONDS: Final = 1.0
"""After the last event, so long without a report: all have come."""
TICK_SECONDS: Final = 0.05
MOST: Final = 1_000_000
LINES_AT_ONCE: Final = 10_000


class ControlSystem:
    """A server on this machine and a connector to it, in a thread of their own, from `with` to its end."""

    def __init__(self, devices: Sequence[str], since_ms: int) -> None:
        """Serve these devices, all closed since a moment before the storm."""
        self._devices, self._known, self._since = devices, frozenset(devices), since_ms
        self._server, self._queue = SimulatedServer(), ReportQueue(MOST)
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._ready, self._failure = Event(), ""
        self._thread = Thread(target=self._main, name="control system", daemon=True)

    def __enter__(self) -> Self:
        logging.getLogger("asyncua").setLevel(logging.CRITICAL)
        self._thread.start()
        if not self._ready.wait(READY_SECONDS) or self._failure:
            raise FaultsError([f"the simulated control system does not start: {self._failure or 'it takes too long'}"])
        return self

    def __exit__(self, *reason: object) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(ANSWER_SECONDS)

    def play(self, line: bytes) -> bool:
        """Let the event of a line happen; whether it can: what is no event, or of no device here, cannot."""
        try:
            event = validate(ScadaEvent, line)
        except Refused:
            return False
        if event.device_id not in self._known:
            return False
        return asyncio.run_coroutine_threadsafe(self._server.play(event), self._loop).result(ANSWER_SECONDS)

    def reports(self, at: int) -> list[bytes]:
        """Give what the connector has reported since, as lines that arrived at `at`, by the storm's clock."""
        return [orjson.dumps(orjson.loads(one.value) | {"received_at": at}) for one in self._queue.take(MOST, 0)]

    def _main(self) -> None:
        try:
            self._loop.run_until_complete(self._run())
        except Exception as error:  # noqa: BLE001 (told by the thread that waits)
            self._failure = f"{type(error).__name__}: {error}"
        finally:
            self._ready.set()
            self._loop.close()

    async def _run(self) -> None:
        url = await self._server.start("opc.tcp://127.0.0.1:0", self._devices, self._since)
        settings = OpcUaSettings.model_validate(_settings(url))
        identity = Identity(settings.application_uri)
        points = [point for device in self._devices for point in _points(device)]
        connector = OpcUaConnector(settings, identity, points, self._queue, {}, random.SystemRandom().random)
        following = asyncio.create_task(connector.run(self._stop))
        while connector.links()[0].state not in {"connected", "degraded"} and not following.done():
            await pause(self._stop, TICK_SECONDS)
        self._ready.set()
        await following
        await self._server.stop()


def _settings(url: str) -> dict[str, Any]:
    """Settings of a link within this process: nobody else hears it, and it is quick."""
    unused = dict.fromkeys(("network", "mapping", "state"), ".")
    open_to_all = {"security_policy": "None", "security_mode": "None"}
    endpoint = {"name": NAME, "urls": [url], "publishing_seconds": TICK_SECONDS, "queue_size": 1000, **open_to_all}
    return {"connector": NAME, **unused, "stale_seconds": 600, "endpoints": [endpoint]}


def _points(device: str) -> tuple[Point, Point]:
    node_id = node_of(device)
    return Point(NAME, node_id, device, "position", "double_point"), Point(NAME, node_id, device, "alarm")


def serve_control_system(network: Network, path: Path) -> ControlSystem:
    """Make the control system of a storm's SCADA file: the telemetered devices, and those that it names."""
    named, first = dict[str, None](), now_ms()
    for event in _events(path):
        named[event.device_id] = None
        first = min(first, event.observed_at)
    found = network.find_devices(list(named))
    known = [name for name, place in zip(named, found.tolist(), strict=True) if place >= 0]
    return ControlSystem(served_devices(network, known), first - BEFORE_MS)


def _events(path: Path) -> Iterator[ScadaEvent]:
    with LineReader(path) as reader:
        while not reader.at_end():
            for line in reader.read(LINES_AT_ONCE):
                with suppress(Refused):
                    if not isinstance(line, CutLine):
                        yield validate(ScadaEvent, line)


def by_opcua(system: ControlSystem, lines: Iterable[Played], place: int, speed: float) -> Iterator[Played]:
    """Let the lines of one topic happen in the control system, and give its reports in their place, as they come.

    A blank line lets the feed come to its time, and writes nothing.
    """
    at, last, step = 0, None, max(1, int(TICK_SECONDS * 1000 * speed))
    for played in lines:
        while at and played.log_time - at > step:
            at += step
            yield Played(at, place, 0, b"")
            yield from _reported(system, at, place)
        at = max(at, played.log_time)
        if played.place == place and played.value is None:
            last = played
            continue
        if played.place == place and played.value is not None:
            yield Played(at, place, played.number, b"")
            if system.play(played.value):
                continue
        if at:
            yield from _reported(system, at, place)
        yield played._replace(log_time=at)
    quiet_at = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < quiet_at:
        for report in _reported(system, at, place):
            yield report
            quiet_at = time.monotonic() + QUIET_SECONDS
        time.sleep(TICK_SECONDS)
    if last is not None:
        yield last._replace(log_time=at)


def _reported(system: ControlSystem, at: int, place: int) -> Iterator[Played]:
    return (Played(at, place, 0, line) for line in system.reports(at))
