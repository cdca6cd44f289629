"""The command `faultline`."""

from __future__ import annotations

import gc
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from adapters.process.pulse import SELDOM
from cli.commands import Commands
from cli.machine_code import keep_machine_code
from cli.packages import foreign_packages
from models.refusal import FaultsError

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"faultline {version('faultline')}")
        raise typer.Exit


@app.callback()
def faultline(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Turn meter, SCADA, call and crew streams into outages and restorations."""


def main() -> None:
    """Run the command line; a refusal is told in plain lines and ends with code 2."""
    gc.set_threshold(*SELDOM)  # what is imported stays: looking through it again and again is a tenth of a start
    if faults := foreign_packages():
        _refuse(faults)
    keep_machine_code()
    try:
        app()
    except FaultsError as error:
        _refuse(error.faults)
    except OSError as error:
        if error.filename is None:
            raise
        _refuse([f"cannot use {error.filename}: {(error.strerror or str(error)).lower()}"])


def _refuse(faults: list[str]) -> None:
    for fault in faults:
        typer.echo(f"faultline: {fault}", err=True)
    sys.exit(2)
