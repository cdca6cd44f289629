"""`faultline simulate`: make a storm over a network, and all that would have been heard of it."""

from __future__ import annotations

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


class Loss(StrEnum):
    """How messages get lost."""

    independent = "independent"
    clustered = "clustered"


class Switch(StrEnum):
    """On or off."""

    on = "on"
    off = "off"


@app.command()
def simulate(  # noqa: PLR0917 (the command line names them)
    network: Annotated[Path, typer.Option("--network", help="Folder of the tables devices and usage_points.")],
    output: Annotated[
        Path, typer.Option(help="Folder for topics, network/ and truth/; an earlier simulation is replaced.")
    ],
    seed: Annotated[int, typer.Option(help="The same seed and options give the same bytes.")],
    preset: Annotated[
        Preset, typer.Option(help="Kind of storm; it sets the defaults of all options below.")
    ] = Preset.full,
    start: Annotated[str | None, typer.Option(help="When it begins, ISO 8601 with a zone.")] = None,
    duration: Annotated[float | None, typer.Option(help="Hours in which faults begin.")] = None,
    faults_per_hour: Annotated[float | None, typer.Option(help="Mean over the duration.")] = None,
    simultaneous: Annotated[int | None, typer.Option(help="Snapshot: devices that open at the start.")] = None,
    delivery: Annotated[float | None, typer.Option(help="Share of last gasps that arrive.")] = None,
    cellular_delivery: Annotated[float | None, typer.Option(help="The same for cellular meters.")] = None,
    restoration_delivery: Annotated[
        float | None, typer.Option(help="Share of restoration messages that arrive.")
    ] = None,
    loss: Annotated[Loss | None, typer.Option(help="Lost each on its own, or by collector.")] = None,
    delays: Annotated[Switch | None, typer.Option(help="Off: all arrives exactly a minute after the fact.")] = None,
    copies: Annotated[float | None, typer.Option(help="Share of messages that come twice.")] = None,
    false_gasps: Annotated[float | None, typer.Option(help="Share of meters that gasp with power on.")] = None,
    calls: Annotated[float | None, typer.Option(help="Share of customers without power who call.")] = None,
    scada: Annotated[Switch | None, typer.Option(help="Positions of telemetered devices.")] = None,
    crews: Annotated[Switch | None, typer.Option(help="Reports of the crews.")] = None,
) -> None:
    """Make a storm: raw topics as JSON lines, the network as the engine is to have it, and the truth."""
    from adapters.network_cache import load_network
    from adapters.tables.layout import find_tables
    from simulator.files.folder import clear_folder, copy_tables, write_simulation, write_storm
    from simulator.options import option_faults, storm_options
    from simulator.storm import simulate as make

    chosen = {
        "start_at": None if start is None else _time(start),
        "duration_seconds": None if duration is None else duration * 3600,
        "faults_per_hour": faults_per_hour,
        "simultaneous": simultaneous,
        "delivery": delivery,
        "cellular_delivery": cellular_delivery,
        "restoration_delivery": restoration_delivery,
        "loss": loss and loss.value,
        "delays": delays and delays == Switch.on,
        "copies": copies,
        "false_gasps": false_gasps,
        "calls": calls,
        "scada": scada and scada == Switch.on,
        "crews": crews and crews == Switch.on,
    }
    options = storm_options(seed, preset.value, chosen)
    if faults := option_faults(options):
        raise FaultsError(faults)
    tables = find_tables(network)
    if output.resolve() in (*network.resolve().parents, network.resolve()):
        raise FaultsError([f"--output {output}: holds the network itself; name another folder"])
    compiled = load_network(network)
    storm = make(compiled, options)
    clear_folder(output)
    write_storm(output, compiled, storm)
    copy_tables(tables, output)
    write_simulation(output, compiled, storm, {})


def _time(text: str) -> int:
    from models.times import parse_time

    try:
        return parse_time(text)
    except ValueError as reason:
        raise FaultsError([f"--start {text}: {reason}"]) from None
