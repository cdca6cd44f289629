"""`faultline upgrade`: whether this version goes on with what another has left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def upgrade() -> None:
    """Before another version of Faultline is started: what it may go on with."""


@app.command()
def check(
    state: Annotated[list[Path], typer.Option(help="State folder of a process; several are looked at one by one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object for each state.")] = False,
) -> None:
    """Say of each state how this version goes on with it; ends with code 2 where it would not.

    Run it with the new version, while the old one still runs: nothing is
    changed. `goes on` needs nothing. `after a clean stop`: stop the old version
    with SIGTERM first. `reconcile`: the old version did not stop cleanly, so
    start it once more and stop it, or give --reconcile: the flow then catches
    up without a word and says each open outage once more. `anew`: the state is
    written in another way by the same rules, so the flow goes on from a
    checkpoint or the evidence log.
    """
    from cli.upgrade.check import verdict_of

    whole = True
    for folder in state:
        verdict = verdict_of(folder)
        whole &= verdict.goes_on
        document = {"state": str(folder), "verdict": verdict.name, "message": verdict.message}
        line = f"{folder}: {verdict.name}: {verdict.message}"
        typer.echo(orjson.dumps(document).decode() if as_json else line)
    if not whole:
        raise typer.Exit(2)
