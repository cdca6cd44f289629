"""`faultline run`: a flow on Kafka, as it is deployed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True)

Network = Annotated[Path | None, typer.Option(help="Folder with the tables, or a compiled network.")]
State = Annotated[Path | None, typer.Option(help="Folder of this process's snapshots.")]
Process = Annotated[int | None, typer.Option(help="Which of the processes this is, from 0.")]
Processes = Annotated[int | None, typer.Option(help="How many processes share the partitions.")]
Listen = Annotated[str | None, typer.Option(metavar="ADDRESS:PORT", help="Where /metrics, /healthz, /readyz listen.")]
Config = Annotated[Path | None, typer.Option(help="TOML file with settings; see faultline config show.")]


@app.command()
def ingest(
    network: Network = None,
    state: State = None,
    process: Process = None,
    processes: Processes = None,
    listen: Listen = None,
    config: Config = None,
) -> None:
    """Check raw records and append them to the evidence log. The broker is FAULTLINE_KAFKA."""
    _run("ingest", network=network, state=state, process=process, processes=processes, listen=listen, config=config)


@app.command()
def outages(
    network: Network = None,
    state: State = None,
    process: Process = None,
    processes: Processes = None,
    listen: Listen = None,
    config: Config = None,
    model: Annotated[Path | None, typer.Option(help="TOML file that replaces rates and priors.")] = None,
    delivery: Annotated[str | None, typer.Option(help="Share of last gasps that arrive, or a CSV file.")] = None,
    organisation: Annotated[str | None, typer.Option(help="Name of the utility in the records.")] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Play a stretch of the evidence log again, into files, and end.")
    ] = False,
    begin: Annotated[str | None, typer.Option("--from", help="With --offline: first instant of the output.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="With --offline: instant before which it ends.")] = None,
    output: Annotated[Path | None, typer.Option(help="With --offline: folder for the files.")] = None,
) -> None:
    """Find outages and restorations in the evidence log. The broker is FAULTLINE_KAFKA."""
    options = {"network": network, "state": state, "process": process, "processes": processes, "listen": listen}
    options |= {"config": config, "model": model, "delivery": delivery, "organisation": organisation}
    if offline:
        from cli.run.offline import run_offline

        run_offline(options, begin, end, output)
    else:
        _run("outages", **options)


def _run(flow: str, **options: Any) -> None:  # noqa: ANN401 (whatever a setting is)
    from cli.run.service import run_service

    raise typer.Exit(run_service(flow, options))
