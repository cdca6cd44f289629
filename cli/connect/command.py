"""`faultline connect`: run connectors, try their settings, check their points, see how they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, find_broker
from cli.edges import FromOption, ToOption
from models.refusal import FaultsError

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


@app.command()
def send(config: FileOption) -> None:
    """Run a connector where the network lets data out only: its records leave by UDP or as files, and nothing returns.

    The file is that of connect opcua or connect gateway, with a table
    one_way. Each record leaves sealed, numbered and several times, with a
    heartbeat, and every few minutes the full state. It ends as connect
    opcua does.
    """
    from cli.connect.one_way import run_send

    raise typer.Exit(run_send(config))


@app.command()
def receive(config: FileOption) -> None:
    """Take what connect send has sent, and write scada.device.events.v1 and the health of who sent it.

    What has no seal of a known key is refused, copies fall away, and what is
    lost is counted and declared as a gap of each device that it may concern.
    It ends as connect opcua does, and goes on from its checkpoint.
    """
    from cli.connect.one_way import run_receive

    raise typer.Exit(run_receive(config))


@app.command()
def notifications(config: FileOption) -> None:
    """Send what customer.notification.events.v1 says, by webhooks and SMTP; see docs/notifications.md.

    Each message is asked once more whether it still holds. SIGTERM waits for
    what is on its way and ends with 0. A broker that acknowledges nothing
    ends it with 1, a stall with 75: start it again.
    """
    from cli.connect.sending import run_sending

    raise typer.Exit(run_sending(config))


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


@app.command()
def verify(
    network: Annotated[Path, typer.Option(help="Folder of tables or compiled network.")],
    input: Annotated[  # noqa: A002
        list[Path] | None, typer.Option(help="Folder with the topics' files of a storm; may stand several times.")
    ] = None,
    begin: FromOption = None,
    end: ToOption = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check points: hold what devices told of their positions against what the meters below them lived through.

    By the evidence log, of a season or from a time on; the broker is
    FAULTLINE_KAFKA:

        faultline connect verify --network town.network --from 2026-06-01T00:00Z

    or by the topic files of storms, with --input. It lists points that are
    inverted, dead (the device opened and the point was silent), swapped (two
    speak of each other's devices) and mis-mapped (one speaks of another, or of
    none that is known), each with what was told and how many meters said
    otherwise. What never opened under load cannot be judged. Ends with 1 where
    any is listed.
    """
    from cli.connect.verification import as_json as line_of
    from cli.connect.verification import check_files, check_log, documents, lines

    files = [] if input is None else input
    if files and (begin or end):
        raise FaultsError(["--from and --to are of the evidence log, --input is of files; give one of them"])
    found, checkout = check_files(network, files) if files else check_log(network, (begin, end), (config, prefix))
    for line in map(line_of, documents(found, checkout)) if as_json else lines(found, checkout):
        typer.echo(line)
    if checkout.findings:
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
