import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Event

from adapters.process.watchdog import STALLED, Watchdog

HOME = Path(__file__).parents[3]
DEADLINE = 240.0

FLOW = """
import collections, itertools, os, sys
from adapters.process.watchdog import Watchdog

watchdog = Watchdog(float(sys.argv[1]))
for line in sys.stdin:  # a beat for each line
    watchdog.beat()
    print(line, end="", flush=True)
    if line == "redirect\\n":
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if line == "close\\n":
        watchdog.close()
    if line == "hold the lock\\n":
        collections.deque(itertools.repeat(None), maxlen=0)
"""
"""A flow that moves when it is told to, and stands when it is not."""


@contextmanager
def flow(limit: float, stderr: int = PIPE) -> Iterator[Popen[str]]:
    command = [sys.executable, "-c", FLOW, str(limit)]
    with Popen(command, cwd=HOME, stdin=PIPE, stdout=PIPE, stderr=stderr, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def move(process: Popen[str], line: str = "beat") -> None:
    """Let the flow beat, and wait until it has."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{line}\n")
    process.stdin.flush()
    assert process.stdout.readline() == f"{line}\n"


def said(process: Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.read()


def pass_time(seconds: float) -> None:
    """Let another flow stand for that long."""
    with flow(seconds, DEVNULL) as standing:
        assert standing.wait(DEADLINE) == STALLED


def test_a_flow_that_stands_ends_the_process_with_one_line() -> None:
    with flow(1) as process:
        move(process)
        assert process.wait(DEADLINE) == STALLED
        line = said(process)
    assert line.startswith("faultline: the flow has not moved for 1 s (the limit is 1 s), it stands at <string>:")
    assert line.endswith("; ending with code 75 so that it is started again\n")
    assert line.count("\n") == 1


def test_a_flow_that_never_moves_is_a_stall_too() -> None:
    with flow(1) as process:
        assert process.wait(DEADLINE) == STALLED


def test_a_flow_that_moves_goes_on_beyond_the_limit() -> None:
    with flow(2) as moving, flow(2) as standing:
        move(moving)
        move(standing)
        while standing.poll() is None:
            move(moving)
        assert moving.poll() is None
        move(moving)


def test_a_process_that_was_stopped_is_no_stall_and_is_watched_on() -> None:
    with flow(5) as stopped:
        move(stopped)
        pass_time(1)  # its watchdog has looked since
        stopped.send_signal(signal.SIGSTOP)
        pass_time(5)
        stopped.send_signal(signal.SIGCONT)
        pass_time(0.2)  # a wrong count would end it now
        move(stopped)
        assert stopped.wait(DEADLINE) == STALLED


def test_a_step_that_holds_the_interpreters_lock_is_ended_by_the_kernel() -> None:
    with flow(1) as process:
        move(process, "hold the lock")
        assert process.wait(DEADLINE) == -signal.SIGPROF


def test_the_line_comes_out_though_the_flow_keeps_standard_error_back() -> None:
    with flow(1) as process:
        move(process, "redirect")
        assert process.wait(DEADLINE) == STALLED
        assert "has not moved" in said(process)


def test_a_standard_error_that_nobody_reads_does_not_hold_the_end_up() -> None:
    with ExitStack() as stack:
        reading, writing = os.pipe()
        stack.callback(os.close, reading)
        stack.callback(os.close, writing)
        os.set_blocking(writing, False)
        with suppress(BlockingIOError):
            while True:
                os.write(writing, bytes(1 << 12))
        os.set_blocking(writing, True)
        process = stack.enter_context(flow(1, writing))
        assert process.wait(DEADLINE) == STALLED


def test_a_closed_watchdog_lets_the_flow_stand() -> None:
    with flow(1, DEVNULL) as closed, flow(1) as standing:
        move(closed, "close")
        move(standing)
        assert standing.wait(DEADLINE) == STALLED
        move(closed)


def test_whoever_makes_it_can_say_what_a_stall_does() -> None:
    stalled = Event()
    told: list[tuple[float, str]] = []

    def take(still: float, place: str) -> None:
        told.append((still, place))
        stalled.set()

    watchdog = Watchdog(0.2, take)
    assert stalled.wait(DEADLINE)
    watchdog.close()
    assert told[0][0] >= 0.2
    assert told[0][1].startswith("it stands at threading.py:")
    assert signal.getitimer(signal.ITIMER_PROF)[0] == 0
