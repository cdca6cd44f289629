"""`faultline serve`: what answers by HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.broker import ConfigOption, PrefixOption

app = typer.Typer(no_args_is_help=True)


@app.callback()
def serve() -> None:
    """Answer by HTTP."""


@app.command()
def status(
    network: Annotated[Path, typer.Option(help="Folder of tables, compiled network, or folder of its versions.")],
    keys: Annotated[Path, typer.Option(help="TOML file: who may ask; see docs/customers.md.", dir_okay=False)],
    listen: Annotated[str, typer.Option(help="Address and port.")] = "127.0.0.1:8460",
    stale_seconds: Annotated[
        float, typer.Option(min=1, help="What is older by the outages' clock is said to be stale.")
    ] = 180.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
) -> None:
    """Say how customers stand, from customer.power.state.v1.

    It reads the topic anew when it starts and is ready when it has; run as
    many as you like. Put what ends TLS before it. The document is at
    /openapi.json.
    """
    from cli.serve.status import run_status

    run_status(network, keys, listen, stale_seconds, prefix, config)
