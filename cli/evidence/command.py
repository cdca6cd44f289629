"""`faultline evidence`: look into the evidence log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption
from cli.edges import FromOption, ToOption

app = typer.Typer(no_args_is_help=True)


@app.callback()
def evidence() -> None:
    """Look into the evidence log. The broker is FAULTLINE_KAFKA."""


@app.command()
def show(
    partition: Annotated[int | None, typer.Option(min=0, help="Only this partition; by default one by one.")] = None,
    begin: FromOption = None,
    end: ToOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many lines.")] = None,
    rows: Annotated[bool, typer.Option("--rows", help="Show each row of evidence too; needs the network.")] = False,
    network: Annotated[
        Path | None, typer.Option(help="Folder with the tables, or a compiled network, for names of rows.")
    ] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    r"""Show what ingest handed on: a line for each batch of one origin, and for control records.

    What a partition got from 14:00 on, with names:

        faultline evidence show --partition 3 --from 2026-07-01T14:00Z \

            --limit 20 --rows --network town/

    A line says the partition, offset and time of the record, the origin (raw
    topic and partition) with its offsets that the batch accounts for, rows by
    kind, dead letters that wait, and the watermark: all of the origin before
    that time has been handed over. A record that cannot be read is told where
    it stands, and the command ends with 1.
    """
    from cli.evidence.look import look
    from cli.evidence.words import words

    whole = True
    for told in look(
        partition, (begin, end), limit, network=network if rows else None, rows=rows, broker=(config, prefix)
    ):
        whole &= "fault" not in told
        typer.echo(orjson.dumps(told).decode() if as_json else words(told))
    if not whole:
        raise typer.Exit(1)
