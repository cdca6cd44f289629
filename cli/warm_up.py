"""`faultline warm-up`: the loops of this version compiled, as a step of its own."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Final

import typer

from cli.machine_code import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

app = typer.Typer(add_completion=False)

DONE: Final = "complete"
"""A file beside the machine code: a line for each place of sources whose code is all there. numba looks by place."""
HOME: Final = str(Path(__file__).parents[1])
LINE_SECONDS: Final = 5.0
_DEVICES: Final = "device_id,kind,parent_id,feeder_id,substation_id,longitude,latitude\nb,breaker,,f,s,1,2\n"
_POINTS: Final = "usage_point_id,meter_id,device_id,load_kw,longitude,latitude\np,m,b,1,1,2\n"


@app.command("warm-up")
def warm_up_command() -> None:
    """Compile what this version computes with, once for each machine, so that a start takes seconds."""
    compile_loops(tell)
    tell("ready: what this version computes with is compiled")


def tell(words: str) -> None:
    """Say something of the compiling on standard error."""
    typer.echo(f"faultline: {words}", err=True)


def compile_loops(say: Callable[[str], None]) -> None:
    """Compile all loops, with progress; at once where that has been done for this version on this machine."""
    done = Path(os.environ[VARIABLE]) / DONE if VARIABLE in os.environ else None
    if done is not None and done.exists() and HOME in done.read_text("utf-8").splitlines():
        return
    with _progress(say):
        live_through()
    if done is not None:
        with done.open("a", encoding="utf-8") as file:
            file.write(f"{HOME}\n")


def live_through() -> None:
    """Take every way that a command may take: tables, both flows on Kafka, a replay, a feed. No list of loops is kept.

    What is compiled here is all that is: after it nothing else has to be compiled.
    """
    from adapters.tables.read import read_tables
    from dataflows.service.warm_up import warm_up, warm_up_files

    with TemporaryDirectory(prefix="faultline-") as folder:
        (Path(folder) / "devices.csv").write_text(_DEVICES)
        (Path(folder) / "usage_points.csv").write_text(_POINTS)
        read_tables(Path(folder))
    warm_up()
    warm_up_files()


@contextmanager
def _progress(say: Callable[[str], None]) -> Iterator[None]:
    from models.columns.compiled import LOOPS

    began, over = perf_counter(), Event()

    def show() -> None:
        while not over.wait(LINE_SECONDS):
            ready = sum(bool(loop.signatures) for loop in LOOPS)
            say(f"compiling, {ready} of {len(LOOPS)} loops so far ({perf_counter() - began:.0f} s)")

    say("compiling the loops of this version, once on this machine: about a minute")
    thread = Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    say(f"compiled in {perf_counter() - began:.0f} s")
