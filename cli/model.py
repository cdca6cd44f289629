"""`faultline model`: the model file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import tomli_w
import typer

from adapters.model.parameters_file import read_model
from models.outages.weights.parameters import Parameters

app = typer.Typer(no_args_is_help=True)


@app.callback()
def model() -> None:
    """Show the rates, priors and tables that inference uses."""


@app.command()
def show(
    model: Annotated[
        Path | None, typer.Option("--model", help="A model file laid over the defaults.", metavar="FILE")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of TOML.")] = False,
) -> None:
    """Print the model in force as TOML: keep what you change in a file and give it to replay as --model."""
    values = (read_model(model) if model else Parameters()).model_dump(mode="json")
    typer.echo(json.dumps(values, indent=2) if as_json else tomli_w.dumps(values), nl=as_json)
