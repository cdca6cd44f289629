"""A blackout: a channel is given no more than it takes, and everybody hears in the end how things stand."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.state.sealed import seal, unseal
from models.times.iso8601 import parse_time
from tests.models.notifications.test_notifications import MINUTE, ON, Record, World, said_of
from tests.worlds.accounts import account, contact, entry

POINTS = 40


def told_at(record: Record) -> int:
    return parse_time(record["not_before"])


@settings(max_examples=20, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 1 << 32))
def test_a_blackout_ends_as_digests_at_the_rate_of_the_channel(seed: int) -> None:
    draw = random.Random(seed)
    rate, digest = draw.randint(1, 30), draw.choice([10, 45])
    policy = {
        "a_minute": {"sms": rate}, "outage_after_minutes": 0, "interval_minutes": 1, "digest_minutes": digest,
        "storm_accounts": 10,
    }  # fmt: skip
    world, other = World(policy), World(policy)
    both = [contact("c1"), contact("c2", channel="email")]
    some = [account(f"A{one:02d}", [one], contacts=both) for one in range(POINTS)]
    urgent = account("Z", [0, 1], **{"class": "critical"})
    for each in (world, other):
        each.live(0, accounts=map(entry, [*some, urgent]))
    points = list(range(POINTS))
    back = draw.sample(points, draw.randint(1, POINTS))
    waits = [60 * draw.randint(1, 20) for _ in range(draw.randint(0, 8))]
    steps = [("out", 1), *(("", wait) for wait in waits), ("back", 60), *[("", 3600)] * (3 + POINTS // rate // 30)]
    for what, seconds in steps:
        said: list[tuple[str, Record]] = []
        if what:
            change = ("gained", 0, points) if what == "out" else ("restored_confirmed", 60, back)
            said = said_of(7, world, change[2], change[0], seconds, change[1])
        world.live(seconds, said)
        other.live(seconds // 2)
        other.life = other.open(unseal(seal(other.life.save()), "it"))
        other.live(seconds - seconds // 2, said)
    assert world.told == other.told
    by_channel: dict[str, list[int]] = defaultdict(list)
    by_contact: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in world.told:
        by_channel[record["channel"]].append(told_at(record))
        by_contact[record["account_id"], record["contact_id"]].append(record)
    turns = by_channel["sms"]
    assert all(last - first >= MINUTE - 1 for first, last in zip(turns, turns[rate:], strict=False))
    assert next(one["account_id"] for one in world.told if one["channel"] == "sms") == "Z", "critical customers first"
    assert len(set(by_channel["email"][:POINTS])) == 1, "a channel without a rate takes all at once"
    for (account_id, _), records in by_contact.items():
        assert all(told_at(after) - told_at(before) >= MINUTE for before, after in pairwise(records))
        if account_id != "Z":
            is_back = int(account_id[1:]) in back
            assert [one["message_code"] in ON for one in records] == ([False, True] if is_back else [False])
    unheard = {(one["account_id"], who) for one in some for who in ("c1", "c2")} - by_contact.keys()
    assert {int(account_id[1:]) for account_id, _ in unheard} <= set(back), "who is back before its turn hears nothing"
