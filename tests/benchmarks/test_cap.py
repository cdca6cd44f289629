"""The short form of `python -m benchmarks.cap`: 20 storms over towns of 2,000 usage points."""

import pytest

from benchmarks.cap.storm import HELD, Warnings, warn_of


@pytest.mark.parametrize("first", [1, 6, 11, 16])
def test_warnings_of_simulated_storms_are_valid_and_about_the_affected(first: int) -> None:
    found = Warnings()
    for seed in range(first, first + 5):
        found.add(warn_of(seed))
    assert found.messages > 100
    assert (found.invalid, found.unresolved, found.hasty) == ([], 0, 0)
    assert sum(share >= HELD for share in found.held) >= 0.98 * len(found.held)
    assert found.fits >= 0.85 * len(found.held)
