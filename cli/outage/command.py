"""`faultline outage`: outages as they stand, and operators' commands about them."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, find_broker

app = typer.Typer(no_args_is_help=True)

Outage = Annotated[str, typer.Argument(metavar="OUTAGE", help="The outage, by its id.")]
ReasonOption = Annotated[str, typer.Option(help="Why, in your words; it stands in the evidence log.")]
UserOption = Annotated[str | None, typer.Option(help="Who orders it, by default who is at the terminal.")]
SeenOption = Annotated[
    int | None, typer.Option("--seen-revision", help="The revision that you have looked at, by default the last one.")
]
WaitOption = Annotated[float, typer.Option(min=0, help="Seconds to wait for the answer.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")]
TIME = "A time of ISO 8601 with a zone, such as 2026-07-01T18:04:05Z."


@app.callback()
def outage() -> None:
    """Show outages as they stand, and order what is to be done about one.

    A command goes to the outages flow over outage.operator.commands.v1, and
    its answer is shown; it ends with 1 where it is refused or not answered in
    time. The broker is FAULTLINE_KAFKA.
    """


@app.command("list")
def list_outages(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over and not forgotten.")] = False,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the outages that are open."""
    from cli.outage.states import find_outages, line

    found = find_outages(find_broker(config, prefix), every=every)
    for record in found:
        typer.echo(orjson.dumps(record).decode() if as_json else line(record))
    if not found and not as_json:
        typer.echo("no outage is open" if not every else "no outage is known")


@app.command()
def show(
    outage_id: Outage, prefix: PrefixOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show the last revision of an outage."""
    from cli.outage.states import find_outage, page

    record = find_outage(find_broker(config, prefix), outage_id)
    typer.echo(orjson.dumps(record).decode() if as_json else page(record))


@app.command()
def acknowledge(
    outage_id: Outage,
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that somebody has taken notice."""
    _order(("acknowledge", outage_id, reason), {}, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def confirm(
    outage_id: Outage,
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that its device is open."""
    _order(("confirm", outage_id, reason), {}, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def cancel(
    outage_id: Outage,
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that there never was such an outage."""
    _order(("cancel", outage_id, reason), {}, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def note(
    outage_id: Outage,
    text: Annotated[str, typer.Argument(help="The words; they stand in the evidence log, in no output.")],
    reason: ReasonOption = "note",
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write words about it into the evidence log."""
    _order(("note", outage_id, reason), {"text": text}, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def set_cause(
    outage_id: Outage,
    cause: Annotated[str, typer.Argument(help="Category of IEEE 1782, such as vegetation or weather.")],
    reason: ReasonOption,
    utility_cause: Annotated[str | None, typer.Option(help="The utility's own code.")] = None,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why power is off; also of an outage that is over."""
    more = {"cause_code": cause, "text": utility_cause}
    _order(("set_cause", outage_id, reason), more, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def set_start(
    outage_id: Outage,
    time: Annotated[str, typer.Argument(help=TIME)],
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say when power went off; also of an outage that is over."""
    _order(("set_start_time", outage_id, reason), {"time": time}, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def set_restoration(
    outage_id: Outage,
    time: Annotated[str, typer.Argument(help=TIME)],
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say when power was back, of an outage that is over."""
    of = "set_restoration_time", outage_id, reason
    _order(of, {"time": time}, (user, seen, wait), (config, prefix), as_json=as_json)


def _order(
    of: tuple[str, str, str],
    more: dict[str, Any],
    sender: tuple[str | None, int | None, float],
    broker: tuple[Any, str | None],
    *,
    as_json: bool,
) -> None:
    from cli.outage.ordering import give, text

    kind, outage_id, reason = of
    user, seen, wait = sender
    command = {"kind": kind, "outage_id": outage_id, "reason": reason, **more}
    answer = give(find_broker(*broker), command, user, seen, wait)
    if answer is not None:
        typer.echo(orjson.dumps(answer).decode() if as_json else text(answer))
    if answer is None or answer["result"] != "done":
        raise typer.Exit(1 if wait else 0)
