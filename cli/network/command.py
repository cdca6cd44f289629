"""`faultline network`: check, show and compile the network."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from adapters.network.compiled_file import load_artefact, write_artefact
from adapters.network.load import compile_folder, load_network
from adapters.tables.read import read_tables
from cli.broker import ConfigOption, PrefixOption, find_broker
from cli.network.backfeed import backfeed
from cli.network.generate import generate
from cli.network.publish import publish
from cli.network.rehearse import rehearse
from cli.network.release import freeze, release
from cli.network.show import show_changes, show_summary
from cli.network.suspects import suspects
from models.network.canary.names import canary_zones
from models.network.compiler import compile_network, content_version
from models.network.faults import NetworkFaults
from models.network.network import Network
from models.network.placement import EVIDENCE_PARTITIONS
from models.network.plausibility import find_warnings
from models.network.summary import summarise
from models.refusal import FaultsError

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command()(generate)
app.command()(release)
app.command()(freeze)
app.command()(rehearse)
app.command()(publish)
app.command()(suspects)
app.command()(backfeed)

NetworkOption = Annotated[
    Path, typer.Option("--network", help="Folder of the tables devices and usage_points, or a compiled network.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


@app.command()
def check(network: NetworkOption, as_json: JsonOption = False) -> None:
    """Look for faults: all of them in one report, with file and line; exit code 2 if there are any.

    Warnings are what is allowed and looks wrong all the same; they are counted apart and refuse nothing.
    """
    try:
        found, empty_rows = _whole(network) if network.is_file() else _from_tables(network)
    except NetworkFaults as refused:
        if as_json:
            answer = {"network": str(network), "version": None, "faults": refused.faults, "warnings": []}
            typer.echo(json.dumps(answer, indent=2))
        raise
    warnings = find_warnings(found)
    if as_json:
        answer = {"network": str(network), "version": found.version, "faults": [], "warnings": warnings}
        typer.echo(json.dumps(answer | {"empty_rows": empty_rows}, indent=2))
        return
    for warning in warnings:
        typer.echo(f"{network}: warning: {warning}")
    counted = f"{len(found.device_ids):,} devices and {len(found.point_ids):,} usage points"
    besides = [f"{len(warnings)} warning{'s' * (len(warnings) > 1)}"] if warnings else []
    besides += [f"{empty_rows:,} empty rows passed over"] if empty_rows else []
    typer.echo(f"{network}: no faults in {', '.join([counted, *besides])}")


@app.command()
def show(
    network: NetworkOption,
    at: Annotated[
        str | None, typer.Option(metavar="TIME|now", help="Show how a feeder or zone stands at a time instead.")
    ] = None,
    feeder: Annotated[str | None, typer.Option(help="With --at: the feeder.")] = None,
    zone: Annotated[str | None, typer.Option(help="With --at: the zone.")] = None,
    input: Annotated[  # noqa: A002
        Path | None, typer.Option(help="With --at: folder that faultline replay wrote, in place of the broker.")
    ] = None,
    picture: Annotated[Path | None, typer.Option(help="With --at: file for a map as well, .svg or .html.")] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    r"""Tell what a network consists of, or with --at how a feeder stands: what is open, what is fed how, who is out.

    A feeder now, and a map of it; --network may be a folder of versions:

        faultline network show --network networks/ --at now \

            --feeder S1/F2 --picture feeder.html

    It is read from network.abnormal.state.v1, the life cycle of outages and
    the ledger; with --input from the files of a replay.
    """
    if at is None:
        options = {"--feeder": feeder, "--zone": zone, "--input": input, "--picture": picture}
        if given := [name for name, value in options.items() if value is not None]:
            raise FaultsError([f"{', '.join(given)} goes with --at; give a time, or now"])
        summary = summarise(load_network(network))
        if as_json:
            typer.echo(json.dumps(asdict(summary), indent=2))
        else:
            show_summary(summary)
        return
    from cli.network.at import show_at

    source = find_broker(config, prefix) if input is None else input
    show_at(network, (zone, feeder), at, source, picture, config, as_json=as_json)


@app.command("compile")
def compile_file(
    network: Annotated[Path, typer.Option("--network", help="Folder of the tables devices and usage_points.")],
    output: Annotated[Path, typer.Option(help="File to write.", dir_okay=False)],
    previous: Annotated[
        Path | None, typer.Option(help="The version before, compiled: what is known keeps its stable number.")
    ] = None,
    evidence_partitions: Annotated[
        int | None,
        typer.Option(
            help="Partitions of the evidence log that the zones are divided among, for ever; as in the version before, "
            f"else {EVIDENCE_PARTITIONS}.",
            show_default=False,
        ),
    ] = None,
    canary: Annotated[
        bool | None,
        typer.Option(
            "--canary/--no-canary",
            help="Add a zone without customers to each partition, for faultline canary; as in the version before, "
            "else not.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Compile the tables into one file that all processes share."""
    if not output.parent.is_dir():
        raise NetworkFaults([f"{output.parent}: no such folder; make it, or write elsewhere"])
    before = None if previous is None else load_artefact(previous)
    canaries = bool(before is not None and canary_zones(before)) if canary is None else canary
    if evidence_partitions is None:
        evidence_partitions = EVIDENCE_PARTITIONS if before is None else before.evidence_partitions
    compiled = compile_folder(network, before, evidence_partitions, canaries=canaries)
    write_artefact(compiled, output)
    load_artefact(output)  # what a disk made of it
    for warning in find_warnings(compiled):
        typer.echo(f"faultline: warning: {network}: {warning}", err=True)
    typer.echo(f"{output}: version {compiled.version}, {output.stat().st_size:,} bytes")
    if before is not None:
        show_changes(before, compiled)


def _whole(path: Path) -> tuple[Network, int]:
    """Load a compiled network and hash its content anew; it has no empty rows."""
    network = load_network(path)
    if content_version(network) != network.version:
        raise NetworkFaults([f"{path}: is damaged, its content is not that of its version; compile the tables again"])
    return network, 0


def _from_tables(folder: Path) -> tuple[Network, int]:
    tables = read_tables(folder)
    return compile_network(tables.devices, tables.points, areas=tables.areas), tables.empty_rows
