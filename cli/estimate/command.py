"""`faultline estimate`: when power will be back, learned from a history."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def estimate() -> None:
    """Learn from the outages of the past when power will be back, and say when a storm is over."""


@app.command()
def fit(
    history: Annotated[Path, typer.Argument(help="CSV file with an outage of the past a row (docs/estimates.md).")],
    time_zone: Annotated[
        str, typer.Option(envvar="FAULTLINE_TIME_ZONE", help="The utility's time zone, as in America/Los_Angeles.")
    ],
    output: Annotated[Path, typer.Option(help="File that receives the table.", dir_okay=False)] = Path(
        "estimates.json"
    ),
) -> None:
    """Learn a table of estimates, and correct its levels by what came later in the history.

    The history has at least the columns zone_id, started_at, published_at,
    restored_at and customers; docs/estimates.md has the others:

        faultline estimate fit history.csv --time-zone America/Los_Angeles

    The same rows in the same order give the same table. It needs LightGBM:
    pip install --requirement requirements/estimate.txt
    """
    from adapters.estimates.history_csv import read_history
    from adapters.estimates.learning import learn
    from adapters.files.plain import other_kind
    from adapters.files.whole import write_whole
    from adapters.process.time_zone import offsets_of
    from models.outages.estimate.table import write_table
    from models.refusal import FaultsError

    if (kind := other_kind(output)) is not None:
        raise FaultsError([f"{output} is {kind}, no plain file; name another one for the table"])
    read = read_history(history)
    times = read.history.published_at.tolist() or [0]
    offsets = offsets_of(time_zone, times[0], times[-1])
    for reason, count in sorted(read.passed_over.items()):
        typer.echo(f"faultline: passed over {count:,} rows: {reason}", err=True)
    table = learn(read.history, time_zone, offsets, sum(read.passed_over.values()))
    write_whole(output, write_table(table.file))
    period = table.file.history
    typer.echo(
        f"{output}: learned from {period.outages:,} outages of {period.zones:,} zones, {period.begins} to {period.ends}"
    )
    typer.echo(f"digest {table.digest}")


@app.command()
def storm(
    replayed: Annotated[Path, typer.Argument(help="Output folder of a replay with --estimates.", file_okay=False)],
    policy: Annotated[
        Path | None, typer.Option(help="TOML file: what is a storm, and when it is over (docs/consuming.md).")
    ] = None,
    time_zone: Annotated[
        str, typer.Option(envvar="FAULTLINE_TIME_ZONE", help="The utility's time zone, which names a storm by its day.")
    ] = "UTC",
    at: Annotated[str | None, typer.Option(help="As of this instant, ISO 8601 with a zone; else the last one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the records, a line a storm.")] = False,
) -> None:
    """Say by when nearly all customers of each storm have power again, everywhere and by area.

    It simulates the storm's open outages and crews, as the flow `storms`
    does every ten minutes (storm.estimate.state.v1):

        faultline replay --estimates estimates.json … --output out/
        faultline estimate storm out/ --at 2026-07-12T20:00:00Z
    """
    import orjson

    from cli.estimate.storm import estimates_of, lines_of
    from models.refusal import FaultsError
    from models.times.iso8601 import parse_time

    try:
        until = None if at is None else parse_time(at)
    except ValueError as error:
        raise FaultsError([f"--at {at}: {error}"]) from error
    found = estimates_of(replayed, policy, time_zone, until)
    for record in found.estimates:
        for line in [orjson.dumps(record).decode()] if as_json else lines_of(record):
            typer.echo(line)
    if found.silence:
        typer.echo(f"faultline: {found.silence}", err=True)
