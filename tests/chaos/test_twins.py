"""Two processes of outages with one number: the older one is fenced before it can write, and nothing goes back."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.chaos.accounting import account
from tests.chaos.outputs import Output, assert_never_back, assert_same, read_output
from tests.chaos.stage import PATIENCE
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from tests.chaos.processes import Flow
    from tests.chaos.stage import Stage

FENCED = "was taken over by another process"


def test_the_older_one_ends_frozen_side_by_side_and_with_nothing_to_write(stage: Stage, undisturbed: Output) -> None:
    """One after another: each newer one is the older one of the next step."""
    player = stage.play()
    _, frozen = stage.both()
    stage.part_way(0.2)
    player.release(0.3)
    frozen.send(signal.SIGSTOP)
    beside = stage.twin(frozen)
    stage.part_way(0.5)
    frozen.send(signal.SIGCONT)
    assert_fenced(frozen)
    player.release(0.8)
    idle = stage.twin(beside)
    assert_fenced(beside)
    eventually(lambda: all(map(stage.idle, stage.flows)), PATIENCE)
    stage.twin(idle)
    assert_fenced(idle)
    stage.finish()
    output = read_output(stage)
    assert_same(undisturbed, output)
    assert output.repeats == 0
    assert_never_back(stage)
    account(stage)


def assert_fenced(flow: Flow) -> None:
    assert flow.wait(PATIENCE) == 2
    assert FENCED in flow.said()[-1]
