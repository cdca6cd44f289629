"""Tests of a group stay with one worker: they share a broker's topics, an API server, or two cores."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("house")
def test_a_group_is_kept_together_where_tests_are_spread_by_groups(request: pytest.FixtureRequest) -> None:
    # pytest-xdist knows a group by the end of its tests' names, and says nothing where it cannot put it there.
    spread_by_groups = bool(request.config.getoption("loadgroup", default=False))
    assert request.node.nodeid.endswith("@house") is spread_by_groups
