"""What people read has the utility's time; what programs read stays in UTC."""

import pytest

from cli.local_time import clock_of_utility
from models.refusal import FaultsError


@pytest.mark.parametrize(("written", "shown"), [
    ("2026-03-29T00:59:59.250Z", "2026-03-29 01:59:59+01:00"),
    ("2026-03-29T01:00:00.000Z", "2026-03-29 03:00:00+02:00"),
    ("2026-10-25T00:30:00.000Z", "2026-10-25 02:30:00+02:00"),
    ("2026-10-25T01:30:00.000Z", "2026-10-25 02:30:00+01:00"),
])  # fmt: skip
def test_clocks_are_those_of_the_zone(monkeypatch: pytest.MonkeyPatch, written: str, shown: str) -> None:
    monkeypatch.setenv("FAULTLINE_TIME_ZONE", "Europe/Berlin")
    assert clock_of_utility()(written) == shown


def test_without_a_zone_times_are_as_records_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAULTLINE_TIME_ZONE", raising=False)
    assert clock_of_utility()("2026-03-29T00:59:59.250Z") == "2026-03-29T00:59:59.250Z"


def test_a_zone_that_is_not_known_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTLINE_TIME_ZONE", "Mars/Olympus")
    with pytest.raises(FaultsError, match="Mars/Olympus"):
        clock_of_utility()
