"""The watchdog of a flow: a process that does not move is ended, so that whatever started it starts it again."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from pathlib import Path
from signal import ITIMER_PROF, setitimer
from threading import Event, Thread, get_ident
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

STALLED: Final = 75
"""Exit code after a stall: `EX_TEMPFAIL` of sysexits.h, try again."""

_CHECKS: Final = 20
"""How often the watchdog looks within its limit, but at least once a second."""
_OVERSLEPT: Final = 4
"""A look that comes this many times too late means that the whole process stood still, and not the flow."""


class Watchdog:
    """Ends the process when the flow does not beat for `limit_seconds`, told by a clock that nobody sets.

    Time in which the process was stopped, or so starved that the watchdog itself did not run, is no stall: counting
    starts anew. A step that holds the interpreter's lock keeps the watchdog from running too; once the process has used
    `limit_seconds` of processor time in that way the kernel ends it with SIGPROF.
    """

    def __init__(self, limit_seconds: float, on_stall: Callable[[float, str], None] | None = None) -> None:
        """Watch from now on; `on_stall` is given the seconds and the place, and ends the process if there is none."""
        self._limit = limit_seconds
        self._on_stall = on_stall or EndProcess(limit_seconds)
        self._beats = 0
        self._flow = get_ident()
        self._closed = Event()
        self._thread = Thread(target=self._watch, name="watchdog", daemon=True)
        setitimer(ITIMER_PROF, limit_seconds)
        self._thread.start()

    def beat(self) -> None:
        """Say that the flow moves; cheap enough for every batch."""
        self._beats += 1
        self._flow = get_ident()

    def close(self) -> None:
        """Watch no more."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        step = min(self._limit / _CHECKS, 1.0)
        still, seen, checked_at = 0.0, self._beats, monotonic()
        while not self._closed.wait(step):
            setitimer(ITIMER_PROF, self._limit)
            passed, checked_at = monotonic() - checked_at, monotonic()
            if self._beats != seen or passed > _OVERSLEPT * step:
                still, seen = 0.0, self._beats
                continue
            still += passed
            if still >= self._limit:
                self._on_stall(still, _place(self._flow))
                still = 0.0
        setitimer(ITIMER_PROF, 0)


class EndProcess:
    """Writes one line to the standard error that the process had when this was made, and ends it with code 75."""

    def __init__(self, limit_seconds: float, render: Callable[[str], str] = "faultline: {}".format) -> None:
        """Write as `render` makes a line of what happened."""
        self._limit = limit_seconds
        self._render = render
        self._stderr = os.dup(2)  # a runner may keep back what a flow writes there

    def __call__(self, still: float, place: str) -> None:
        """End the process at once: a flow that does not move cannot be asked to stop."""
        line = (
            f"the flow has not moved for {still:.0f} s (the limit is {self._limit:g} s), {place}; "
            f"ending with code {STALLED} so that it is started again"
        )
        with suppress(OSError):
            if select.select([], [self._stderr], [], 0)[1]:  # nobody may be reading
                os.write(self._stderr, f"{self._render(line)}\n".encode())
        os._exit(STALLED)


def _place(thread: int) -> str:
    """Name the line of Python at which a thread is."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 (documented, and the only way)
    if frame is None:
        return "in a thread that has ended"
    return f"it stands at {Path(frame.f_code.co_filename).name}:{frame.f_lineno} in {frame.f_code.co_name}"
