"""What a rehearsal found, for people: counts, a table of what differs, a file of everything."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from adapters.files.whole import write_whole
from cli.local_time import clock_of_utility

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from models.rehearsal.comparison import Compared

SHOWN: Final = 50
"""So many outages that differ stand in the table; the file has all."""
FIELDS: Final = ("outage_id", "device_id", "device_kind", "started_at", "ended_at", "customers")
HEADS: Final = ("verdict", "began", "before", "after", "customers", "ended")


def show(compared: Sequence[Compared], counts: Mapping[str, int], config: Path | None) -> None:
    """Print how many of each verdict there are, and the outages that differ; without a terminal in plain lines."""
    before = sum(one.before is not None for one in compared)
    after = sum(one.after is not None for one in compared)
    said = ", ".join(f"{count:,} {verdict.replace('_', ' ')}" for verdict, count in counts.items())
    typer.echo(f"outages: {before:,} with the version in force, {after:,} with the other: {said}")
    other = [one for one in compared if one.verdict != "same"]
    clock = clock_of_utility(config)
    rows = [_row(one, clock) for one in other[:SHOWN]]
    console = Console()
    if console.is_terminal and rows:
        table = Table(*HEADS, box=None, pad_edge=False)
        for row in rows:
            table.add_row(*row)
        console.print(table, markup=False)
    else:
        for row in rows:
            typer.echo("\t".join(row))
    if len(other) > SHOWN:
        typer.echo(f"and {len(other) - SHOWN:,} more; --output FILE writes all")


def write_csv(path: Path, compared: Sequence[Compared]) -> None:
    """Write all outages, a row each. Raises `OSError`."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["verdict", "zone_id", *(f"{run}_{name}" for run in ("before", "after") for name in FIELDS)])
    for one in compared:
        document = one.document()
        runs = [document[run] or {} for run in ("before", "after")]
        writer.writerow([document["verdict"], document["zone_id"], *(run.get(name) for run in runs for name in FIELDS)])
    write_whole(path, text.getvalue().encode())


def _row(one: Compared, clock: Callable[[str], str]) -> tuple[str, ...]:
    document = one.document()
    before, after = document["before"] or {}, document["after"] or {}
    return (
        one.verdict.replace("_", " "),
        clock((before or after)["started_at"]),
        _device(before),
        _device(after),
        _change(before.get("customers"), after.get("customers")),
        _change(*(run.get("ended_at") and clock(run["ended_at"]) for run in (before, after))),
    )


def _device(run: Mapping[str, Any]) -> str:
    return f"{run['device_kind']} {run['device_id']}" if run else "-"


def _change(before: object, after: object) -> str:
    """Write both where they differ."""
    told = ["-" if one is None else str(one) for one in (before, after)]
    return told[0] if told[0] == told[1] else " → ".join(told)
