"""`faultline message`: what customers are told, in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption

app = typer.Typer(no_args_is_help=True)


@app.callback()
def message() -> None:
    """Show what customers are told, and try the words of a file."""


@app.command()
def codes() -> None:
    """List the messages that there are, when each is told and what its words may be filled in with."""
    from models.messages.codes import TABLE

    for code, entry in TABLE.items():
        typer.echo(f"{code}\n    {entry.reason}\n    {', '.join((*entry.parameters, 'since', 'as_of'))}")


@app.command()
def preview(
    words: Annotated[Path | None, typer.Option(help="TOML file of words (docs/customers.md).", dir_okay=False)] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only in this language; again for more.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="Only as app, sms, voice or email says it.")] = None,
    code: Annotated[list[str] | None, typer.Option(help="Only this message; again for more.")] = None,
    records: Annotated[
        Path | None, typer.Option(help="Lines of customer.power.state.v1; by default made-up messages.", dir_okay=False)
    ] = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
) -> None:
    """Say messages in the words of a file, or in the built-in ones.

    Of an SMS it is told how many it takes. Times are those of the
    utility's clocks (setting time_zone):

        faultline message preview --words words.toml --channel sms

    Code 2: the file has faults, and all of them are told.
    """
    from cli.message.preview import chosen, previews

    wanted = chosen(language, channel, code)
    for one in previews(words, records, wanted, config):
        if as_json:
            typer.echo(orjson.dumps(one._asdict()))
        else:
            size = f"  ({one.parts} SMS)" if one.parts else ""
            typer.echo(f"{one.language:<6} {one.channel:<6} {one.code:<34} {one.text}{size}")
