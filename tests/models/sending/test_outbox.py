"""The way of messages: nothing lost, nothing out of order, nothing after its time, no faster than allowed."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.sending.holding import Stands, holds
from models.sending.outbox import Ended, Message, Outbox, Outcome
from models.sending.pace import DAY_MS, Pace

NOW = 1_782_900_000_000
SECOND = 1000


def message(number: int, contact: int = 0, channel: str = "sms", **fields: Any) -> Message:
    record = {
        "notification_id": f"n{number}", "account_id": f"A{contact}", "contact_id": "c", "channel": channel,
        "supersedes": None,
    } | fields  # fmt: skip
    return Message(record, number % 2, number, NOW + 1800 * SECOND)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 1 << 32))
def test_each_message_has_one_end_in_the_order_of_its_contact_and_in_time(seed: int) -> None:
    draw = random.Random(seed)
    stale = {f"n{number}" for number in range(40) if draw.random() < 0.1}
    outbox = Outbox(
        {"sms": Pace(draw.choice([0.5, 5.0, 500.0]), draw.choice([None, 5, 1000])), "email": Pace(50.0, None)},
        lambda record: "stale" if record["notification_id"] in stale else None,
        draw.random,
    )
    waiting = [message(number, draw.randint(0, 4), draw.choice(["sms", "email"])) for number in range(40)]
    now, ends, tries = NOW, dict[str, str](), defaultdict[tuple[str, str], list[str]](list)
    order = [one.name for one in waiting]
    on_the_way: dict[str, Message] = {}
    while waiting or len(outbox):
        for _ in range(draw.randint(0, 8)):
            if waiting:
                outbox.add(waiting.pop(0))
        for one in list(outbox.take(now, draw.randint(0, 5))):
            if isinstance(one, Ended):
                assert one.status == ("expired" if now >= NOW + 1800 * SECOND else "stale")
                assert ends.setdefault(one.message.name, one.status) == one.status
                continue
            assert now < one.expires_at
            assert one.contact not in {other.contact for other in on_the_way.values()}
            on_the_way[one.name] = one
            tries[one.contact].append(one.name)
        for name in [name for name in on_the_way if draw.random() < 0.7]:
            outcome = Outcome(draw.choice(["sent", "failed", None, None]), draw.choice([None, None, 30.0]))
            for ended in outbox.tell(name, outcome, now):
                assert ends.setdefault(name, ended.status) == outcome.status
            del on_the_way[name]
        for part in (0, 1):
            left = [int(name[1:]) for name in order if name not in ends and int(name[1:]) % 2 == part]
            known = [number for number in left if f"n{number}" not in {one.name for one in waiting}]
            assert outbox.done_before(part, 99) == min(known, default=99)
        now += draw.choice([0, 10, 1000, 60_000])
    assert sorted(ends) == sorted(order)
    for names in tries.values():
        numbers = [int(name[1:]) for name in names]
        assert numbers == sorted(numbers), "a later one was tried before the earlier one had its end"


def test_a_message_is_not_sent_before_its_time() -> None:
    outbox = Outbox({"sms": Pace(1000.0, None)}, lambda _: None, lambda: 0.0)
    outbox.add(Message(message(1).record, 0, 1, NOW + 5000, NOW + 1000))
    assert list(outbox.take(NOW + 999, 5)) == []
    assert [one.name for one in outbox.take(NOW + 1000, 5) if isinstance(one, Message)] == ["n1"]


def test_a_message_that_was_superseded_before_it_was_sent_is_not_sent() -> None:
    outbox = Outbox({"sms": Pace(1000.0, None)}, lambda _: None, lambda: 0.0)
    for one in (message(1), message(2, supersedes="n1"), message(3, supersedes="n9")):
        outbox.add(one)
    first, second = list(outbox.take(NOW, 5))
    assert isinstance(first, Ended)
    assert (first.message.name, first.status) == ("n1", "superseded")
    assert isinstance(second, Message)
    assert second.name == "n2"
    assert [one.status for one in outbox.tell("n2", Outcome("sent"), NOW)] == ["sent"]


@settings(max_examples=50, deadline=None)
@given(st.floats(0.2, 50.0), st.integers(1, 60), st.lists(st.integers(0, 5000), min_size=1, max_size=200))
def test_no_more_is_sent_than_a_second_and_a_day_allow(rate: float, per_day: int, steps: list[int]) -> None:
    pace, now, sent = Pace(rate, per_day), NOW, list[int]()
    for step in steps:
        now += step
        while pace.opens_at(now) <= now:
            pace.take(now)
            sent.append(now)
    for begin in sent:
        within = [at for at in sent if begin <= at < begin + 10 * SECOND]
        assert len(within) <= max(rate, 1.0) + 10 * rate + 1
    by_day = defaultdict[int, int](int)
    for at in sent:
        by_day[at // DAY_MS] += 1
    assert max(by_day.values(), default=0) <= per_day


def test_a_channel_that_fails_is_left_alone_longer_each_time_until_it_answers() -> None:
    pace = Pace(1000.0, None)
    opens = []
    for _ in range(8):
        pace.fail(NOW, 0.5, None)
        opens.append(pace.opens_at(NOW) - NOW)
    assert opens[:2] == [0, 0]
    assert opens[2:] == sorted(opens[2:])
    assert opens[-1] == 24 * SECOND
    pace.fail(NOW, 0.5, 600.0)
    assert pace.opens_at(NOW) == NOW + 600 * SECOND
    later = NOW + 600 * SECOND
    pace.succeed()
    pace.fail(later, 0.5, None)
    assert pace.opens_at(later) == later


def test_whether_a_message_holds() -> None:
    told = {
        "message_code": "estimate", "usage_point_ids": ["P"], "updated_at": "2026-07-01T10:00:00.000Z",
        "parameters": {"etr_public": "2026-07-01T12:00:00.000Z"},
    }  # fmt: skip
    later, before = "2026-07-01T10:01:00.000Z", "2026-07-01T09:00:00.000Z"
    etr = "2026-07-01T12:00:00.000Z"

    def so(message: Any, *now: Any) -> bool:
        return holds(message, {"P": Stands(*now)}.get if now else lambda _: None)

    assert so(told)
    assert so(told, "out", "estimate", None, etr, later)
    assert so(told, "out", "still_out", "estimate", etr, later)
    assert not so(told, "out", "estimate", None, later, later)
    assert not so(told, "on", "restored", None, None, later)
    assert so(told, "on", "restored", None, None, before), "how it stood before says nothing"
    back = told | {"message_code": "restored", "parameters": {}}
    assert so(back, "on", "probably_restored_please_confirm", None, None, later)
    assert not so(back, "out", "detected", None, None, later)
    assert not so(back, "unknown", "unknown", None, None, later)
    assert so(told | {"message_code": "digest"}, "on", "restored", None, None, later)
    assert so(told | {"message_code": "announced", "parameters": {}}, "out", "estimate", None, etr, later)
