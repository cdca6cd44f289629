"""`faultline run outages --offline`: a stretch of the evidence log played again into files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from adapters.state.lock import locked_output
from cli.progress import progress
from dataflows.outages.offline import FOR_EVER, Stretch
from dataflows.outages.preparation import prepare_outages
from dataflows.service.settings import load_settings
from models.refusal import FaultsError
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def run_offline(options: Mapping[str, Any], begin: str | None, end: str | None, output: Path | None) -> None:
    """Play the stretch, with progress, and say what was written. Raises `FaultsError`, all faults at once."""
    faults = [] if output else ["--offline writes files; give --output"]
    first, last = _instant("--from", begin, 0, faults), _instant("--to", end, FOR_EVER, faults)
    if faults or output is None:
        raise FaultsError(faults)
    prepared = prepare_outages(load_settings({**options, "state": output}))
    stretch = Stretch(prepared, output, first, last)
    with locked_output(output), progress("offline", stretch, lambda: f"{stretch.records:,} records of the log"):
        stretch.play()
    for topic, count in stretch.written.items():
        typer.echo(f"{topic}: {count:,} records")
    typer.echo(f"{output}: written from {stretch.records:,} records of the evidence log")


def _instant(option: str, text: str | None, default: int, faults: list[str]) -> int:
    if text is None:
        return default
    try:
        return parse_time(text)
    except ValueError as error:
        faults.append(f"{option} {text} {error}")
        return default
