"""`faultline connect simulate-server`: a storm's SCADA as a live OPC UA server."""

from __future__ import annotations

import asyncio
import csv
import logging
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import typer

from adapters.connectors.clock import now_ms
from adapters.network.load import load_network
from adapters.opcua_simulation.server import SimulatedServer, mapping_rows
from adapters.opcua_simulation.storm import BEFORE_MS, served_devices
from models.contracts.inputs.scada import ScadaEvent
from models.contracts.topics import SCADA_EVENTS
from models.decoding.validation import Refused, validate
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path


ENDPOINT: Final = "simulated"


def serve_storm(network: Path, storm: Path | None, url: str, mapping: Path | None, speed: float, *, now: bool) -> None:
    """Serve until a signal; a storm's events happen in the order of their arrival. Raises `FaultsError`."""
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)
    if not url.startswith("opc.tcp://"):
        raise FaultsError([f"listen {url}: is no address of OPC UA; give one such as opc.tcp://127.0.0.1:4840"])
    loaded = load_network(network)
    events = _events(storm / f"{SCADA_EVENTS}.jsonl") if storm is not None else []
    devices = served_devices(loaded, [event.device_id for event in events])
    if mapping is not None:
        with mapping.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(mapping_rows(ENDPOINT, devices))
        typer.echo(f"{mapping}: the mapping of {len(devices):,} devices, endpoint {ENDPOINT}")
    asyncio.run(_serve(url, devices, events, speed, now=now))


def _events(path: Path) -> list[ScadaEvent]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise FaultsError([f"{path}: cannot be read ({error.strerror}); give a storm's folder"]) from error
    events, faults = [], []
    for number, line in enumerate(filter(None, lines), 1):
        try:
            events.append(validate(ScadaEvent, line))
        except Refused as refused:
            faults.append(f"{path}:{number}: {refused}; leave it out")
    if faults:
        raise FaultsError(faults[:20])
    return sorted(events, key=lambda event: event.received_at)


async def _serve(url: str, devices: list[str], events: list[ScadaEvent], speed: float, *, now: bool) -> None:
    server, stop = SimulatedServer(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    begun = now_ms()
    first = events[0].received_at if events else begun
    shift = begun - first if now else 0
    since = min([begun, *(event.observed_at + shift for event in events)]) - BEFORE_MS
    typer.echo(f"serving {len(devices):,} devices at {await server.start(url, devices, since)}")
    played = 0
    for event in events:
        wait = (event.received_at - first) / 1000 / speed - (now_ms() - begun) / 1000
        if wait > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)
        if stop.is_set():
            break
        played += await server.play(event, shift)
    typer.echo(f"played {played:,} events")
    await stop.wait()
    await server.stop()
