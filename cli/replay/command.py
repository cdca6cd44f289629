"""`faultline replay`: topic files in, outages and restorations out."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Annotated

import orjson
import typer
from rich.console import Console

from adapters.files.topics import ignored_files
from adapters.state.folder import StateFolder, StateRefusedError, identify
from adapters.state.lock import locked_output
from cli.progress import progress
from cli.replay.summary import Summary, find_doubt, how_far, show_summary, summarise
from cli.warm_up import compile_loops, tell
from dataflows.ingest.files import LINES_AT_ONCE
from dataflows.replay.flow import Replay
from dataflows.replay.settings import ReplaySettings, prepare
from dataflows.service.run import EPOCH, FlowFailedError, run_flow
from models.contracts.topics import RAW_TOPICS

app = typer.Typer(add_completion=False)


@app.command("replay")
def replay_storm(
    network: Annotated[
        Path, typer.Option(help="Folder with the tables devices and usage_points, or a compiled network.")
    ],
    input: Annotated[Path, typer.Option(help="Folder with the topics' files of JSON lines, plain, .gz or .zst.")],  # noqa: A002
    output: Annotated[Path, typer.Option(help="Folder for what is found; without --state it is replaced.")],
    state: Annotated[Path | None, typer.Option(help="Folder from which a killed replay goes on.")] = None,
    batch_size: Annotated[int, typer.Option(help="Lines read at once; no output depends on it.")] = LINES_AT_ONCE,
    model: Annotated[
        Path | None, typer.Option(help="TOML file that replaces rates and priors of the inference.")
    ] = None,
    delivery: Annotated[
        str | None,
        typer.Option(
            metavar="RATE|FILE", help="Share of last gasps that arrive, or a CSV of source,collector_id,rate."
        ),
    ] = None,
    estimates: Annotated[
        Path | None, typer.Option(help="Table by which outages say when power will be back (docs/estimates.md).")
    ] = None,
    promises: Annotated[Path | None, typer.Option(help="TOML file with what the public is promised of it.")] = None,
    life_support: Annotated[
        Path | None, typer.Option(help="Restricted table of the usage points with somebody on life support.")
    ] = None,
    release: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TIME[,TIME]=FILE",
            help="Take up a later version of the network, compiled, at a log time; the second time is when its tables "
            "were drawn.",
        ),
    ] = None,
    organisation: Annotated[str, typer.Option(help="Name of the utility in the records.")] = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    epoch_seconds: Annotated[float, typer.Option(hidden=True, help="Time between snapshots.")] = EPOCH.total_seconds(),
) -> None:
    """Find outages and restorations in the topic files of a storm."""
    files = network, input, output
    tables = estimates, promises, life_support
    settings = ReplaySettings(*files, batch_size, model, delivery, organisation, *tables, release or ())
    for ignored in ignored_files(input, RAW_TOPICS) if input.is_dir() else []:
        typer.echo(f"faultline: {ignored}", err=True)
    try:
        summary = replay_files(settings, state, timedelta(seconds=epoch_seconds))
    except FlowFailedError as error:
        typer.echo(f"faultline: {error}", err=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        typer.echo("faultline: interrupted; with --state the same command goes on from here", err=True)
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode())
    else:
        show_summary(summary, Console())
    if doubt := find_doubt(summary):
        typer.echo(f"faultline: {doubt.words}", err=True)
        raise typer.Exit(doubt.code)


def replay_files(settings: ReplaySettings, state: Path | None = None, epoch: timedelta = EPOCH) -> Summary:
    """Run a replay, with progress on standard error, and give its summary.

    With a `state` a replay that was killed goes on, and one that is finished only gives its summary again.
    Raises `FaultsError` for what cannot be replayed and `FlowFailedError` for what fails on the way.
    """
    prepared = prepare(settings)
    compile_loops(tell)
    started = perf_counter()
    with locked_output(settings.output):
        return _replay(Replay(prepared), state, epoch, started)


def _replay(replay: Replay, state: Path | None, epoch: timedelta, started: float) -> Summary:
    if state is None:
        replay.clear_output()
        return _run(replay, started)
    identity = replay.prepared.identity() | identify(replay.prepared.files)
    with closing(StateFolder(state)) as folder:
        folder.check(identity)
        if folder.finished:
            return _finished(folder, replay)
        if not folder.begun:
            folder.begin(identity, replay.clear_output)
        summary = _run(replay, started, folder.recovery, epoch)
        folder.finish({"summary": summary, "output": replay.output_sizes()})
        return summary


def _run(replay: Replay, started: float, recovery: Path | None = None, epoch: timedelta = EPOCH) -> Summary:
    with progress("replay", replay, lambda: how_far(replay)):
        run_flow(replay.flow, recovery, epoch)
    return summarise(replay, perf_counter() - started)


def _finished(folder: StateFolder, replay: Replay) -> Summary:
    result = folder.finished or {}
    if result["output"] != replay.output_sizes():
        reason = "is finished, but the output folder does not hold what it has written; give another --state"
        raise StateRefusedError([f"state {folder.folder} {reason}"])
    summary: Summary = result["summary"]
    return summary
