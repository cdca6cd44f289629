"""Stages of an announcement, held to the clocks of zones as Python's own time zones have them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from models.notifications.announcing.stages import HOUR, stage_of
from models.notifications.policy import AdvanceNotice
from tests.worlds.accounts import ZONES

CHANGES = {"Europe/Zurich": ("2026-03-29", "2026-10-25"), "America/New_York": ("2026-03-08", "2026-11-01")}


def clock(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).replace(tzinfo=None)


@given(
    st.sampled_from(sorted(CHANGES)),
    st.integers(0, 1),
    st.integers(-3 * 24 * 60, 4 * 24 * 60),
    st.sets(st.integers(1, 5), max_size=3),
    st.sets(st.integers(1, 72), max_size=3),
    st.integers(-10 * 24 * 60, 60),
)
def test_days_are_those_of_the_clock_and_hours_pass(
    name: str, change: int, minutes: int, days: set[int], hours: set[int], before: int
) -> None:
    zone = ZoneInfo(name)
    begins = int(datetime.fromisoformat(f"{CHANGES[name][change]}T00:00Z").timestamp() + 60 * minutes) * 1000
    now = begins + before * 60_000
    notice = AdvanceNotice(days=sorted(days), hours=sorted(hours))
    stage = stage_of(begins, notice, ZONES(name), now)
    times: list[int] = [begins - count * HOUR for count in hours]
    for count in days:
        wanted = clock(begins, zone) - timedelta(days=count)
        near = [begins - count * 24 * HOUR + ahead * HOUR for ahead in (-1, 0, 1)]
        times += [at for at in near if clock(at, zone) == wanted][:1] or [near[1]]  # the clock leaves it out
    spread = sorted(set(times))
    if any(abs(at - now) <= HOUR for at in times if at not in {begins - one * HOUR for one in hours}):
        return  # the clock has the hour twice, or leaves it out: either is a day ahead
    assert stage.reached == sum(at <= now for at in spread)
    if stage.next is None:
        assert all(at <= now for at in spread)
    else:
        assert min(abs(stage.next - at) for at in spread if at > now) in {0, HOUR}
