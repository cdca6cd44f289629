"""What `faultline network` prints."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from models.network.network import Network
from models.network.summary import NetworkSummary


def show_summary(summary: NetworkSummary) -> None:
    """Print a table on a terminal, plain lines elsewhere."""
    rows = []
    for name, value in asdict(summary).items():
        label = name.replace("_", " ")
        if isinstance(value, dict):
            rows += [(f"{label}: {part}", f"{count:,}") for part, count in value.items() if count]
        else:
            rows.append((label, value if isinstance(value, str) else f"{value:,}"))
    console = Console()
    if not console.is_terminal:
        typer.echo("\n".join(f"{name}\t{value}" for name, value in rows))
        return
    table = Table(show_header=False, box=None)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows:
        table.add_row(name, value)
    console.print(table)


def show_changes(before: Network, after: Network) -> None:
    """Print how many devices and usage points a new version kept, added and dropped."""
    for what, old, new in (
        ("devices", before.device_position, after.device_position),
        ("usage points", before.point_position, after.point_position),
    ):
        kept = np.count_nonzero(new[: len(old)] >= 0)
        gone = np.count_nonzero(old >= 0) - kept
        typer.echo(f"{what}: {kept:,} kept, {len(new) - len(old):,} new, {gone:,} gone")
