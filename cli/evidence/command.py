"""`faultline evidence`: look into the evidence log, and do without what is missing in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, find_broker
from cli.edges import FromOption, ToOption

app = typer.Typer(no_args_is_help=True)


@app.callback()
def evidence() -> None:
    """Look into the evidence log, and do without what is missing. The broker is FAULTLINE_KAFKA."""


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
    from cli.evidence.records import find_records
    from cli.evidence.text import record_text

    whole = True
    for record in find_records(
        partition, (begin, end), limit, network=network if rows else None, rows=rows, broker=(config, prefix)
    ):
        whole &= "fault" not in record
        typer.echo(orjson.dumps(record).decode() if as_json else record_text(record))
    if not whole:
        raise typer.Exit(1)


@app.command()
def skip(
    partition: Annotated[int, typer.Option(min=0, help="Partition of the evidence log that stands.")],
    offset: Annotated[int, typer.Option(min=0, help="Offset at which it stands, as /readyz and the log tell it.")],
    reason: Annotated[str, typer.Option(help="Why: stands in the log with your name.")],
    prefix: PrefixOption = None,
    config: ConfigOption = None,
) -> None:
    """Let a partition go on that stands because evidence is missing: do without it.

    First look for what is missing: at the offset, evidence show says which
    raw records the log goes on with. What is skipped is lost to the engine;
    the health of the partition's zones says so from then on. The order is
    a record of the log, so that any rebuild obeys it too.
    """
    from cli.evidence.skip import skip as skip_gap

    skip_gap(find_broker(config, prefix), partition, offset, reason)
