"""How a zone stands at a time: by what the engine said up to then, against who has power by walking the lines."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from models.current_network.branches import Branches
from models.current_network.feeding import as_fed
from models.current_network.standing import Standing, standing
from models.times.iso8601 import format_time
from tests.worlds.evidence import START, moment, play
from tests.worlds.switchings import Day, day, town


def record(device: str, position: str, kind: str = "device", other: str | None = None) -> dict[str, str | None]:
    """What is off normal."""
    since = format_time(START)
    return {"device_id": device, "position": position, "kind": kind, "other_device_id": other, "since": since}


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=60)
def test_who_has_power_has_a_way_without_an_open_device(seed: int) -> None:
    draw = random.Random(seed)
    place = town(draw)
    network = place.network
    today = Day(place)
    toggled = draw.sample([*place.switches, *place.ties], draw.randint(0, 4))
    today.open_now ^= set(toggled)
    off_normal = [record(name, "open" if name in today.open_now else "closed") for name in toggled]
    fed = as_fed(network, 0, off_normal)
    assert sorted(fed.device_number.tolist()) == sorted(network.device_number.tolist())
    reached = set()
    for point, name in enumerate(fed.point_ids):
        way, device = [], int(fed.point_device[point])
        while device >= 0:
            way.append(fed.device_ids[device])
            device = int(fed.parent[device])
        if today.open_now.isdisjoint(way):
            reached.add(name)
    assert reached == set(network.point_ids) - today.dark()


def test_what_crews_put_in_feeds_too() -> None:
    network = town(random.Random(5)).network
    trunk = [name for name in network.device_ids if not name.startswith("tie") and name[-1].isdigit()]
    (first, *_), last = trunk, trunk[-1]
    for elements in ([record(last, "closed", "generator")], [record(last, "closed", "jumper", first)]):
        fed = as_fed(network, 0, [record(last, "open"), *elements])
        assert fed.parent.tolist() != network.parent.tolist()
        assert int(fed.parent[int(fed.find_devices([last])[0])]) == (
            -1 if elements[0]["kind"] == "generator" else int(fed.find_devices([first])[0])
        )


def test_who_is_out_at_each_minute_of_a_day_of_switchings() -> None:
    draw = random.Random(11)
    place = town(draw, meters=False)
    today = day(place, draw, 8)
    answer = play(place.network, today.evidence.lines())
    minutes, told = today.quiet_minutes(), 0
    for minute in minutes:
        at = moment(minute)
        found = standing((place.network.zone_ids[0], at), answer.abnormal, answer.lifecycle, answer.membership)
        out = {place.network.point_ids[int(place.network.point_position[number])] for number in found.out}
        told += out == today.out_at(minute)
        assert {one["outage_id"] for one in found.outages.values()} >= set(found.out.values())
    assert told > 0.9 * len(minutes)  # of a return that waits for its hold nothing is told yet
    elsewhere = standing(("elsewhere", moment(10**6)), answer.abnormal, answer.lifecycle, answer.membership)
    assert elsewhere == Standing("elsewhere", moment(10**6))


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=30)
def test_branches_account_for_everybody(seed: int) -> None:
    draw = random.Random(seed)
    network = town(draw).network
    numbers = network.point_number.tolist()
    out = dict.fromkeys(draw.sample(numbers, draw.randint(0, len(numbers))), "an outage")
    branches = Branches(network, Standing("sub", START, out=out))
    assert int(branches.out.sum()) == len(out)
    roots = branches.of_zone(0)
    assert sum(root.customers for root in roots) == int(network.customers.sum())
    for branch in (one for root in roots for one in root.walk()):
        direct = slice(int(network.point_start[branch.device]), int(network.direct_end[branch.device]))
        served, dark = branch.others_customers, branch.others_out
        served += int(network.customers[direct].sum()) + sum(below.customers for below in branch.below)
        dark += int(network.customers[direct][branches.out[direct]].sum())
        dark += sum(below.customers_out for below in branch.below)
        assert (branch.customers, branch.customers_out) == (served, dark)
    # The bus is of a feeder of its own here, which feeds all others.
    of_feeders = [branches.of_feeder(at) for at, name in enumerate(network.feeder_ids) if name.startswith("F")]
    assert sum(one.customers for found in of_feeders for one in found) == int(network.customers.sum())
