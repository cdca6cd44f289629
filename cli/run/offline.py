"""`faultline run FLOW --offline`: a stretch of what a flow reads played again into files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from adapters.state.lock import locked_output
from cli.progress import progress
from dataflows.service.given_settings import load_settings
from models.refusal import FaultsError
from models.times.iso8601 import parse_time
from models.times.units import END_OF_TIME

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dataflows.service.flows import Flow


def run_offline(
    flow: Flow, options: Mapping[str, Any], begin: str | None, end: str | None, output: Path | None
) -> None:
    """Play the stretch, with progress, and say what was written. Raises `FaultsError`, all faults at once."""
    faults = [] if output else ["--offline writes files; give --output"]
    first, last = _instant("--from", begin, 0, faults), _instant("--to", end, END_OF_TIME, faults)
    if faults or output is None or flow.offline is None:
        raise FaultsError(faults)
    prepared = flow.prepare(load_settings(flow.settings, {**options, "state": output}))
    run = flow.offline(prepared, output, first, last)
    with locked_output(output), progress("offline", run, lambda: f"{run.records:,} records of the log"):
        run.play()
    for topic, count in run.written.items():
        typer.echo(f"{topic}: {count:,} records")
    typer.echo(f"{output}: written from {run.records:,} records of the log")


def _instant(option: str, text: str | None, default: int, faults: list[str]) -> int:
    if text is None:
        return default
    try:
        return parse_time(text)
    except ValueError as error:
        faults.append(f"{option} {text} {error}")
        return default
