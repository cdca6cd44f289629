"""The command `faultline`."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Outages from meter, SCADA, call and crew streams.")


def main() -> None:
    """Run the command line."""
    app()
