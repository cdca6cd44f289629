"""One worker plays all trouble: its storm is made once, and two such tests do not fight for two cores."""

from __future__ import annotations

import pytest


def test_these_tests_stay_together_where_tests_are_spread_by_groups(request: pytest.FixtureRequest) -> None:
    spread_by_groups = bool(request.config.getoption("loadgroup", default=False))
    assert request.node.nodeid.endswith("@chaos") is spread_by_groups
