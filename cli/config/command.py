"""`faultline config`: the settings in force, and where each came from."""

from __future__ import annotations

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
    told on standard error.
    """
    from cli.config.show import find_lines, find_warnings

    lines, warnings = find_lines(config), find_warnings(config)
    if as_json:
        answer: dict[str, Any] = {"settings": [line._asdict() for line in lines], "warnings": warnings}
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
        return
    names, values, sources = (max(map(len, column)) for column in list(zip(*lines, strict=True))[:3])
    for line in lines:
        typer.echo(f"{line.name:{names}}  {line.value:{values}}  {line.source:{sources}}  {line.summary}")
    for warning in warnings:
        typer.echo(f"faultline: {warning}", err=True)
