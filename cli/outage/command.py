"""`faultline outage`: outages as they stand, and operators' commands about them."""

from __future__ import annotations

from typing import Annotated, Literal

import orjson
import typer

from cli.broker import Broker, ConfigOption, PrefixOption, find_broker
from cli.ordering.orders import TIME, Fields, JsonOption, Orders, words
from models.contracts.topics import OPERATOR_ANSWERS

app = typer.Typer(no_args_is_help=True)

Since = Annotated[str | None, typer.Option(help=f"Since when, by default now. {TIME}")]
Outage = Annotated[str, typer.Argument(metavar="OUTAGE", help="The outage, by its id.")]
Crew = Annotated[str, typer.Argument(help="The crew, by its id.")]
Device = Annotated[str, typer.Argument(help="The device, by its id.")]
Time = Annotated[str, typer.Argument(help=TIME)]


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
    from cli.local_time import clock_of_utility
    from cli.outage.states import find_outages, line

    clock = clock_of_utility(config)
    found = find_outages(find_broker(config, prefix), every=every)
    for record in found:
        typer.echo(orjson.dumps(record).decode() if as_json else line(record, clock))
    if not found and not as_json:
        typer.echo("no outage is open" if not every else "no outage is known")


@app.command()
def answer(
    command_id: Annotated[str, typer.Argument(metavar="COMMAND", help="The command, by its id.")],
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the answer to a command that was sent before."""
    from cli.ordering.giving import show_answer

    show_answer(find_broker(config, prefix), command_id, OPERATOR_ANSWERS, as_json=as_json)


@app.command()
def show(
    outage_id: Outage, prefix: PrefixOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Show the last revision of an outage."""
    from cli.outage.states import find_outage, page

    record = find_outage(find_broker(config, prefix), outage_id)
    typer.echo(orjson.dumps(record).decode() if as_json else page(record))


def _find(broker: Broker, outage_id: str) -> Fields:
    from cli.outage.states import find_outage

    return find_outage(broker, outage_id)


NAMES = {"set_start_time": "set-start", "set_restoration_time": "set-restoration"}
orders = Orders(app, "outage_id", Outage, OPERATOR_ANSWERS, NAMES, _find)


def _place(device: str | None, usage_points: list[str] | None, *, needed: bool) -> Fields:
    """The place that options name: a device or usage points, not both."""
    if device is not None and usage_points:
        raise typer.BadParameter("give --device or --usage-point, not both")
    if needed and device is None and not usage_points:
        raise typer.BadParameter("say where: give --device or --usage-point")
    return {"device_id": device, "usage_point_ids": usage_points or None}


@orders("acknowledge")
def acknowledge() -> Fields:
    """Say that somebody has taken notice."""
    return {}


@orders("confirm")
def confirm() -> Fields:
    """Say that its device is open."""
    return {}


@orders("cancel")
def cancel() -> Fields:
    """Say that there never was such an outage."""
    return {}


@orders("note", reason="note")
def note(
    text: Annotated[str, typer.Argument(help="The words; they stand in the evidence log, in no output.")],
) -> Fields:
    """Write words about it into the evidence log."""
    return {"text": words("TEXT", text)}


@orders("set_cause")
def set_cause(
    cause: Annotated[str, typer.Argument(help="Category of IEEE 1782, such as vegetation or weather.")],
    utility_cause: Annotated[str | None, typer.Option(help="The utility's own code.")] = None,
) -> Fields:
    """Say why power is off; also of an outage that is over."""
    return {"cause_code": cause, "text": utility_cause}


@orders("set_start_time")
def set_start(time: Time) -> Fields:
    """Say when power went off; also of an outage that is over."""
    return {"time": time}


@orders("set_restoration_time")
def set_restoration(time: Time) -> Fields:
    """Say when power was back, of an outage that is over."""
    return {"time": time}


@orders("move")
def move(device: Device) -> Fields:
    """Say which device it is that is open."""
    return {"device_id": device}


@orders("open", about=False)
def open_outage(
    device: Annotated[str | None, typer.Option(help="This device is open.")] = None,
    usage_point: Annotated[
        list[str] | None, typer.Option(help="This point is without power; may be given several times.")
    ] = None,
    time: Since = None,
) -> Fields:
    """Open an outage at a device, or of usage points; the answer has its id."""
    return {"time": time, **_place(device, usage_point, needed=True)}


@orders("split")
def split(
    device: Annotated[str | None, typer.Option(help="Those below this device.")] = None,
    usage_point: Annotated[list[str] | None, typer.Option(help="This point; may be given several times.")] = None,
) -> Fields:
    """Make a part of it an outage of its own; the answer has its id."""
    return _place(device, usage_point, needed=True)


@orders("merge")
def merge(
    into: Annotated[str, typer.Argument(metavar="INTO", help="The outage of which it is a part, by its id.")],
    device: Annotated[str | None, typer.Option(help="The open device, which feeds both.")] = None,
) -> Fields:
    """Say that it is a part of another outage of its zone."""
    return {"other_outage_id": into, "device_id": device}


@orders("reopen")
def reopen(
    time: Annotated[str | None, typer.Option(help=f"Since when, by default since it was over. {TIME}")] = None,
) -> Fields:
    """Say that power is not back; of one that is over another one begins, which follows it."""
    return {"time": time}


@orders("restore")
def restore(
    time: Since = None,
    device: Annotated[str | None, typer.Option(help="Those below this device only.")] = None,
    usage_point: Annotated[list[str] | None, typer.Option(help="This point only; may be given several times.")] = None,
    step: Annotated[int | None, typer.Option(help="Step of the switching plan, for the record.")] = None,
) -> Fields:
    """Say that power is back: of all, of those below a device, or of some."""
    return {"time": time, "step": step, **_place(device, usage_point, needed=False)}


@orders("assign_crew")
def assign_crew(crew: Crew) -> Fields:
    """Put a crew on it."""
    return {"crew_id": crew}


@orders("release_crew")
def release_crew(crew: Crew) -> Fields:
    """Take a crew off it."""
    return {"crew_id": crew}


@orders("hold_publication")
def hold_publication() -> Fields:
    """Have the public told nothing of it until release-publication."""
    return {}


@orders("release_publication")
def release_publication() -> Fields:
    """Let the public be told of it again."""
    return {}


@orders("set_promise")
def set_promise(
    time: Annotated[str, typer.Argument(help=f"By when power is to be back. {TIME}")],
    area: Annotated[bool, typer.Option("--area", help="It is its area's time; one of its own goes before it.")] = False,
) -> Fields:
    """Promise the public a time; it stays until release-promise, or until it has passed."""
    return {"time": time, "stage": "area" if area else None}


@orders("hold_promise")
def hold_promise() -> Fields:
    """Have what the public is promised stay as it is until release-promise."""
    return {}


@orders("release_promise")
def release_promise() -> Fields:
    """Leave what is promised to the estimate again."""
    return {}


@orders("set_position", about=False)
def set_position(
    device: Device,
    position: Annotated[Literal["open", "closed"], typer.Argument(help="How it stands.")],
    time: Since = None,
) -> Fields:
    """Say how a device stands, until its telemetry or a crew says something newer."""
    return {"device_id": device, "position": position, "time": time}


@orders("cut", about=False)
def cut(device: Device, time: Since = None) -> Fields:
    """Say that the line is cut at a device, on the side of its source; what `remove` takes is the command's id."""
    return {"device_id": device, "time": time}


@orders("jumper", about=False)
def jumper(
    device: Device,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The device that feeds its other end.")],
    time: Since = None,
) -> Fields:
    """Say that a jumper joins what two devices feed; what `remove` takes is the command's id."""
    return {"device_id": device, "other_device_id": other, "time": time}


@orders("generator", about=False)
def generator(device: Device, time: Since = None) -> Fields:
    """Say that a generator feeds what a device feeds; what `remove` takes is the command's id."""
    return {"device_id": device, "time": time}


@orders("remove", about=False)
def remove(
    device: Device,
    element: Annotated[str, typer.Argument(metavar="COMMAND", help="The command that placed it.")],
    time: Since = None,
) -> Fields:
    """Say that a cut, a jumper or a generator at a device is taken away."""
    return {"device_id": device, "element_id": element, "time": time}
