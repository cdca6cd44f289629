"""Lengths of time as people write them."""

from __future__ import annotations

import pytest

from models.times.duration import parse_duration


@pytest.mark.parametrize(("text", "milliseconds"), [("90s", 90_000), ("2m", 120_000), ("30d", 2_592_000_000)])
def test_a_number_and_a_unit(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "30", "d", "0d", "-1d", "1.5h", "30 d", "٣d", "9999999d"])
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        parse_duration(text)
