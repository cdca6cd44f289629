"""`faultline feed`: play a storm's files into the raw topics of a broker."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Annotated

import orjson
import typer
from rich.console import Console

from adapters.files.play import Playback
from adapters.files.topics import find_topic_files, ignored_files
from adapters.kafka.clients.positions import Positions
from adapters.kafka.playing.feed import Feed, FeedFailedError, Tempo
from adapters.kafka.playing.pace import LagPace
from adapters.kafka.topics.cluster import played_topics, refuse_live_topics, topic_settings
from adapters.network.load import load_network
from cli.broker import ConfigOption, PrefixOption, find_broker
from cli.feed.summary import how_far, show_summary, summarise
from cli.progress import progress
from models.contracts.topics import RAW_TOPICS
from models.decoding.cut_line import LONGEST
from models.refusal import FaultsError

app = typer.Typer(add_completion=False)

NOBODY = "faultline-feed"
"""Group in whose name a feed asks that waits for nobody."""


@app.command("feed")
def feed_storm(
    network: Annotated[
        Path, typer.Option(help="Folder with the tables devices and usage_points, or a compiled network.")
    ],
    input: Annotated[Path, typer.Option(help="Folder with the topics' files of JSON lines, plain, .gz or .zst.")],  # noqa: A002
    speed: Annotated[
        float | None, typer.Option(help="Seconds of the storm in a second; by default as fast as it goes.")
    ] = None,
    prefix: PrefixOption = None,
    config: ConfigOption = None,
    mark_seconds: Annotated[
        float, typer.Option(help="Log time between marks; 0: at the end only, so that offsets are the lines' numbers.")
    ] = 1.0,
    pace_group: Annotated[
        str | None, typer.Option(help="Group of readers that the feed waits for, such as faultline-ingest.")
    ] = None,
    most_behind: Annotated[int, typer.Option(help="Records that the group may be behind.")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Play the topic files of a storm into the raw topics, all in the order of their log time."""
    if faults := _faults(speed, mark_seconds, most_behind):
        raise FaultsError(faults)
    for ignored in ignored_files(input, RAW_TOPICS) if input.is_dir() else []:
        typer.echo(f"faultline: {ignored}", err=True)
    tempo = Tempo(speed, round(mark_seconds * 1000) or None)
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    broker = find_broker(config, prefix)
    started = perf_counter()
    with ExitStack() as stack:
        playback = stack.enter_context(Playback(find_topic_files(input, RAW_TOPICS), load_network(network)))
        readers = stack.enter_context(Positions(broker.client, pace_group or NOBODY))
        there = readers.partitions([broker.name(topic) for topic in RAW_TOPICS])
        if not broker.embedded:
            settings = topic_settings(broker.client, list(there))
            refuse_live_topics(played_topics(settings, broker.prefix), broker.prefix)
        partitions = {topic: there[broker.name(topic)] for topic in RAW_TOPICS}
        feed = Feed(broker.client, partitions, broker.prefix, tempo, stop)
        parts = [(topic, partition) for topic, number in there.items() for partition in range(number)]
        pace = LagPace(readers, parts, most_behind) if pace_group else None
        try:
            with progress("feed", playback, lambda: how_far(feed)):
                whole = feed.play(playback.topics, playback.lines(), pace)
        except FeedFailedError as error:
            typer.echo(f"faultline: {error}", err=True)
            raise typer.Exit(1) from error
    summary = summarise(feed, perf_counter() - started)
    if as_json:
        typer.echo(orjson.dumps(summary, option=orjson.OPT_INDENT_2).decode())
    else:
        show_summary(summary, Console())
    if playback.too_long:
        left_out = f"{playback.too_long:,} lines of more than {LONGEST:,} bytes were left out"
        typer.echo(f"faultline: {left_out}: a raw topic takes no such record", err=True)
    if not whole:
        typer.echo("faultline: interrupted; no end marks were written", err=True)
        raise typer.Exit(130)


def _faults(speed: float | None, mark_seconds: float, most_behind: int) -> list[str]:
    faults = []
    if speed is not None and speed <= 0:
        faults.append(f"--speed {speed} is no speed; give more than 0, or leave it out")
    if mark_seconds < 0:
        faults.append(f"--mark-seconds {mark_seconds} is no time; give 0 or more")
    if most_behind < 1:
        faults.append(f"--most-behind {most_behind} is no number of records; give 1 or more")
    return faults
