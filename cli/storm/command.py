"""`faultline storm`: storms as they stand, and operators' commands about them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, find_broker
from cli.ordering.orders import TIME, Fields, JsonOption, Orders, ReasonOption, UserOption, WaitOption, words
from models.storms.output import STORM_ANSWERS

app = typer.Typer(no_args_is_help=True)

StormId = Annotated[str, typer.Argument(metavar="STORM", help="The storm, by its id.")]
Name = Annotated[str, typer.Argument(help="What it is called.")]
TimeOption = Annotated[str | None, typer.Option(help=f"Since when, by default now. {TIME}")]


@app.callback()
def storm() -> None:
    """Show what storms have come to, and open, close, name or exclude one.

    A command goes over outage.operator.commands.v1 and the outages flow to
    the flow storms, and its answer is shown; it ends with 1 where it is
    refused or not answered in time. The broker is FAULTLINE_KAFKA.
    """


@app.command("list")
def list_storms(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the storms that go on."""
    from cli.local_time import clock_of_utility
    from cli.storm.states import find_storms, line

    clock = clock_of_utility(config)
    found = find_storms(find_broker(config, prefix), every=every)
    for record in found:
        typer.echo(orjson.dumps(record).decode() if as_json else line(record, clock))
    if not found and not as_json:
        typer.echo("no storm goes on" if not every else "no storm is known")


@app.command()
def show(
    storm_id: StormId, prefix: PrefixOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show what a storm has come to."""
    from cli.storm.states import find_storm, page

    record = find_storm(find_broker(config, prefix), storm_id)
    typer.echo(orjson.dumps(record).decode() if as_json else page(record))


@app.command()
def answer(
    command_id: Annotated[str, typer.Argument(metavar="COMMAND", help="The command, by its id.")],
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the answer to a command that was sent before."""
    from cli.ordering.giving import show_answer

    show_answer(find_broker(config, prefix), command_id, STORM_ANSWERS.topic, as_json=as_json)


@app.command()
def promise(
    storm_id: StormId,
    kind: Annotated[str, typer.Argument(help="Kind of the areas, as in the areas table.")],
    promises: Annotated[Path, typer.Option(help="TOML file: the policy of promises (docs/estimates.md).")],
    reason: ReasonOption,
    area: Annotated[list[str] | None, typer.Option(help="This area only; may be given several times.")] = None,
    time: Annotated[
        str | None, typer.Option(help=f"By when power is to be back, by default as simulated. {TIME}")
    ] = None,
    user: UserOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promise the public a time for areas, of outages that have no time of their own.

    Each open outage of the storm in such an area is sent set_promise, and
    answered like any command; it ends with 1 where one is refused or not
    answered in time. Without --time it is the time by which nine of ten
    simulated storms are over there, which the policy has to allow
    (area_by_simulation).
    """
    from adapters.estimates.policy_file import read_policy
    from cli.ordering.giving import give, text
    from cli.storm.promising import area_times, commands_of
    from models.contracts.topics import OPERATOR_ANSWERS

    broker = find_broker(config, prefix)
    times = area_times(broker, storm_id, kind, area, time, read_policy(promises))
    commands = commands_of(broker, storm_id, kind, times, words("--reason", reason))
    answers = [give(broker, command, user, OPERATOR_ANSWERS, wait) for command in commands]
    for command, told in zip(commands, answers, strict=True):
        if as_json:
            typer.echo(orjson.dumps(told or command).decode())
        else:
            typer.echo(f"{command['outage_id']}  {command['time']}  {text(told) if told else 'not answered'}")
    if not as_json:
        typer.echo(f"{len(commands)} outages in {len(times)} areas")
    if wait and not all(told and told["result"] == "done" for told in answers):
        raise typer.Exit(1)


NAMES = {"open_storm": "open", "close_storm": "close", "name_storm": "name", "exclude_storm": "exclude"}
orders = Orders(app, "storm_id", StormId, STORM_ANSWERS.topic, NAMES)


@orders("open_storm", about=False)
def open_storm(name: Name, time: TimeOption = None) -> Fields:
    """Say that a storm has begun: outages that began since then are of it. The answer has its id."""
    return {"text": words("NAME", name), "time": time}


@orders("close_storm")
def close_storm(time: TimeOption = None) -> Fields:
    """Say that it is over; with a time its end is put right. One that the rule opened may open again."""
    return {"time": time}


@orders("name_storm")
def name_storm(name: Name) -> Fields:
    """Call it otherwise."""
    return {"text": words("NAME", name)}


@orders("exclude_storm")
def exclude_storm(
    text: Annotated[
        str | None, typer.Argument(metavar="[WHY]", help="Why it is left out of indices; nothing: it is not.")
    ] = None,
) -> Fields:
    """Leave it out of indices, or, without a word why, take it in again."""
    return {"text": None if text is None else words("WHY", text)}
