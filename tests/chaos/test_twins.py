"""Two processes of outages with one number: the older one is fenced before it can write, and nothing goes back."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.chaos.accounting import account
from tests.chaos.outputs import Output, assert_never_back, assert_same, read_output
from tests.chaos.processes import Flow
from tests.chaos.stage import PATIENCE
from tests.chaos.test_rescale import finish

if TYPE_CHECKING:
    from tests.chaos.stage import Stage


def test_a_frozen_process_that_was_replaced_writes_nothing_when_it_wakes(stage: Stage, undisturbed: Output) -> None:
    stage.play()
    _, frozen = stage.both()
    stage.part_way(0.2)
    stage.player.release(0.3)  # type: ignore[union-attr]
    frozen.send(signal.SIGSTOP)
    stage.flows.remove(frozen)
    twin(stage, frozen, "twin")
    stage.part_way(0.6)
    frozen.send(signal.SIGCONT)
    assert frozen.wait(PATIENCE) == 2
    assert "was taken over by another process" in frozen.said()[-1]
    finish(stage)
    output = read_output(stage)
    assert_same(undisturbed, output)
    assert output.repeats == 0
    assert_never_back(stage)
    account(stage)


def test_of_two_side_by_side_the_older_ends(stage: Stage, undisturbed: Output) -> None:
    stage.play()
    _, older = stage.both()
    stage.part_way(0.3)
    stage.flows.remove(older)
    twin(stage, older, "overlapping")
    stage.player.release(0.7)  # type: ignore[union-attr]
    assert older.wait(PATIENCE) == 2
    assert "was taken over by another process" in older.said()[-1]
    finish(stage)
    output = read_output(stage)
    assert_same(undisturbed, output)
    assert output.repeats == 0
    account(stage)


def twin(stage: Stage, other: Flow, name: str) -> Flow:
    """Start another process with the number of one that runs, on a state of its own."""
    flow = Flow(stage.broker, stage.prefix, other.name, stage.network, stage.folder / name, other.place, other.settings)
    stage.flows.append(flow)
    flow.start()
    return flow
