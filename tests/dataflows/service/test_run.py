"""What goes wrong in a step is said once and plainly."""

import os
from typing import NoReturn

import bytewax.operators as op
import pytest
from bytewax.dataflow import Dataflow
from bytewax.testing import TestingSink, TestingSource

from dataflows.service.run import FlowFailedError, run_flow
from models.refusal import FaultsError


def failing(error: BaseException) -> Dataflow:
    def fail(_: int) -> NoReturn:
        raise error

    flow = Dataflow("failing")
    failed = op.map("fail", op.input("numbers", flow, TestingSource([1])), fail)
    op.output("nothing", failed, TestingSink([]))
    return flow


def test_a_failure_is_told_in_one_line_with_its_place(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(FlowFailedError, match=r"^the flow failed: KeyError at test_run\.py:\d+: 'meter'$"):
        run_flow(failing(KeyError("meter")))
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("error", [FaultsError(["this", "that"]), KeyboardInterrupt()])
def test_refusals_and_interruptions_come_through_as_they_are(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised:
        run_flow(failing(error))
    assert raised.value is error


def test_what_a_step_writes_to_standard_error_comes_out(capfd: pytest.CaptureFixture[str]) -> None:
    said: list[int] = []
    flow = Dataflow("saying")
    numbers = op.map(
        "say", op.input("numbers", flow, TestingSource([1, 2])), lambda number: os.write(2, b"word\n") + number
    )
    op.output("said", numbers, TestingSink(said))
    run_flow(flow)
    assert said == [6, 7]
    assert capfd.readouterr().err == "word\nword\n"
