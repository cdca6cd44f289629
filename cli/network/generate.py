"""`faultline network generate`: invent a utility."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from models.refusal import FaultsError

CSV_MOST: Final = 1_000_000


class Form(StrEnum):
    """How tables are written."""

    csv = "csv"
    parquet = "parquet"


def generate(
    usage_points: Annotated[int, typer.Option(help="How many usage points the utility has.")],
    seed: Annotated[int, typer.Option(help="The same seed and options give the same bytes.")],
    output: Annotated[Path, typer.Option(help="Folder for the tables devices and usage_points.", file_okay=False)],
    extent: Annotated[
        str | None, typer.Option(metavar="W,S,E,N", help="Where it lies, in degrees; by default as large as a county.")
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="By default CSV up to a million usage points, else Parquet.")
    ] = None,
) -> None:
    """Invent a believable utility: substations, feeders, laterals, transformers, ties, meters and collectors."""
    from adapters.tables.write import write_tables
    from simulator.utility.generate import draw_utility
    from simulator.utility.territory import DEFAULT_EXTENT

    parts = draw_utility(usage_points, seed, DEFAULT_EXTENT if extent is None else _degrees(extent))
    output.mkdir(parents=True, exist_ok=True)
    chosen = form or (Form.csv if usage_points <= CSV_MOST else Form.parquet)
    devices, points = write_tables(output, chosen.value, (part.tables for part in parts))
    typer.echo(f"{output}: {devices:,} devices and {points:,} usage points as {chosen}")


def _degrees(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise FaultsError([f"--extent {text}: give four numbers in degrees: west,south,east,north"]) from None
    return west, south, east, north
