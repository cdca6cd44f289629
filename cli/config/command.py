"""`faultline config`: the settings in force, and where each came from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from cli.broker import ConfigOption

app = typer.Typer(no_args_is_help=True)


@app.callback()
def config() -> None:
    """Show the settings of the flows and of the commands that talk to Kafka."""


@app.command()
def show(
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every setting: its value, where that came from, and what it is.

    An option wins over a variable, a variable over the file, the file over
    the default. The file is TOML with the names as they stand here:

        kafka = "broker-1:9092,broker-2:9092"

        kafka_security_protocol = "SASL_SSL"

    Secrets stand in files of their own and are never shown. What is wrong is
    told on standard error and ends with code 2; what is missing may still
    come as an option. `config check` looks at the things themselves.
    """
    from cli.config.show import Findings, find_lines

    lines, found = find_lines(config), Findings.of(config)
    if as_json:
        answer: dict[str, Any] = {"settings": [line._asdict() for line in lines], **found._asdict()}
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
    else:
        names, values, sources = (max(map(len, column)) for column in list(zip(*lines, strict=True))[:3])
        for line in lines:
            typer.echo(f"{line.name:{names}}  {line.value:{values}}  {line.source:{sources}}  {line.summary}")
        for finding in (*found.faults, *found.missing):
            typer.echo(f"faultline: {finding}", err=True)
    if found.faults:
        raise typer.Exit(2)


@app.command()
def check(
    flow: Annotated[str, typer.Argument(help="The flow that is to start.")],
    network: Annotated[Path | None, typer.Option(help="As `faultline run` will be given it.")] = None,
    state: Annotated[Path | None, typer.Option(help="As `faultline run` will be given it.")] = None,
    broker: Annotated[bool, typer.Option(help="Ask the broker too, for its topics and their settings.")] = True,
    config: ConfigOption = None,
) -> None:
    """Look at all that a flow needs, and start nothing: a gate before a rollout.

    Settings, secrets, network, model, state folder and, unless told not to,
    the broker. Every fault is told at once; code 2 if there are any.
    """
    from cli.config.check import check_start

    check_start(flow, {"network": network, "state": state, "config": config}, broker=broker)
    typer.echo(f"{flow}: no faults" + ("" if broker else ", the broker was not asked"))
