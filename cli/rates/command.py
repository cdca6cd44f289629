"""`faultline rates`: how many messages arrive, as the engine has learned it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from models.refusal import FaultsError

if TYPE_CHECKING:
    from cli.rates.table import LearnedRate

app = typer.Typer(no_args_is_help=True)


@app.callback()
def rates() -> None:
    """Show how many last gasps and restoration messages arrive, as the engine has learned it."""


@app.command()
def show(
    network: Annotated[Path | None, typer.Option(help="Folder with the tables, or a compiled network.")] = None,
    input: Annotated[Path | None, typer.Option(help="Folder with the topics' files to learn from.")] = None,  # noqa: A002
    log: Annotated[bool, typer.Option("--log", help="What the running flow knew at its newest checkpoint.")] = False,
    config: Annotated[Path | None, typer.Option(help="With --log: TOML file with settings.")] = None,
    model: Annotated[Path | None, typer.Option(help="TOML file with rates and priors.")] = None,
    delivery: Annotated[
        str | None, typer.Option(metavar="RATE|FILE", help="Delivery of last gasps before anything is learned.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also collectors of which nothing was learned.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Show by zone, collector and source the share that arrives, and from how many messages that was learned.

    From the files of a storm, lived through once more; nothing is written:

        faultline rates show --network town/ --input storm/

    and of a running flow; the broker is FAULTLINE_KAFKA:

        faultline rates show --log --network town.network

    A source is - where no meter had told it before. Where it is the engine's
    own, steady says how many meters of one event weigh as much as the share.
    """
    from cli.rates.table import from_checkpoints, from_files, head_text, text

    if network is None or (input is None) == (not log):
        raise FaultsError(["rates show takes --network, and --input FOLDER or --log; give these"])
    if input is not None:
        found = from_files(network, input, model, delivery, every=every)
    else:
        given = {"network": network, "config": config, "model": model, "delivery": delivery}
        found = from_checkpoints(given, every=every)
    _print(found, head_text(), [text(rate) for rate in found], as_json=as_json)


def _print(found: list[LearnedRate], head: str, lines: list[str], *, as_json: bool) -> None:
    if as_json:
        lines = [orjson.dumps(rate).decode() for rate in found]
    elif found:
        lines.insert(0, head)
    else:
        lines = ["nothing was learned: no outage is over yet"]
    for line in lines:
        typer.echo(line)
