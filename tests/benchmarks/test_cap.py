"""The short form of `python -m benchmarks.cap`: eight storms over towns of 2,000 usage points."""

import pytest

from benchmarks.cap.storm import Warnings, judge, play
from models.alerts.issuing.shape import HELD
from tests.peers.cap_readers import by_cap_tools, by_cap_ts, by_ours, by_schema


@pytest.mark.parametrize("first", [1, 5])
def test_warnings_of_simulated_storms_are_valid_and_about_the_affected(first: int) -> None:
    found = Warnings()
    messages: list[str] = []
    for seed in range(first, first + 4):
        network, records = play(seed)
        found.add(judge(network, records))
        messages += [record["xml"] for record, _ in records]
    assert found.messages > 100
    assert (found.invalid, found.unresolved, found.hasty) == ([], 0, 0)
    assert min(found.held) >= HELD
    assert found.fits >= 0.98 * len(found.held)
    assert all(by_schema(messages))
    read = by_ours(messages)
    assert by_cap_tools(messages) == read
    assert by_cap_ts(messages) == read
