"""A child process that is stopped with SIGTERM and waited for, and that does not outlive its parent."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Self

PATIENCE_SECONDS: Final = 30.0
"""From asking a child to stop until it is killed."""
LAST_LINES: Final = 5
TAIL_BYTES: Final = 16 << 10
"""Of what it said, in which the last lines are looked for."""
_PR_SET_PDEATHSIG: Final = 1


def end_with_parent(parent: int) -> None:
    """Let the kernel kill this process when its parent ends, however that happens; `parent` is its id (Linux).

    Called by the child itself, before anything else: between fork and exec no Python is safe beside threads.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before
        sys.exit(1)


class ChildProcess:
    """A Python process that runs from `with` to its end; what it says goes to a file.

    Start it from a thread that lives as long as the process is to: to the kernel that thread is the parent.
    """

    def __init__(
        self, name: str, code: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        """Run `code`, which finds its `arguments` in `sys.argv`."""
        self.name = name
        self.log = log
        self._terminated = False
        head = f"from adapters.process.child import end_with_parent; end_with_parent({os.getpid()}); "
        with log.open("wb") as output:
            # In a session of its own: Ctrl-C at a terminal is for the parent, which asks its children one by one.
            self.process = subprocess.Popen(  # noqa: S603 (our own code)
                [sys.executable, "-c", head + code, *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def ended(self) -> int | None:
        """Give the code with which it ended, None while it runs."""
        return self.process.poll()

    def terminate(self) -> None:
        """Send SIGTERM, if it still runs; once only, because a second one may end it in the middle of stopping."""
        if self.ended() is None and not self._terminated:
            self._terminated = True
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Ask it to stop and wait for it; kill it if it takes too long. Returns its code."""
        self.terminate()
        try:
            return self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def last_lines(self, most: int = LAST_LINES) -> str:
        """Give the last lines of what it said."""
        with self.log.open("rb") as log:
            log.seek(max(log.seek(0, os.SEEK_END) - TAIL_BYTES, 0))
            return "\n".join(log.read().decode("utf-8", "replace").splitlines()[-most:])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()
