"""`faultline zones`: which zones are set aside, and taking them up again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, find_broker

app = typer.Typer(no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")]


@app.callback()
def zones() -> None:
    """Show zones that are set aside because the engine failed in them, and take them up again.

    The evidence of such a zone waits and its outages stand still; the other
    zones go on. The broker is FAULTLINE_KAFKA.
    """


@app.command("list")
def list_zones(
    every: Annotated[bool, typer.Option("--all", help="Also those that have been taken up again.")] = False,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the zones that are set aside: since when, where in the evidence log, why, and their open outages.

    What a zone failed with stands in the log, at the place that is told:

        faultline zones list

        faultline evidence show --partition 3 --from 1207 --limit 1
    """
    from cli.zones.health import find_zones, health_text

    found = find_zones(find_broker(config, prefix), every=every)
    for record in found:
        typer.echo(orjson.dumps(record.model_dump()).decode() if as_json else health_text(record))
    if not found and not as_json:
        typer.echo("no zone is set aside")


@app.command()
def resume(
    zone: Annotated[str, typer.Argument(metavar="ZONE", help="The zone, as zones list tells it.")],
    network: Annotated[
        Path | None,
        typer.Option(help="The network that the engine runs with; only where the evidence log has become empty."),
    ] = None,
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait until the zone is taken up.")] = 30.0,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have the engine take up a zone again, with all evidence that has waited, and see that it does.

    First mend what made it fail, mostly by a newer version of Faultline, then:

        faultline zones resume substation-12

    This appends a control record to the zone's partition of the evidence log,
    which faultline run outages obeys. Ends with 1 if the zone is not taken up
    in time, or fails again. The order stands in the log then: it is obeyed
    later.
    """
    from cli.zones.health import Resumption, health_text

    resumption = Resumption(find_broker(config, prefix), zone)
    record = resumption.resume(network, wait)
    if record is not None:
        typer.echo(orjson.dumps(record.model_dump()).decode() if as_json else health_text(record))
    if wait and (record is None or record.status != "healthy"):
        raise typer.Exit(1)
