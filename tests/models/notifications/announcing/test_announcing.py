"""What is told of works to come: stages, changes and who comes next, against laws that hold whatever happens."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.state.sealed import seal, unseal
from models.contracts.customers.notification import NotificationRecord
from models.notifications.announcing.works import runs_of
from models.notifications.notifications import Notifications
from models.notifications.output import NOTIFICATIONS
from models.timeline.life import Life
from models.timeline.moment import Moment
from models.times.iso8601 import parse_time
from tests.worlds.accounts import account, contact, entry, equipment, receipt, some_accounts, work, work_entry

Record = dict[str, Any]
MINUTE, HOUR = 60_000, 3_600_000
DAY = 24 * HOUR
START = parse_time("2026-10-22T12:00:00Z")  # three days before clocks are put back in Zurich
POLICY: Record = {
    "interval_minutes": 10,
    "digest_minutes": 10,
    "planned_ahead": {"days": [3, 1], "hours": [2], "together": False, "proof_minutes": 30},
    "shut_off_ahead": {"days": [2], "hours": [4, 1], "together": True, "proof_minutes": 20},
}


@dataclass
class World:
    """The flow, and those who are told."""

    policy: Record = field(default_factory=lambda: dict(POLICY))
    now: int = START
    number: int = 0
    told: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.life = self.open()

    def open(self, saved: Any = None) -> Life:
        return Life(lambda own: Notifications(equipment(**self.policy), own), [NOTIFICATIONS], "test", saved)

    def kill(self) -> None:
        self.life = self.open(unseal(seal(self.life.save()), "it"))

    def live(self, milliseconds: int, *records: Any) -> list[Record]:
        self.now, self.number = self.now + milliseconds, self.number + 1
        written = [record for _, record in self.life.take(Moment(self.number, self.now, tuple(records)))]
        for record in written:
            NotificationRecord.model_validate(record)
        self.told += written
        return written

    def plan(self, points: list[int], begins: int, hours: int = 4, **fields: Any) -> Any:
        times = {"planned_from": begins, "planned_to": begins + hours * HOUR, "observed_at": self.now}
        return work_entry(work(**times | fields), points)


def said(records: list[Record]) -> list[tuple[str, str, str]]:
    return [(one["contact_id"], one["kind"], one["message_code"]) for one in records]


def at(time: str) -> int:
    return parse_time(f"{time}:00Z")


def test_a_work_is_told_in_stages_by_the_clock_of_the_account_and_not_in_the_night() -> None:
    world = World({**POLICY, "quiet_from": "22:00", "quiet_to": "06:30"})
    world.live(0, entry(account("A", [1, 2])), entry(account("B", [9])))
    world.live(1, world.plan([1, 2], at("2026-10-26T04:30")))  # half past five in Zurich, in winter
    told = world.live(10 * DAY)
    assert said(told) == [("c1", "planned", "announced")] * 2
    assert {tuple(one["usage_point_ids"]) for one in told} == {("UP1", "UP2")}
    # of three days ahead, half past five in summer, and of one, the morning after the clock was put back: both are in
    # quiet hours; two hours ahead still are when it begins
    assert [one["not_before"] for one in told] == ["2026-10-23T04:30:00.000Z", "2026-10-25T05:30:00.000Z"]
    assert told[1]["text"] == "Your power will be off for planned work from 2026-10-26 05:30 to 2026-10-26 09:30."


def test_a_shut_off_is_told_at_any_hour_and_to_others_where_nobody_is_proven_to_have_got_it() -> None:
    world = World({**POLICY, "quiet_from": "00:00", "quiet_to": "23:59"})
    contacts = [contact("app", channel="app"), contact("post", channel="email"), contact("friend", role="third_party")]
    world.live(0, entry(account("A", [1], contacts=contacts)))
    first = world.live(1, world.plan([1], START + DAY, kind="safety_shutoff"))
    assert said(first) == [("app", "shut_off", "announced"), ("post", "shut_off", "announced")]
    world.kill()
    world.live(1, *(receipt(one, "sent") for one in first))
    assert said(world.live(20 * MINUTE)) == [("friend", "shut_off", "announced")], "sent is not proven"
    stage = world.live(20 * HOUR - 20 * MINUTE)
    assert said(stage) == [("app", "shut_off", "announced"), ("post", "shut_off", "announced")]
    world.live(1, receipt(stage[1], "delivered"))
    assert said(world.live(2 * HOUR)) == [], "one of the household has it"
    stage = world.live(HOUR)
    assert len(stage) == 2, "an hour ahead"
    gone = world.live(1, *(receipt(one, "failed") for one in stage))
    assert said(gone) == [("friend", "shut_off", "announced")], "nobody is waited for whom it failed"
    assert world.live(10 * DAY) == [], "power is off, or is not: that is told by what happens"


def test_who_is_told_one_by_one_is_told_by_the_next_channel_without_a_proof() -> None:
    world = World()
    contacts = [contact("post", channel="email"), contact("call", channel="voice"), contact("text"),
                contact("friend", role="third_party"), contact("need", channel="email", role="medical")]  # fmt: skip
    world.live(0, entry(account("A", [1], contacts=contacts)))
    told = world.live(1, world.plan([1], START + 12 * HOUR))
    assert [one["contact_id"] for one in told] == ["need"]
    (text,) = world.live(30 * MINUTE)
    assert text["contact_id"] == "text"
    (call,) = world.live(1, receipt(text, "failed"))
    assert call["contact_id"] == "call"
    world.live(1, receipt(call, "delivered"))
    assert world.live(9 * HOUR) == []


def test_where_nobody_is_left_who_was_not_reached_is_tried_again_and_given_up_in_the_end() -> None:
    world = World()
    world.live(0, entry(account("A", [1])))
    (told,) = world.live(1, world.plan([1], START + 12 * HOUR))
    (told,) = world.live(1, receipt(told, "expired"))
    for _ in range(2):
        assert world.live(1, receipt(told, "failed")) == []
        world.kill()
        (told,) = world.live(10 * MINUTE)
    assert world.live(1, receipt(told, "failed")) == []
    assert world.live(DAY) == []


def test_what_is_moved_or_called_off_is_told_to_those_who_know_of_it_and_supersedes_it() -> None:
    world = World()
    contacts = [contact("app", channel="app"), contact("text")]
    world.live(0, entry(account("A", [1, 2], contacts=contacts)))
    begins = START + 12 * HOUR
    (first,) = world.live(1, world.plan([1], begins))
    assert world.live(MINUTE, world.plan([1], begins + 29 * MINUTE)) == [], "it has not moved so far"
    (second,) = world.live(10 * MINUTE, world.plan([1], begins + 31 * MINUTE))
    assert (second["message_code"], second["supersedes"]) == ("changed", first["notification_id"])
    assert world.live(1, world.plan([1], begins + DAY, observed_at=START - 1)) == [], "a report that is older"
    (third,) = world.live(11 * MINUTE, world.plan([1, 2], begins + 31 * MINUTE))
    assert (third["message_code"], third["usage_point_ids"]) == ("changed", ["UP1", "UP2"])
    world.kill()
    told = world.live(10 * MINUTE, world.plan([1, 2], begins, status="cancelled"))
    assert said(told) == [("app", "planned", "called_off"), ("text", "planned", "called_off")][:1]
    assert told[0]["supersedes"] == third["notification_id"]
    assert "from 2026-10-23 02:31" in told[0]["text"], "of the time that was told"
    assert world.live(10 * DAY) == []


def test_who_was_not_reached_does_not_hear_that_it_is_called_off_and_a_new_plan_is_told_anew() -> None:
    world = World()
    world.live(0, entry(account("A", [1])))
    (told,) = world.live(1, world.plan([1], START + 12 * HOUR))
    world.live(1, receipt(told, "failed"))
    assert world.live(1, world.plan([1], START + 12 * HOUR, status="cancelled")) == []
    (told,) = world.live(HOUR, world.plan([1], START + 14 * HOUR))
    assert told["message_code"] == "announced"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"preferences": {"kinds": ["planned"]}}, ["planned"]),
        ({"contacts": [contact("c1", consent=False)]}, []),
    ],
)
def test_nobody_is_told_of_what_it_does_not_want(fields: Record, expected: list[str]) -> None:
    world = World({**POLICY, "kinds": ["outage", "planned"]})
    given = {"preferences": {"kinds": ["outage"]}} | fields
    world.live(0, entry(account("A", [1], **given)))
    told = world.live(
        1, world.plan([1], START + HOUR), world.plan([1], START + HOUR, work_id="w2", kind="safety_shutoff")
    )
    assert [one["kind"] for one in told] == expected


def story(draw: random.Random) -> tuple[list[Record], list[tuple[int, list[Any]]]]:
    """Accounts, and reports of a few works in any order, as they come."""
    accounts, now, moments = some_accounts(draw, 12), START, []
    for _ in range(draw.randint(3, 25)):
        wait = draw.choice([1, MINUTE, HOUR, 9 * HOUR])
        now += wait
        some = []
        for _ in range(draw.randint(0, 2)):
            first = draw.randint(0, 8)
            begins = now + draw.choice([-1, 1, 2, 5, 30, 80]) * HOUR + draw.randint(0, 50_000)  # no two works alike
            some.append(work_entry(work(
                f"w{draw.randint(0, 2)}", f"n{first}", planned_from=begins, planned_to=begins + 5 * HOUR,
                observed_at=now - draw.randint(0, HOUR), kind=draw.choice(["maintenance", "safety_shutoff"]),
                status=draw.choice(["planned", "planned", "planned", "started", "cancelled"]),
            ), list(range(first, first + 3))))  # fmt: skip
        moments.append((wait, some))
    return accounts, moments


def answers(draw: random.Random, told: list[Record]) -> list[Any]:
    outcomes = ["sent", "delivered", "failed", "expired", None]
    chosen = [(one, draw.choice(outcomes)) for one in told]
    return [receipt(one, status) for one, status in chosen if status is not None]


@settings(max_examples=60, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 1 << 32))
def test_laws_of_what_is_announced(seed: int) -> None:
    draw = random.Random(seed)
    accounts, moments = story(draw)
    world = World({**POLICY, "quiet_from": "23:00", "quiet_to": "05:00"})
    world.live(0, *map(entry, accounts))
    answered: list[Any] = []
    outcomes: dict[str, tuple[str, int]] = {}
    for wait, some in moments:
        told = world.live(wait, *some, *answered)
        outcomes |= {one.record[2]: (one.record[3], world.now) for one in answered}
        answered = answers(draw, told)
        if draw.random() < 0.2:
            world.kill()
    world.live(5 * DAY)
    assert len({one["notification_id"] for one in world.told}) == len(world.told)
    owners = {one["account_id"]: one for one in accounts}
    last: dict[tuple[str, str], int] = defaultdict(int)
    for place, record in enumerate(world.told):
        owner = owners[record["account_id"]]
        who = role_of(owner, record)
        now = parse_time(record["not_before"])
        key = record["account_id"], record["contact_id"]
        assert record["message_code"] == "called_off" or now < parse_time(record["parameters"]["planned_from"])
        if record["kind"] == "planned":
            assert now - last[key] >= 10 * MINUTE
            assert who == "medical" or not in_the_night(owner, now)
        if outcomes.get(record["notification_id"], ("",))[0] != "expired":  # else it counts as not told
            last[key] = now
        if who == "third_party" and record["message_code"] == "announced":
            own = [one for one in world.told[:place] if one["account_id"] == record["account_id"]]
            nobody_is_proven([one for one in own if role_of(owner, one) != "third_party"], record, outcomes)


def role_of(owner: Record, record: Record) -> str:
    who = next(one for one in owner["contacts"] if one["contact_id"] == record["contact_id"])
    assert who["consent"]
    return str(who["role"])


def nobody_is_proven(own: list[Record], record: Record, outcomes: dict[str, tuple[str, int]]) -> None:
    """Before a third party is told of a time the last message to each of the household about it has not come to it."""
    now = parse_time(record["not_before"])
    same = [one for one in own if all(one[name] == record[name] for name in ("parameters", "usage_point_ids"))]
    latest = {one["contact_id"]: one for one in same if parse_time(one["not_before"]) < now}
    patience = 20 if record["kind"] == "shut_off" else 30
    for one in latest.values():
        status, since = outcomes.get(one["notification_id"], ("", 0))
        assert status != "delivered" or since > now
        assert (status == "failed" and since <= now) or now - parse_time(one["not_before"]) >= patience * MINUTE


def in_the_night(owner: Record, now: int) -> bool:
    zone = ZoneInfo(owner.get("time_zone", "Europe/Zurich"))
    local = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).strftime("%H:%M")
    begin, end = owner.get("quiet_from", "23:00"), owner.get("quiet_to", "05:00")
    return bool(begin <= local < end if begin < end else local >= begin or local < end)


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 1 << 32))
def test_it_does_not_depend_on_kills_or_on_when_the_instants_come(seed: int) -> None:
    draw = random.Random(seed)
    accounts, moments = story(draw)
    one, other = World(), World()
    for world in (one, other):
        world.live(0, *map(entry, accounts))
    answered: list[Any] = []
    for wait, some in moments:
        told = one.live(wait, *some, *answered)
        other.live(wait // 3)
        other.kill()
        other.live(wait - wait // 3, *some, *answered)
        answered = answers(draw, told)
    assert one.told == other.told


@given(st.sets(st.integers(0, 60)))
def test_runs_are_their_numbers(numbers: set[int]) -> None:
    runs = runs_of(numbers)
    assert [number for first, count in runs for number in range(first, first + count)] == sorted(numbers)
    assert all(first + count < after for (first, count), (after, _) in pairwise(runs))
