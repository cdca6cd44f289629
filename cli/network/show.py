"""What `faultline network` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from models.ingest.mounting.mountings import Mounting
from models.ingest.mounting.standing import Exchanges
from models.network.network import Network
from models.network.summary import NetworkSummary
from models.network.versions import NetworkDifference
from models.times.iso8601 import format_time


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


NAMED: Final = 10
"""So many ids of a kind are shown."""


def show_difference(changes: NetworkDifference) -> None:
    """Print what a version changes: how many of each kind, with the first ids."""
    typer.echo(f"version {changes.before} to {changes.after}")
    for what, ids in (
        ("devices added", changes.devices_added),
        ("devices removed", changes.devices_removed),
        ("devices moved", changes.devices_moved),
        ("usage points added", changes.points_added),
        ("usage points removed", changes.points_removed),
        ("usage points moved", changes.points_moved),
        ("meters exchanged", changes.meters_exchanged),
        ("usage points without a source", changes.points_without_source),
    ):
        if ids:
            more = ", ..." if len(ids) > NAMED else ""
            typer.echo(f"{what}: {len(ids):,} ({', '.join(ids[:NAMED])}{more})")
    for zones, count in changes.points_by_zones.items():
        typer.echo(f"usage points from zone {zones}: {count:,}")
    for feeder, (old, new) in changes.customers_by_feeder.items():
        typer.echo(f"customers of {f'feeder {feeder}' if feeder else 'no feeder'}: {old:,} before, {new:,} after")


def show_exchanges(meters: Exchanges, network: Network) -> None:
    """Print what a version makes of meters that were exchanged since the one before, by the word of the head-end."""
    for what, mountings in (
        ("exchanges confirmed", meters.confirmed),
        ("exchanges that the version does not have, and that go on", meters.standing),
        ("exchanges that end: the version's tables are later, and do not have them", meters.overruled),
    ):
        if not mountings:
            continue
        named = [_exchange(one, network) for one in mountings[:NAMED]]
        more = ", ..." if len(mountings) > NAMED else ""
        typer.echo(f"{what}: {len(mountings):,} ({'; '.join(named)}{more})")
    if meters.standing:
        typer.echo("if its tables are right, say when they were drawn: --as-of TIME ends older exchanges")


def _exchange(mounting: Mounting, network: Network) -> str:
    position = int(network.find_points([mounting.usage_point_id])[0])
    listed = network.meter_ids[position] if position >= 0 else ""
    tables = "has no such point" if position < 0 else f"has {listed}" if listed else "has no meter"
    since = format_time(mounting.since)
    return f"{mounting.usage_point_id}: meter {mounting.meter_id} since {since}, the version {tables}"
