"""The flows as processes that a test starts, kills, freezes and stops; what they say is kept."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.worlds.storms import COMMAND, HERE, HOME, run_here

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

STOP_SECONDS: Final = 240.0


class Place(NamedTuple):
    """Which of how many processes."""

    process: int = 0
    processes: int = 1


@dataclass
class Flow:
    """A process of a flow, started any number of times with the same settings and state."""

    broker: str
    prefix: str
    name: str
    network: Path | None
    state: Path
    place: Place
    settings: Mapping[str, str]
    started_at: float = 0.0
    command: Sequence[str] | None = None
    """What is run in place of `COMMAND`."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _lines_before: int = field(default=0, init=False)
    """Lines of its log when it was last started."""

    @property
    def log(self) -> Path:
        """What the process says, all its lives one after another."""
        return self.state.with_name(f"{self.state.name}.log")

    def start(self) -> None:
        """Start it, or start it again."""
        options = {"state": self.state, **self.place._asdict()}
        options |= {"network": self.network} if self.network else {}
        command = [
            *(self.command or COMMAND),
            "run",
            self.name,
            *(str(part) for name in options for part in (f"--{name}", options[name])),
        ]
        self.started_at = monotonic()
        self._lines_before = len(self.said()) if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*_dies_with_us(), *command],
                cwd=HOME,
                env=environment(self.broker, {"topic_prefix": self.prefix, **self.settings}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def send(self, number: int) -> None:
        """Send a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill it as a crash would: no word, no snapshot."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def terminate(self) -> None:
        """Ask it to stop."""
        self.send(signal.SIGTERM)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for its end; returns its code."""
        assert self.process is not None
        return self.process.wait(seconds)

    def wait_clean(self) -> None:
        """Wait for its end, which has to be a clean one."""
        assert self.wait() == 0, self.told("did not stop cleanly")

    def stop(self) -> None:
        """Stop it as an operator would."""
        self.terminate()
        self.wait_clean()

    def check(self) -> None:
        """Fail if it is not running."""
        assert self.process is not None
        code = self.process.poll()
        assert code is None, self.told(f"ended with code {code}")

    def told(self, what: str) -> str:
        """Say what became of it, with the end of what it said."""
        return "\n".join([f"{self.name} {self.place.process} {what}; {self.log} ends:", *self.said()[-25:]])

    def running(self) -> bool:
        """Tell whether it has begun since it was last started."""
        return any("running" in line for line in self.said()[self._lines_before :])

    def said(self) -> list[str]:
        """Give the lines that it has written."""
        return self.log.read_text(errors="replace").splitlines()


def environment(broker: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a command; nothing of Faultline's is taken over from the tests'."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    return own | {"FAULTLINE_KAFKA": broker} | {f"FAULTLINE_{name.upper()}": value for name, value in settings.items()}


def run(broker: str, *arguments: object, **settings: str) -> str:
    """Run a command to its good end; returns what it prints."""
    given = environment(broker, settings)
    if arguments[0] in HERE:
        ended = run_here(*arguments, environment=given)
    else:
        command = [*COMMAND, *map(str, arguments)]
        ended = subprocess.run(command, cwd=HOME, env=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def _dies_with_us() -> list[str]:
    """Give what goes before a command so that the kernel kills it when the tests are killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
