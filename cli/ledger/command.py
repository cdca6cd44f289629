"""`faultline ledger`: who was out when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, ReplayedOption

app = typer.Typer(no_args_is_help=True)


@app.callback()
def ledger() -> None:
    """Look into the ledger of interruptions, outage.membership.events.v1. The broker is FAULTLINE_KAFKA."""


@app.command()
def show(
    usage_point: Annotated[list[str], typer.Option(help="The usage point, by its id; may be given several times.")],
    network: Annotated[
        Path | None, typer.Option(help="Folder with the tables, or a compiled network, for the id's number.")
    ] = None,
    input: ReplayedOption = None,  # noqa: A002
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Show each interruption of a usage point: from when to when, by which outage, and how its end is known.

    From the files of a replay:

        faultline ledger show --usage-point P00000007 --network town/ --input out/

    An interruption that goes on has no end. What an outage handed over to
    another one is shown once, with the outage that has it in the end.
    """
    from cli.ledger.interruptions import find_interruptions, text
    from cli.local_time import clock_of_utility

    clock = clock_of_utility(config)
    lines = list(find_interruptions(usage_point, network, input, (config, prefix)))
    for line in lines:
        typer.echo(orjson.dumps(line).decode() if as_json else text(line, clock))
    if not lines and not as_json:
        typer.echo("no interruption is known")
