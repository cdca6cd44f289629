"""`faultline export`: outages as partners and regulators read them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def export() -> None:
    """Write outages as partners and regulators read them."""


@app.command()
def outages(
    replayed: Annotated[Path, typer.Argument(help="Output folder of a replay.", file_okay=False)],
    output: Annotated[Path, typer.Option(help="Folder that receives the files.", file_okay=False)],
    policy: Annotated[Path | None, typer.Option(help="TOML file: what partners are told (docs/partners.md).")] = None,
    at: Annotated[str | None, typer.Option(help="As of this instant, ISO 8601 with a zone; else the last one.")] = None,
    organisation: Annotated[str, typer.Option(help="Name of the utility.")] = "default",
) -> None:
    """Write the open outages in the terms of IEC 61968-3, as ODIN has them.

    outages.json, outages.csv and outages.xml by outage, areas.json and
    areas.csv by area:

        faultline export outages out/ --output partners/ --policy partners.toml

    docs/partners.md says of each field what it means, and what it cannot say.
    """
    from cli.export.files import export_outages
    from models.refusal import FaultsError
    from models.times.iso8601 import parse_time

    try:
        until = None if at is None else parse_time(at)
    except ValueError as error:
        raise FaultsError([f"--at {at}: {error}"]) from error
    told = export_outages(replayed, output, policy, until, organisation)
    typer.echo(f"{told.outages} outages in {told.areas} areas as of {told.at}: {output}")
