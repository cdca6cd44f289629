"""A child is asked to stop, killed if it does not, and never outlives its parent."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.process import child as child_process
from adapters.process.child import ChildProcess
from tests.peers.kafka import eventually
from tests.worlds.storms import HOME

# In one piece: where output is not buffered, the words of a print come one after the other.
WAITS = "import signal, sys; print(' '.join(['begun', *sys.argv[1:]]), flush=True); signal.pause()"
STOPS = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); " + WAITS
STAYS = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAITS


def start(code: str, folder: Path) -> ChildProcess:
    environment = os.environ | {"PYTHONPATH": str(HOME)}
    child = ChildProcess("child", code, ["one", "two"], environment, folder / "child.log")
    eventually(lambda: "begun" in child.last_lines())
    return child


def test_it_is_asked_to_stop_and_waited_for(tmp_path: Path) -> None:
    with start(STOPS, tmp_path) as child:
        assert child.last_lines() == "begun one two"
        assert child.ended() is None
    assert child.ended() == 7


def test_it_is_asked_once(tmp_path: Path) -> None:
    """A flow that is asked again ends in the middle of its last snapshot."""
    count = "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True)); "
    with start(
        count + "print('begun', flush=True); time.sleep(1); [signal.pause() for _ in range(9)]", tmp_path
    ) as one:
        one.terminate()
        eventually(lambda: "asked" in one.last_lines())
        one.terminate()
        one.process.kill()
    assert one.last_lines().count("asked") == 1


def test_one_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_process, "PATIENCE_SECONDS", 0.1)
    assert start(STAYS, tmp_path).stop() == -signal.SIGKILL


def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from tests.adapters.process.test_child import STAYS, start;"
        f"print(start(STAYS, Path({str(tmp_path)!r})).process.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=HOME, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.kill()
    eventually(lambda: not Path(f"/proc/{child}").exists() or _is_zombie(child))


def _is_zombie(process: int) -> bool:
    """Whether it has ended and nobody has asked for its code: in a container there may be no init that does."""
    return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
