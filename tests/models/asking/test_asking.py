"""Whom to ask: the fewest, in the order of what they settle, and what holds whatever happens."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.state.sealed import seal, unseal
from models.asking.asking import Asking
from models.asking.news import DeviceNews
from models.asking.output import PINGS
from models.asking.policy import AskingPolicy
from models.contracts.customers.ping import PingRequest
from models.customers.news import CONFIRMED, GAINED, INFERRED, LOST, LedgerNews
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import parse_time
from tests.worlds.networks import Device, Point, network_of

MINUTE = 60_000
START = 29_700_000 * MINUTE
FUSES, TRANSFORMERS, SERVICES = 3, 3, 4


def town() -> Any:
    """A breaker over three fuses, each over three transformers of four usage points; the last one has no meter.

    A collector hears all below a fuse.
    """
    devices = [Device("B", kind="breaker")]
    points = []
    for fuse in range(FUSES):
        devices.append(Device(f"F{fuse}", "B", kind="fuse"))
        for one in range(TRANSFORMERS):
            name = f"T{fuse}{one}"
            devices.append(Device(name, f"F{fuse}", kind="transformer"))
            points += [Point(f"P{fuse}{one}{place}", name, collector=f"C{fuse}") for place in range(SERVICES - 1)]
            points.append(Point(f"P{fuse}{one}{SERVICES - 1}", name, meter="", collector=f"C{fuse}"))
    return network_of(devices, points)


NETWORK = town()
ALL = list(NETWORK.point_ids)


class World:
    """The flow, and what the ledger says."""

    def __init__(self, **policy: Any) -> None:
        self.policy = AskingPolicy(**{"wait_minutes": 3, "answer_minutes": 2, "least_bits": 0.001} | policy)
        self.now, self.number = START, 0
        self.asked: list[dict[str, Any]] = []
        self.life = self.open()

    def open(self, saved: Any = None) -> Life:
        return Life(lambda own: Asking(NETWORK, self.policy, own), [PINGS], "test", saved)

    def kill(self) -> None:
        self.life = self.open(unseal(seal(self.life.save()), "it"))

    def live(self, minutes: float, *records: Followed) -> list[dict[str, Any]]:
        self.now, self.number = self.now + int(minutes * MINUTE), self.number + 1
        asked = [record for _, record in self.life.take(Moment(self.number, self.now, records))]
        for record in asked:
            PingRequest.model_validate(record)
        self.asked += asked
        return asked


def ledger(changes: dict[str, int], device: str = "B", outage: str = "a" * 26) -> list[Followed]:
    """What a revision says of some usage points, with what opened."""
    numbers = NETWORK.point_number[NETWORK.find_points(list(changes))].astype(np.int32)
    column, times = np.array(list(changes.values()), np.uint8), np.full(len(changes), START, np.int64)
    news = LedgerNews(outage, "sub", 1, numbers, column, times, times, {})
    return [Followed("", 1, "", DeviceNews(outage, device)), Followed("", 2, "", news)]


def names(asked: list[dict[str, Any]]) -> list[str]:
    return [one["usage_point_id"] for one in asked]


def test_one_of_each_branch_is_asked_whose_devices_nobody_has_spoken_for() -> None:
    world = World(dead_service=1e-6)
    told = {f"P{fuse}00": CONFIRMED for fuse in (0, 1)}
    assert world.live(0, *ledger({name: told.get(name, INFERRED) for name in ALL})) == []
    assert world.live(2.9) == []
    asked = world.live(1)
    branches = [name[:2] for name in names(asked)]
    # of the third fuse nobody has spoken: its first answer settles most, and speaks for the fuse above it as well
    assert branches[0] == "P2"
    assert sorted(name[:3] for name in names(asked)) == [
        f"P{fuse}{one}" for fuse in range(FUSES) for one in range(TRANSFORMERS) if (fuse, one) not in {(0, 0), (1, 0)}
    ]
    assert [one["settles_bits"] for one in asked] == sorted([one["settles_bits"] for one in asked], reverse=True)
    assert world.live(1, *ledger(dict.fromkeys(names(asked), CONFIRMED))) == []
    assert world.live(60) == [], "all devices are spoken for"


def test_who_is_out_still_makes_the_neighbours_more_doubtful() -> None:
    world = World(least_bits=0.05, a_minute=1)
    world.live(0, *ledger({name: INFERRED if name.startswith("P2") else CONFIRMED for name in ALL}))
    (first,) = world.live(3)
    assert first["by"] == "ping"
    assert first["probability"] > 0.9, "nobody of the collector is heard, so it is the collector's doing"
    asked = [*world.live(1, *ledger({first["usage_point_id"]: GAINED}, outage="b" * 26)), *world.live(1)]
    assert names(asked)[0].startswith("P2")
    assert asked[0]["probability"] < 0.7


def test_what_is_told_and_probably_wrong_is_asked_once() -> None:
    world = World(open_device=0.05, least_bits=0.9)
    world.live(0, *ledger({name: INFERRED if name.startswith("P20") else CONFIRMED for name in ALL}))
    (first,) = world.live(4)
    assert first["usage_point_id"].startswith("P20")
    assert first["probability"] < 0.5, "its collector hears all the others"
    assert first["settles_bits"] > 1
    assert world.live(1, *ledger({first["usage_point_id"]: GAINED}, outage="b" * 26)) == []
    assert world.live(60) == [], "now that is known"


def test_without_an_answer_another_way_is_tried_and_then_nobody_is_asked_any_more() -> None:
    world = World(least_bits=1e-6)
    world.live(0, *ledger({"P000": INFERRED, "P003": INFERRED}, device="T00"))
    for _ in range(30):
        world.live(1)
        world.kill()
    by = {(one["usage_point_id"], one["by"]): one["meter_id"] for one in world.asked}
    assert by == {("P000", "ping"): "MP000", ("P000", "question"): "MP000", ("P003", "question"): None}
    assert len(world.asked) == 4
    assert world.live(60) == []


def test_no_more_are_asked_a_minute_than_the_policy_says() -> None:
    world = World(a_minute=5, least_bits=1e-6, answer_minutes=60)
    world.live(0, *ledger(dict.fromkeys(ALL, INFERRED)))
    assert [len(world.live(1)) for _ in range(11)] == [0, 0, 5, 5, 5, 5, 5, 5, 5, 1, 0]


def test_who_came_back_long_ago_is_left_alone() -> None:
    world = World(forget_hours=1, wait_minutes=61)
    world.live(0, *ledger(dict.fromkeys(ALL, INFERRED)))
    assert world.live(120) == []


@settings(max_examples=40, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 1 << 32))
def test_whatever_happens_only_the_silent_are_asked_and_kills_show_nowhere(seed: int) -> None:
    draw = random.Random(seed)
    one, other = World(a_minute=7), World(a_minute=7)
    last: dict[str, tuple[int, int]] = {}
    until: dict[str, int] = {}
    for _ in range(25):
        some = draw.sample(ALL, draw.randint(0, 12))
        changes = {name: draw.choice([GAINED, INFERRED, INFERRED, CONFIRMED, LOST]) for name in some}
        records = ledger(changes, draw.choice(["B", "F1", "T21", "elsewhere"]), draw.choice("ab") * 26)
        minutes = draw.choice([0.1, 1, 4])
        before = one.now
        asked = one.live(minutes, *records)
        other.live(minutes / 2)
        other.kill()
        other.live(minutes - minutes / 2, *records)
        for record in asked:
            name, now = record["usage_point_id"], parse_time(record["updated_at"])
            change, since = last[name] if now < one.now else (changes.get(name, last.get(name, (LOST, 0))[0]), 0)
            assert change == INFERRED
            assert now >= since + 3 * MINUTE
            assert now >= until.get(name, 0)
            until[name] = parse_time(record["expires_at"])
        assert before <= one.now
        for name, change in changes.items():
            if change != INFERRED or last.get(name, (LOST, 0))[0] != INFERRED:
                last[name] = change, one.now
                until.pop(name, None)
    assert one.asked == other.asked
