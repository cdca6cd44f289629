"""What `faultline up` does: a town and a storm where none are given, then the storm live."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Final

from cli.live.live import Live, LivePlan
from cli.live.status import shown
from cli.live.town import Plan, make_storm, make_town, print_line
from cli.warm_up import compile_loops, tell
from dataflows.service.flows import find_flows
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class UpPlan:
    """The options of `faultline up`."""

    network: Path | None
    input: Path | None
    output: Path
    speed: float
    seed: int
    listen: str | None
    opcua: bool = False


def run_up(plan: UpPlan, console: Console) -> bool:
    """Do it, and tell it; returns whether it came to the storm's end. Raises `FaultsError`, and what `Live` does."""
    listen, faults = _addresses(plan.listen, len(find_flows()))
    if plan.speed < 0:
        faults.append(f"--speed {plan.speed} is no speed; give more than 0, or 0 for as fast as it goes")
    if plan.opcua and plan.speed == 0:
        faults.append("--speed 0 leaves no time for what --opcua is to see happen; give a speed, such as 60")
    if faults:
        raise FaultsError(faults)
    network, storm = _storm(plan, console)
    live = LivePlan(network, storm, plan.output, plan.speed or None, listen, opcua=plan.opcua)
    whole = run_live(live, console)
    return whole is not None


def run_live(plan: LivePlan, console: Console) -> tuple[int, float] | None:
    """Live through a storm and write what was found; returns records and seconds, None if it was stopped."""
    compile_loops(tell)
    live = Live(plan)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: live.stop.set())
    outages = plan.folder / "outages"
    with live:
        started = perf_counter()
        with shown(console) as show:
            whole = live.run(show)
        seconds = perf_counter() - started
        live.outcome.write(outages, list(live.network.zone_ids))
    status = live.status
    print_line(console, f"{outages}: {status.outages:,} outages, {status.records:,} messages live in {seconds:.1f} s")
    if not whole:
        print_line(console, "stopped; the storm was not over")
    return (status.records, seconds) if whole else None


def _storm(plan: UpPlan, console: Console) -> tuple[Path, Path]:
    """Give network and storm, made where they are not given."""
    if plan.input is not None:
        return plan.network or plan.input / "network", plan.input
    storm = plan.output / "storm"
    if plan.network is not None:
        make_storm(plan.network, storm, plan.seed, {}, console)
    else:
        town = Plan(plan.seed)
        make_town(plan.output / "town", town, console)
        make_storm(plan.output / "town", storm, plan.seed, town.storm(), console)
    return storm / "network", storm


def _addresses(listen: str | None, flows: int) -> tuple[list[str], list[str]]:
    """Give the addresses of the flows, each a port further (or any, where the first is any), and faults."""
    if listen is None:
        return [], []
    address, _, port = listen.rpartition(":")
    if not address or not port.isdecimal() or int(port) + flows - 1 > LAST_PORT:
        lowest = LAST_PORT + 2 - flows
        return [], [f"--listen {listen}: give an address and a port below {lowest}, as in 127.0.0.1:9100"]
    return [f"{address}:{int(port) and int(port) + place}" for place in range(flows)], []
