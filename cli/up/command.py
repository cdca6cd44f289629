"""`faultline up`: everything at once, on this machine, with a storm to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(add_completion=False)


@app.command()
def up(
    network: Annotated[
        Path | None, typer.Option(help="Folder of the tables devices and usage_points; by default an invented town.")
    ] = None,
    input: Annotated[  # noqa: A002
        Path | None, typer.Option(help="Folder with the topics' files of a storm; by default one is simulated.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for all that is made.")] = Path("live"),
    speed: Annotated[float, typer.Option(help="Seconds of the storm in a second; 0: as fast as it goes.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Another seed is another town and another storm.")] = 12,
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS:PORT",
            help="Where ingest has /metrics, /healthz and /readyz; outages is a port further, and so on.",
        ),
    ] = None,
    opcua: Annotated[
        bool, typer.Option("--opcua", help="Let the storm's SCADA go through an OPC UA server and the connector.")
    ] = False,
) -> None:
    """Start a broker (unless FAULTLINE_KAFKA names one) and both flows, feed them a storm and show what happens."""
    from cli.live.live import LIVE_ERRORS
    from cli.up.run import UpPlan, run_up

    plan = UpPlan(network, input, output, speed, seed, listen, opcua)
    try:
        whole = run_up(plan, Console())
    except LIVE_ERRORS as error:
        typer.echo(f"faultline: {error}", err=True)
        raise typer.Exit(1) from error
    if not whole:
        raise typer.Exit(130)
