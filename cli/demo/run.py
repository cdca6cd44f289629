"""What `faultline demo` does: generate, simulate, live through it, score, draw."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from adapters.network.load import load_network
from adapters.report.drawing import Interruptions
from adapters.report.page import Figure, StormPage, write_page
from cli.demo.hours import HEADS, count_hours, height, show_hours
from cli.live.live import LivePlan
from cli.live.town import make_storm, make_town, print_line
from cli.score import show_score
from cli.up.run import run_live
from models.contracts.topics import CREW_EVENTS
from models.times.iso8601 import format_time, parse_times
from simulator.scoring.curves import MINUTE_MS, live_steps, truth_steps
from simulator.scoring.figures import figures
from simulator.scoring.score import score

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rich.console import Console

    from cli.demo.hours import CrewStep, Hour
    from cli.live.town import Plan
    from models.network.network import Network
    from simulator.scoring.score import Score

CURVE_POINTS: Final = 2_500
MARGIN_MS: Final = 300_000
OVER: Final = 0.02
"""The page ends where so small a share of the peak is left."""


class DemoStoppedError(Exception):
    """Somebody stopped it before the storm was over."""


@dataclass(frozen=True, slots=True)
class Result:
    """A storm lived through and scored."""

    found: Score
    figures: dict[str, Any]
    messages: int
    seconds: float
    crews: list[CrewStep]
    starts_at: int
    ends_at: int


def run_demo(output: Path, plan: Plan, console: Console) -> None:
    """Do it all in the folder `output`, and tell it on the console. Raises `DemoStoppedError`, and what `Live` does."""
    started = perf_counter()
    town, storm, outages = output / "town", output / "storm", output / "outages"
    make_town(town, plan, console)
    make_storm(town, storm, plan.seed, plan.storm(), console)
    # The delivery rates are those of the simulator: they are given, not yet learned.
    live = run_live(LivePlan(storm / "network", storm, output, delivery=str(storm / "truth" / "delivery.csv")), console)
    if live is None:
        raise DemoStoppedError
    result = judge(storm, outages, *live)
    hours = count_hours(result.found, result.crews, result.starts_at + MARGIN_MS, result.ends_at)
    show_hours(hours, console)
    show_score(result.figures, console)
    page = output / "index.html"
    write_page(page, lay_page(result, hours), outages)
    print_line(console, f"{page}: open it in a browser ({perf_counter() - started:.0f} s in all)")


def judge(storm: Path, outages: Path, messages: int, seconds: float) -> Result:
    """Score what was found and read what the page shows besides."""
    network = load_network(storm / "network")
    found = score(network, storm, outages)
    first = min(int(found.truth.interrupted.out_at.min()), int(found.output.revisions.updated_at.min()))
    starts_at = (first - MARGIN_MS) // MARGIN_MS * MARGIN_MS
    ends_at = _end(found, starts_at)
    return Result(found, figures(found), messages, seconds, list(_crew_steps(storm, network)), starts_at, ends_at)


def _end(found: Score, starts_at: int) -> int:
    """When hardly anybody was out any more, in truth and as published."""
    minutes = np.arange(starts_at, found.evidence.ends_at + MINUTE_MS, MINUTE_MS)
    published = height(live_steps(found.output.revisions), minutes)
    most = np.maximum(height(truth_steps(found.network, found.truth.interrupted), minutes), published)
    last = int(np.flatnonzero(most >= OVER * most.max(initial=0))[-1])
    return int(minutes[last]) + 2 * MARGIN_MS


class _CrewLine(msgspec.Struct):
    crew_id: str
    status: str
    observed_at: str
    device_id: str | None = None


def _crew_steps(storm: Path, network: Network) -> Iterator[CrewStep]:
    """Read what the crews did, in order of time."""
    lines = msgspec.json.Decoder(_CrewLine).decode_lines((storm / f"{CREW_EVENTS}.jsonl").read_bytes())
    times = parse_times([line.observed_at for line in lines]).tolist()
    devices = network.find_devices([line.device_id or "" for line in lines]).tolist()
    numbers: dict[str, int] = {}
    steps = zip(times, lines, devices, strict=True)
    for at, line, device in sorted(steps, key=lambda step: step[0]):
        yield at, numbers.setdefault(line.crew_id, len(numbers)), line.status, device


def lay_page(result: Result, hours: list[Hour]) -> StormPage:
    """Put the page together."""
    found, network = result.found, result.found.network
    seconds = max(5, -(-(result.ends_at - result.starts_at) // 1000 // CURVE_POINTS // 5) * 5)
    times = np.arange(result.starts_at, result.ends_at + 1, seconds * 1000)
    steps = {
        "truth": truth_steps(network, found.truth.interrupted),
        "live": live_steps(found.output.revisions),
    }
    interrupted = found.truth.interrupted
    return StormPage(
        title="A summer storm, as Faultline saw it",
        summary=f"{_date(result.starts_at)}: an invented town, {int(network.customers.sum()):,} customers, "
        f"{len(network.zone_ids)} substations, {len(network.feeder_ids)} feeders",
        network=network,
        starts_at=result.starts_at,
        ends_at=result.ends_at,
        curves={name: height(each, times) for name, each in steps.items()},
        curve_seconds=seconds,
        truth=Interruptions(interrupted.point, interrupted.out_at, interrupted.back_at),
        crew_steps=result.crews,
        figures=headlines(result),
        hours=(HEADS, [hour.texts() for hour in hours]),
    )


def headlines(result: Result) -> list[Figure]:
    """Say in a few numbers how it went."""
    shown = result.figures
    devices, restored, out = shown["devices"], shown["restored"], shown["customers_out"]
    delay = shown["detection_seconds"]
    return [
        Figure(
            f"{out['peak']:,}",
            "customers out at the peak",
            f"published curve {_percent(out['live']['customer_minutes'])} off, by customer-minutes",
        ),
        Figure(f"{devices['right']:,} of {devices['faults']:,}", "outages found", f"{devices['wrong']:,} wrong"),
        Figure(
            _percent(devices["f1"]),
            "F1 of the opened devices",
            f"precision {_percent(devices['precision'])}, recall {_percent(devices['recall'])}",
        ),
        Figure(_seconds(delay["p50"]), "to detect, median", "after the first message of an outage"),
        Figure(
            f"{restored['told']:,}",
            "told that power is back",
            f"{_percent(restored['told_within_30_minutes_share'])} within 30 minutes, "
            f"{restored['told_while_out']:,} too early",
        ),
        Figure(f"{result.messages:,}", "messages", f"through both flows in {result.seconds:.1f} s"),
    ]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:,.1f} s"


def _date(at: int) -> str:
    return format_time(at)[:10]
