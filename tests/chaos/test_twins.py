"""Two processes of outages with one number: the older one is fenced before it can write, and nothing goes back."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.chaos.accounting import account
from tests.chaos.outputs import Output, assert_never_back, assert_same, read_output
from tests.chaos.stage import PATIENCE
from tests.chaos.test_rescale import finish
from tests.peers.kafka import eventually

if TYPE_CHECKING:
    from tests.chaos.stage import Stage


FENCED = "was taken over by another process"


def test_a_frozen_process_that_was_replaced_writes_nothing_when_it_wakes(stage: Stage, undisturbed: Output) -> None:
    stage.play()
    _, frozen = stage.both()
    stage.part_way(0.2)
    stage.player.release(0.3)  # type: ignore[union-attr]
    frozen.send(signal.SIGSTOP)
    stage.twin(frozen)
    stage.part_way(0.6)
    frozen.send(signal.SIGCONT)
    assert frozen.wait(PATIENCE) == 2
    assert FENCED in frozen.said()[-1]
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
    stage.player.release(0.7)  # type: ignore[union-attr]
    stage.twin(older)
    assert older.wait(PATIENCE) == 2
    assert FENCED in older.said()[-1]
    finish(stage)
    output = read_output(stage)
    assert_same(undisturbed, output)
    assert output.repeats == 0
    account(stage)


def test_who_has_nothing_to_write_ends_as_well(stage: Stage) -> None:
    stage.play()
    _, older = stage.both()
    stage.part_way(0.2)
    eventually(lambda: all(map(stage.idle, stage.flows)), PATIENCE)
    stage.twin(older)
    assert older.wait(PATIENCE) == 2
    assert FENCED in older.said()[-1]
