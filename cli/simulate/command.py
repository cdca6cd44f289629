"""`faultline simulate`: make a storm over a network, and all that would have been heard of it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from models.refusal import FaultsError

app = typer.Typer(add_completion=False)


class Preset(StrEnum):
    """What kind of storm."""

    full = "full"
    long = "long"
    snapshot = "snapshot"
    clean = "clean"
    good = "good"
    bad = "bad"
    worst = "worst"


class Loss(StrEnum):
    """How messages get lost."""

    independent = "independent"
    clustered = "clustered"


class Switch(StrEnum):
    """On or off."""

    on = "on"
    off = "off"


@app.command()
def simulate(
    network: Annotated[Path, typer.Option("--network", help="Folder of the tables devices and usage_points.")],
    output: Annotated[
        Path, typer.Option(help="Folder for topics, network/ and truth/; an earlier simulation is replaced.")
    ],
    seed: Annotated[int, typer.Option(help="The same seed and options give the same bytes.")],
    preset: Annotated[
        Preset | None, typer.Option(help="Kind of storm, by default full; it sets the defaults of all options below.")
    ] = None,
    incidents: Annotated[
        Path | None,
        typer.Option(help="Replay a historical storm instead: CSV of incidents, crew_status.csv beside it."),
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="Incidents that start from then on, ISO 8601.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Nothing that happens from then on, ISO 8601.")] = None,
    keep: Annotated[
        float | None, typer.Option(help="Share of incidents kept; by default all, or as a small network bears it.")
    ] = None,
    start: Annotated[str | None, typer.Option(help="When the storm begins, ISO 8601 with a zone.")] = None,
    duration: Annotated[float | None, typer.Option(help="Hours in which faults begin.")] = None,
    faults_per_hour: Annotated[float | None, typer.Option(help="Mean over the duration.")] = None,
    simultaneous: Annotated[int | None, typer.Option(help="Snapshot: devices that open at the start.")] = None,
    momentary: Annotated[float | None, typer.Option(help="Share of faults that last less than five minutes.")] = None,
    nested: Annotated[float | None, typer.Option(help="Long: share of faults above or below another.")] = None,
    peak_customers: Annotated[
        int | None, typer.Option(help="Full: feeders fail until so many customers are out at once.")
    ] = None,
    ramp_minutes: Annotated[float | None, typer.Option(help="Full: how long the storm's front takes to pass.")] = None,
    crew_count: Annotated[int | None, typer.Option(help="Full: crews; by default as the damage needs.")] = None,
    delivery: Annotated[float | None, typer.Option(help="Share of last gasps that arrive.")] = None,
    cellular_delivery: Annotated[float | None, typer.Option(help="The same for cellular meters.")] = None,
    restoration_delivery: Annotated[
        float | None, typer.Option(help="Share of restoration messages heard, by try.")
    ] = None,
    restoration_repeats: Annotated[
        int | None, typer.Option(help="How often a meter with power tries a restoration message again.")
    ] = None,
    loss: Annotated[Loss | None, typer.Option(help="Lost each on its own, or by collector.")] = None,
    slow_laws: Annotated[
        float | None, typer.Option(help="Meters wait and messages travel so many times as long as usual.")
    ] = None,
    delays: Annotated[Switch | None, typer.Option(help="Off: all arrives exactly a minute after the fact.")] = None,
    copies: Annotated[float | None, typer.Option(help="Share of messages that come twice.")] = None,
    false_gasps: Annotated[float | None, typer.Option(help="Share of meters that gasp with power on.")] = None,
    calls: Annotated[float | None, typer.Option(help="Share of customers without power who call.")] = None,
    scada: Annotated[Switch | None, typer.Option(help="Positions of telemetered devices.")] = None,
    crews: Annotated[Switch | None, typer.Option(help="Reports of the crews.")] = None,
    planned_works: Annotated[
        Switch | None, typer.Option(help="Announcements of planned works; on for incidents, else off.")
    ] = None,
    operators: Annotated[
        float | None, typer.Option(help="Share of outages about which operators order something, by default none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tell what was made in JSON.")] = False,
) -> None:
    """Make a storm: raw topics as JSON lines, the network as the engine is to have it, and the truth."""
    from cli.simulate.run import Request, make

    made = make(
        Request(network, output, incidents, _time("--from", first), _time("--to", end)),
        seed,
        preset and preset.value,
        {
            "keep": keep,
            "start_at": _time("--start", start),
            "duration_seconds": None if duration is None else duration * 3600,
            "faults_per_hour": faults_per_hour,
            "simultaneous": simultaneous,
            "momentary": momentary,
            "nested": nested,
            "peak_customers": peak_customers,
            "ramp_minutes": ramp_minutes,
            "crew_count": crew_count,
            "delivery": delivery,
            "cellular_delivery": cellular_delivery,
            "restoration_delivery": restoration_delivery,
            "restoration_repeats": restoration_repeats,
            "loss": loss and loss.value,
            "slow_laws": slow_laws,
            "delays": _is_on(delays),
            "copies": copies,
            "false_gasps": false_gasps,
            "calls": calls,
            "scada": _is_on(scada),
            "crews": _is_on(crews),
            "planned_works": _is_on(planned_works),
            "operators": operators,
        },
    )
    if as_json:
        typer.echo(json.dumps({**made.counts, "crew_rows_passed_over": made.passed_over}, indent=2))
        return
    counts = (f"{count:,} {name.replace('_', ' ')}" for name, count in made.counts.items())
    typer.echo(f"{output}: " + ", ".join(counts))
    if made.passed_over:
        typer.echo(f"crew_status.csv: {sum(made.passed_over.values()):,} rows passed over")
    for reason, count in made.passed_over.items():
        typer.echo(f"  {count:,}: {reason}")


def _is_on(switch: Switch | None) -> bool | None:
    return None if switch is None else switch == Switch.on


def _time(option: str, text: str | None) -> int | None:
    from models.times.iso8601 import parse_time

    try:
        return None if text is None else parse_time(text)
    except ValueError as reason:
        raise FaultsError([f"{option} {text}: {reason}"]) from None
