"""Running a flow in this process, with what goes wrong in it said once and plainly."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from traceback import extract_tb
from typing import TYPE_CHECKING, Final

from bytewax.recovery import RecoveryConfig
from bytewax.run import cli_main

from adapters.state.recovery_store import forget_unfinished
from adapters.state.store_check import check_stores
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bytewax.dataflow import Dataflow

EPOCH: Final = timedelta(seconds=5)
"""How often a snapshot is taken. What is read after the last one is read again after a kill."""

ONE_EPOCH: Final = timedelta(days=1000)


class FlowFailedError(Exception):
    """A step failed; the message names what and where."""


def run_flow(
    flow: Dataflow, recovery: Path | None = None, epoch: timedelta = EPOCH, *, store_checked: bool = False
) -> None:
    """Run a flow to the end of its input, with its state in a recovery store where one is given.

    What it writes to standard error itself comes out at its end, unless it failed. A store is looked through first,
    unless that has been done: Bytewax runs what is pickled there. Raises the `FaultsError` of a step as it is, and
    `FlowFailedError` for whatever else goes wrong.
    """
    if recovery:
        if not store_checked:
            check_stores(recovery)
        forget_unfinished(recovery)
    config = RecoveryConfig(recovery) if recovery else None  # type: ignore[no-untyped-call]
    # Bytewax asks for a snapshot at the end of each epoch even where there is nowhere to keep it.
    epoch = epoch if recovery else ONE_EPOCH
    try:
        with _panics_withheld():
            cli_main(flow, epoch_interval=epoch, recovery_config=config)  # type: ignore[no-untyped-call]
    except BaseException as error:
        cause = _cause(error)
        if isinstance(cause, FaultsError | KeyboardInterrupt):
            raise cause from error
        raise FlowFailedError(_failure_text(cause)) from error


def _cause(error: BaseException) -> BaseException:
    """Give what a step raised; Bytewax wraps it once for each layer."""
    while error.__cause__ is not None and not isinstance(error, FaultsError):
        error = error.__cause__
    return error


def _failure_text(error: BaseException) -> str:
    """Name the exception, what it says and the line that raised it."""
    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"the flow failed: {type(error).__name__}{place}: {error}"


@contextmanager
def _panics_withheld() -> Iterator[None]:
    """Keep back what is written to standard error; it comes out unless the flow fails.

    At a failure the runtime adds a stack trace of its own, which says less than the exception.
    """
    sys.stderr.flush()
    with os.fdopen(os.dup(2), "wb") as stderr, TemporaryFile() as withheld:
        os.dup2(withheld.fileno(), 2)
        try:
            yield
        except BaseException:
            withheld.truncate(0)
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr.fileno(), 2)
            withheld.seek(0)
            copyfileobj(withheld, stderr)
