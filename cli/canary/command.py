"""`faultline canary`: make outages where nobody lives, and see whether they are found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.broker import ConfigOption, PrefixOption

app = typer.Typer(add_completion=False)


@app.command()
def canary(
    network: Annotated[
        Path | None,
        typer.Option(help="Network compiled with --canary, or a folder of its versions, by default FAULTLINE_NETWORK."),
    ] = None,
    model: Annotated[Path | None, typer.Option(help="Model file of the flow, by default FAULTLINE_MODEL.")] = None,
    every: Annotated[
        float, typer.Option(min=30, help="Seconds from one outage on a zone to the next one there.")
    ] = 900.0,
    lasting: Annotated[float, typer.Option(min=10, help="Seconds from opening to closing.")] = 360.0,
    listen: Annotated[
        str | None,
        typer.Option(help="Address and port of /metrics, /healthz and /readyz, by default FAULTLINE_LISTEN."),
    ] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
) -> None:
    """Make outages on a zone of its own in each evidence partition, and measure how they are found.

    What meters would say goes to the raw topic as theirs does; what is found
    stands on canary.* and nowhere else. Run one process. SIGTERM ends it with
    0; a broker that acknowledges nothing ends it with 1, a stall with 75.
    """
    from cli.canary.run import run_canary

    given = {"network": network, "model": model, "listen": listen, "topic_prefix": prefix, "config": config}
    raise typer.Exit(run_canary(given, every, lasting))
