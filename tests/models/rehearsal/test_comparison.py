"""Two runs' outages matched: one to one, as far as it goes, and no matter in which order they are given."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.rehearsal.comparison import VERDICTS, Compared, compare, count
from models.rehearsal.lived_outages import LivedOutage, LivedOutages


@st.composite
def outages(draw: st.DrawFn) -> list[LivedOutage]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        began = draw(st.integers(0, 20))
        ended = draw(st.none() | st.integers(began, 25))
        points = draw(st.frozensets(st.integers(0, 8), max_size=5))
        device = draw(st.sampled_from("abcd"))
        found.append(LivedOutage(f"o{number}", "z", device, "fuse", began, ended, len(points), points))
    return found


def may_be_one(one: LivedOutage, other: LivedOutage) -> bool:
    """As the rule says it: minute by minute."""
    times = [set(range(each.started_at, 99 if each.ended_at is None else each.ended_at + 1)) for each in (one, other)]
    return bool(times[0] & times[1]) and (bool(one.points & other.points) or one.device_id == other.device_id)


@given(outages(), outages(), st.randoms(use_true_random=False))
def test_each_outage_is_in_one_pair_and_no_two_are_left_that_could_be_one(
    before: list[LivedOutage], after: list[LivedOutage], draw: object
) -> None:
    compared = compare(before, after)
    assert sorted(one.before for one in compared if one.before) == sorted(before)
    assert sorted(one.after for one in compared if one.after) == sorted(after)
    pairs = [(one.before, one.after) for one in compared if one.before and one.after]
    assert all(may_be_one(*pair) for pair in pairs)
    left = ([one.before for one in compared if not one.after], [one.after for one in compared if not one.before])
    assert not any(may_be_one(one, other) for one in left[0] if one for other in left[1] if other)
    assert sum(count(compared).values()) == len(compared)
    mixed = list(before), list(after)
    for some in mixed:
        draw.shuffle(some)  # type: ignore[attr-defined]
    assert compare(*mixed) == compared


@given(outages())
def test_the_same_run_is_the_same(before: list[LivedOutage]) -> None:
    renamed = [one._replace(device_id=f"new {one.device_id}") for one in before]
    assert count(compare(before, before)) == dict.fromkeys(VERDICTS, 0) | {"same": len(before)}
    assert count(compare(before, renamed))["renamed"] == sum(bool(one.points) for one in before)


def test_the_greatest_share_of_customers_wins() -> None:
    fuse = LivedOutage("f", "z", "fuse", "fuse", 0, 9, 4, frozenset(range(4)))
    most = LivedOutage("m", "z", "other", "fuse", 1, 9, 3, frozenset(range(3)))
    rest = LivedOutage("r", "z", "fuse", "fuse", 0, 9, 1, frozenset([3]))
    assert compare([fuse], [rest, most]) == [Compared(fuse, most), Compared(None, rest)]


def revision(name: str, **facts: object) -> dict[str, object]:
    said: dict[str, object] = {
        "outage_id": name, "zone_id": "z", "device_id": "d", "device_kind": "fuse", "status": "restored",
        "started_at": "2026-07-01T00:00:00.000Z", "restored_at": "2026-07-01T01:00:00.000Z",
        "updated_at": "2026-07-01T02:00:00.000Z", "customers_affected": 2,
    }  # fmt: skip
    return {**said, **facts}


def test_an_outage_is_what_was_said_of_it_last() -> None:
    lived = LivedOutages()
    lived.take([revision("a", device_id="guess"), revision("a"), revision("gone", status="cancelled")], [])
    lived.take([revision("early", started_at="2026-06-30T00:00:00.000Z")], [])
    entries = {"usage_points": [1, 2, 3, 2], "changes": ["gained", "gained", "restored_inferred", "transferred"]}
    lived.take([], [{"outage_id": "a", **entries}])
    (one,) = lived.begun(1_782_864_000_000)
    assert one.named() == ("d", 1_782_864_000_000, 1_782_867_600_000, 2)
    assert one.points == {1, 3}
    assert len(lived.begun(0)) == 2
