"""`faultline cap`: public warnings of the Common Alerting Protocol (CAP 1.2)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.broker import ConfigOption, PrefixOption
from models.refusal import FaultsError

app = typer.Typer(no_args_is_help=True)


@app.callback()
def cap() -> None:
    """Build and check public warnings of the Common Alerting Protocol (CAP 1.2)."""


@app.command()
def build(
    network: Annotated[Path, typer.Option(help="Folder with the tables, or a compiled network.")],
    policy: Annotated[Path, typer.Option(help="TOML file: who warns, when, and in which words (docs/cap.md).")],
    input: Annotated[Path, typer.Option(help="Output folder of a replay.", file_okay=False)],  # noqa: A002
    output: Annotated[Path, typer.Option(help="Folder that receives a file a message.", file_okay=False)],
    organisation: Annotated[str, typer.Option(help="Name of the utility in the records.")] = "default",
    config: ConfigOption = None,
    key_file: Annotated[
        Path | None, typer.Option(help="PEM file of an RSA key: the messages are signed with it.", dir_okay=False)
    ] = None,
    certificate_file: Annotated[
        Path | None, typer.Option(help="PEM file of the key's certificate.", dir_okay=False)
    ] = None,
) -> None:
    """Write the public warnings of a replay's outages, a file a message.

    Their status is Test unless the policy says Actual. Each message is valid:

        faultline cap build --network town/ --policy alerts.toml --input out/ --output alerts/
        faultline cap validate alerts/*.xml
    """
    from cli.cap.build import build as build_files

    records = build_files(network, policy, input, output, organisation, config, (key_file, certificate_file))
    for record in records:
        kind = "all-clear" if record["over"] and record["message_type"] == "Update" else record["message_type"]
        line = f"{record['sent']}  {kind:<9}  {record['area_id']}  {record['customers_out']:,} customers out"
        typer.echo(f"{line}  {record['identifier']}.xml")
    for fault in sorted({fault for record in records for fault in record["faults"]}):
        typer.echo(f"faultline: template {fault}", err=True)
    typer.echo(f"{len(records)} messages in {output}")


@app.command()
def feed(
    policy: Annotated[Path, typer.Option(help="TOML file: who warns (docs/cap.md).")],
    output: Annotated[Path, typer.Option(help="Folder that receives the messages and feed.atom.", file_okay=False)],
    every: Annotated[
        float | None, typer.Option(min=1, help="Seconds after which it is written again, until SIGTERM; else once.")
    ] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
) -> None:
    """Write the warnings of outage.alert.events.v1 as files with an Atom feed, for a web server to serve.

    In the feed are the message of each alert that holds, and of those that
    ended less than a day ago by the outages' clock:

        faultline cap feed --policy alerts.toml --output www/ --every 30
    """
    from cli.broker import find_broker
    from cli.cap.feed import Fed, feed_again

    def tell(fed: Fed) -> None:
        typer.echo(f"{output / 'feed.atom'}: {fed.messages} messages as of {fed.at}")

    feed_again(find_broker(config, prefix), policy, output, every, tell)


@app.command()
def validate(
    files: Annotated[list[Path], typer.Argument(help="Messages of CAP 1.2, one a file.", dir_okay=False)],
    profile: Annotated[
        str | None, typer.Option(metavar="ipaws|cap-cp", help="Also the rules of the USA's or Canada's profile.")
    ] = None,
    territory: Annotated[
        str | None, typer.Option(metavar="S,W,N,E", help="Where areas have to lie: south,west,north,east in degrees.")
    ] = None,
    network: Annotated[
        Path | None, typer.Option(help="Folder with the tables, or a compiled network: areas have to lie about it.")
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(help="PEM file of certificates: messages have to be signed by them, or by whom they vouch for."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a file and line.")] = False,
) -> None:
    """Check messages against the schema and every rule of the standard's section 3.

    Each fault has a name, the number of the rule, the line and a plain reason:

        faultline cap validate alert.xml --territory 37.0,-123.0,38.5,-121.5

    Code 0: all are valid; 1: at least one is not; 2: nothing was checked.
    Advice (what the standard only recommends) makes no message invalid.
    A signature is verified; without --trust what is wrong with it is advice.
    """
    from cli.cap.validation import Options, check_file, lines_of, options_of

    options: Options = options_of(profile, territory, network, trust)
    if missing := [f"{file}: no such file; give the path of a message" for file in files if not file.exists()]:
        raise FaultsError(missing)
    reports = [check_file(file, options) for file in files]
    for report in reports:
        for line in lines_of(report, as_json=as_json):
            typer.echo(line)
    if not all(report.valid for report in reports):
        raise typer.Exit(1)
