"""How far a replay has come: a bar on a terminal, a line now and then elsewhere, both on standard error."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from models.times import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflows.outages import Replay

BAR_SECONDS: Final = 0.2
LINE_SECONDS: Final = 5.0


@contextmanager
def progress(replay: Replay) -> Iterator[None]:
    """Show progress while a replay runs, from a thread of its own.

    It writes to a duplicate of standard error, because the original is withheld while a flow runs.
    """
    with os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace") as stderr:
        console = Console(file=stderr)
        show = _bar if console.is_terminal else _lines
        over = Event()
        thread = Thread(target=show, args=(replay, console, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _bar(replay: Replay, console: Console, over: Event) -> None:
    columns = (TextColumn("replay"), BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, auto_refresh=False) as bar:
        task = bar.add_task("", total=replay.bytes_to_read())
        while not over.wait(BAR_SECONDS):
            bar.update(task, completed=replay.bytes_read(), description=_told(replay), refresh=True)
        bar.update(task, completed=replay.bytes_read(), description=_told(replay), refresh=True)


def _lines(replay: Replay, console: Console, over: Event) -> None:
    while not over.wait(LINE_SECONDS):
        share = replay.bytes_read() / max(replay.bytes_to_read(), 1)
        console.print(f"replay: {share:.0%} read, {_told(replay)}", soft_wrap=True, highlight=False)


def _told(replay: Replay) -> str:
    at = replay.log_time()
    outages = f"{replay.count('lifecycle')[1]:,} outages"
    return f"{format_time(at)}, {outages}" if at else outages
