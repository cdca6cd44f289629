"""`faultline connect`: run a connector, try its settings against the live server, see how connectors stand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, find_broker

app = typer.Typer(no_args_is_help=True)

FileOption = Annotated[
    Path,
    typer.Option("--config", metavar="FILE", help="TOML file with the connector's settings; see docs/connectors.md."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")]


@app.callback()
def connect() -> None:
    """Bring the events of other systems in: SCADA by OPC UA.

    A connector only reads. It is a process of its own in front of the raw
    topics and tells how it stands on connector.health.events.v1.
    """


@app.command()
def opcua(config: FileOption) -> None:
    """Follow OPC UA servers (values, alarms and conditions) and write scada.device.events.v1.

    SIGTERM hands on what is there and ends with 0. A broker that acknowledges
    nothing ends it with 1, a stall with 75: start it again, and it goes on
    from its checkpoint, with gaps declared.
    """
    from cli.connect.service import run_opcua

    raise typer.Exit(run_opcua(config))


@app.command()
def gateway(config: FileOption) -> None:
    """Read OPC UA by a REST gateway in front of it, and write scada.device.events.v1.

    The OPC UA Web API, or Kepware's IoT gateway, by HTTPS. It reads again and
    again: what changes and changes back between two readings is not seen, and
    alarms do not come that way. It ends as connect opcua does.
    """
    from cli.connect.service import run_gateway

    raise typer.Exit(run_gateway(config))


@app.command("test")
def try_settings(config: FileOption, as_json: JsonOption = False) -> None:
    """Try a connector's settings and mapping against the live servers or gateways, and write nothing.

    Each server is asked for its endpoints, its certificate is judged, a
    session is opened, and every node of the mapping is read as the connector
    would read it. Ends with 1 where anything is wrong. Without any trust yet,
    it says which certificate to trust.
    """
    from cli.connect.trial import try_connector

    findings = try_connector(config)
    for finding in findings:
        typer.echo(orjson.dumps(finding._asdict()).decode() if as_json else finding.text())
    if any(finding.fault for finding in findings):
        raise typer.Exit(1)


@app.command("simulate-server")
def simulate_server(
    network: Annotated[Path, typer.Option(help="Folder of tables or compiled network whose devices are served.")],
    input: Annotated[  # noqa: A002
        Path | None, typer.Option(help="Folder of a storm, whose SCADA events happen; none: all stay closed.")
    ] = None,
    listen: Annotated[str, typer.Option(help="Address; port 0 is one that is free.")] = "opc.tcp://127.0.0.1:4840",
    mapping: Annotated[Path | None, typer.Option(help="File that receives the mapping, CSV.")] = None,
    speed: Annotated[float, typer.Option(min=0.001, help="Seconds of the storm in a second.")] = 1.0,
    now: Annotated[bool, typer.Option("--now", help="Shift the storm's times so that it begins now.")] = False,
) -> None:
    """Serve a network's devices by OPC UA, and play a storm's SCADA through them: something to connect to.

    It is open to whoever reaches it, and ends with SIGTERM or Ctrl-C:

        faultline connect simulate-server --network town --input storm --now
    """
    from cli.connect.simulation import serve_storm

    serve_storm(network, input, listen, mapping, speed, now=now)


@app.command("list")
def list_connectors(prefix: PrefixOption = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List all connectors that ever told of themselves, each in a line: how it stands, since when, what it carries."""
    from cli.connect.health import find_health, line_of

    for standing in find_health(find_broker(config, prefix)):
        typer.echo(standing.document().decode() if as_json else line_of(standing))


@app.command()
def status(
    connector: Annotated[str | None, typer.Argument(help="The connector; all if none is named.")] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how connectors stand, link by link. Ends with 1 where one is not connected, or silent."""
    from cli.connect.health import find_health, text_of

    found = [one for one in find_health(find_broker(config, prefix)) if connector in (None, one.record.connector)]
    for standing in found:
        typer.echo(standing.document().decode() if as_json else text_of(standing))
    if not found and not as_json:
        typer.echo("no connector has told of itself" if connector is None else f"{connector}: has never told of itself")
    if not found or any(one.state != "connected" for one in found):
        raise typer.Exit(1)
