"""`faultline storm-ready`: one command, a day before landfall."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from cli.broker import ConfigOption, PrefixOption, TwinConfigOption, TwinPrefixOption, find_broker, find_twin

app = typer.Typer()


@app.command()
def storm_ready(
    settings: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Settings of a connector, or of connect notifications; may be given again."),
    ] = None,
    certificate: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A further certificate, PEM or DER; may be given again.")
    ] = None,
    certificate_days: Annotated[float, typer.Option(min=0, help="Days that certificates have to hold.")] = 14.0,
    disk_free: Annotated[
        float | None,
        typer.Option(min=0, metavar="GB", help="Free on the disks of all brokers together; none tells it."),
    ] = None,
    disk_hours: Annotated[float, typer.Option(min=0, help="Hours that disks and retention have to last.")] = 72.0,
    storm_rate: Annotated[
        float | None, typer.Option(min=0, metavar="EVENTS/S", help="Events a second in the raw topics, in a storm.")
    ] = None,
    storm_times: Annotated[
        float, typer.Option(min=0, help="Without --storm-rate: so many times the rate of the last 24 hours.")
    ] = 3.0,
    lag_seconds: Annotated[float, typer.Option(min=0, help="How old what a flow has yet to read may be.")] = 60.0,
    network_days: Annotated[float, typer.Option(min=0, help="How old the network in force may be.")] = 30.0,
    shadow: Annotated[
        Path | None,
        typer.Option(metavar="STORM", help="Folder of a storm's topic files: live through it, beside all that runs."),
    ] = None,
    shadow_network: Annotated[
        Path | None, typer.Option(help="With --shadow: its network, tables or compiled; by default STORM/network.")
    ] = None,
    shadow_speed: Annotated[
        float, typer.Option(min=0.1, help="With --shadow: seconds of the storm in a second.")
    ] = 10.0,
    twin_config: TwinConfigOption = None,
    twin_prefix: TwinPrefixOption = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the page as one JSON object.")] = False,
) -> None:
    r"""Say whether all is as a storm asks for, what was seen, and what to do: a day before landfall.

    Certificates, hours of disk and of retention at storm rate, how far each
    flow is behind, connectors, zones set aside, the age of the network,
    whether releases are frozen, the mirror, and channels of delivery. Nothing
    is written, and no message is sent; but --shadow makes topics of its own
    on the cluster, runs flows here that live through a storm on them, and
    takes them away again.

        faultline storm-ready --disk-free 900 --settings north.toml \

            --settings notifications.toml --twin-config east.toml

    Ends with 0 if ready, with 1 if not, and with 3 where nothing is wrong but
    something could not be seen.
    """
    from adapters.connectors.clock import now_ms
    from cli.storm_ready.certificates import certificates
    from cli.storm_ready.channels import channels
    from cli.storm_ready.disk import Storm, disks
    from cli.storm_ready.lag import flows, mirror
    from cli.storm_ready.page import CODES, document_of, look, print_page, verdict_of
    from cli.storm_ready.shadow import ShadowPlan
    from cli.storm_ready.shadow import shadow as live_through
    from cli.storm_ready.standing import connectors, frozen, network, zones
    from models.times.iso8601 import format_time

    broker, now, files = find_broker(config, prefix), now_ms(), settings or []
    asked = twin_config is not None or twin_prefix is not None
    twin = find_twin(broker, twin_config, twin_prefix) if asked else None
    storm = Storm(storm_rate, storm_times, disk_hours, disk_free)
    shadowed = None
    if shadow is not None:
        shadowed = ShadowPlan(shadow, shadow_network or shadow / "network", shadow_speed, config, lag_seconds)
    checks = {
        "certificate": lambda: certificates(
            broker, [*files, *([config] if config else [])], certificate or [], (certificate_days, now)
        ),
        "disk": lambda: disks(broker, storm, now),
        "lag": lambda: flows(broker, lag_seconds, now),
        "connector": lambda: connectors(broker),
        "zone": lambda: zones(broker),
        "network": lambda: network(broker, network_days, now),
        "releases": lambda: frozen(broker),
        "mirror": lambda: mirror(broker, twin, lag_seconds),
        "channel": lambda: channels(files),
        "shadow": lambda: live_through(broker, shadowed, now),
    }
    rows = [row for name, check in checks.items() for row in look(name, check)]
    asked_at = format_time(now)
    if as_json:
        typer.echo(orjson.dumps(document_of(rows, asked_at), option=orjson.OPT_INDENT_2).decode())
    else:
        print_page(rows, asked_at)
    raise typer.Exit(CODES[verdict_of(rows)])
