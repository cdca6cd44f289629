"""How far a reading of files has come: a bar on a terminal, a line now and then elsewhere, both on standard error."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BAR_SECONDS: Final = 0.2
LINE_SECONDS: Final = 5.0


class Reading(Protocol):
    """What reads files."""

    def bytes_to_read(self) -> int:
        """Give the size of all files."""

    def bytes_read(self) -> int:
        """Give what has been read of it."""


class Work(NamedTuple):
    """What is shown: its name, how far it is, and a few words on it."""

    name: str
    reading: Reading
    describe: Callable[[], str]


@contextmanager
def progress(name: str, reading: Reading, describe: Callable[[], str]) -> Iterator[None]:
    """Show progress while something runs, from a thread of its own.

    It writes to a duplicate of standard error, because the original is withheld while a flow runs.
    """
    with os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace") as stderr:
        console = Console(file=stderr)
        show = _bar if console.is_terminal else _lines
        over = Event()
        thread = Thread(target=show, args=(Work(name, reading, describe), console, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _bar(work: Work, console: Console, over: Event) -> None:
    columns = (TextColumn(work.name), BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, auto_refresh=False) as bar:
        task = bar.add_task("", total=work.reading.bytes_to_read())
        while not over.wait(BAR_SECONDS):
            bar.update(task, completed=work.reading.bytes_read(), description=work.describe(), refresh=True)
        bar.update(task, completed=work.reading.bytes_read(), description=work.describe(), refresh=True)


def _lines(work: Work, console: Console, over: Event) -> None:
    while not over.wait(LINE_SECONDS):
        share = work.reading.bytes_read() / max(work.reading.bytes_to_read(), 1)
        console.print(f"{work.name}: {share:.0%} read, {work.describe()}", soft_wrap=True, highlight=False)
