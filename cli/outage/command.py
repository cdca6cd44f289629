"""`faultline outage`: outages as they stand, and operators' commands about them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

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


@app.command()
def move(
    outage_id: Outage,
    device: Annotated[str, typer.Argument(help="The device, by its id.")],
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which device it is that is open."""
    more = {"device_id": device}
    _order(("move", outage_id, reason), more, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def restore(
    outage_id: Outage,
    reason: ReasonOption,
    time: Annotated[str | None, typer.Option(help=f"Since when, by default now. {TIME}")] = None,
    device: Annotated[str | None, typer.Option(help="Those below this device only.")] = None,
    usage_point: Annotated[list[str] | None, typer.Option(help="This point only; may be given several times.")] = None,
    step: Annotated[int | None, typer.Option(help="Step of the switching plan, for the record.")] = None,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that power is back: of all, of those below a device, or of some."""
    more = {"time": time, "device_id": device, "usage_point_ids": usage_point or None, "step": step}
    _order(("restore", outage_id, reason), more, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def assign_crew(
    outage_id: Outage,
    crew: Annotated[str, typer.Argument(help="The crew, by its id.")],
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a crew on it."""
    more = {"crew_id": crew}
    _order(("assign_crew", outage_id, reason), more, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def release_crew(
    outage_id: Outage,
    crew: Annotated[str, typer.Argument(help="The crew, by its id.")],
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a crew off it."""
    more = {"crew_id": crew}
    _order(("release_crew", outage_id, reason), more, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def hold_publication(
    outage_id: Outage,
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have the public told nothing of it until release-publication."""
    _order(("hold_publication", outage_id, reason), {}, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def release_publication(
    outage_id: Outage,
    reason: ReasonOption,
    user: UserOption = None,
    seen: SeenOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the public be told of it again."""
    _order(("release_publication", outage_id, reason), {}, (user, seen, wait), (config, prefix), as_json=as_json)


@app.command()
def set_position(
    device: Annotated[str, typer.Argument(help="The device, by its id.")],
    position: Annotated[Literal["open", "closed"], typer.Argument(help="How it stands.")],
    reason: ReasonOption,
    time: Annotated[str | None, typer.Option(help=f"Since when, by default now. {TIME}")] = None,
    user: UserOption = None,
    wait: WaitOption = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say how a device stands, until its telemetry or a crew says something newer."""
    more = {"device_id": device, "position": position, "time": time}
    _order(("set_position", None, reason), more, (user, None, wait), (config, prefix), as_json=as_json)


def _order(
    of: tuple[str, str | None, str],
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
