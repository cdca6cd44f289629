"""What customers are told, against their states as `customers` has them and laws that hold whatever happens."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from adapters.state.sealed import seal, unseal
from models.contracts.customers.notification import NotificationRecord
from models.customers.customers import Customers
from models.customers.news import news_of
from models.customers.output import CUSTOMER_POWER
from models.customers.policy import CustomerPolicy
from models.notifications.notifications import Notifications
from models.notifications.output import NOTIFICATIONS
from models.notifications.outside.callers import CallReader
from models.timeline.life import Life
from models.timeline.moment import Moment
from models.times.iso8601 import format_time, parse_time
from tests.worlds.accounts import account, contact, entry, equipment, names, news, some_accounts
from tests.worlds.ledgers import CREW, WORK, Town, followed
from tests.worlds.lifecycles import START, name_of, revision

Record = dict[str, Any]
MINUTE = 60_000
POLICY = {"outage_after_minutes": 2, "interval_minutes": 10, "digest_minutes": 25, "storm_accounts": 6}
WAIT = 26 * MINUTE
OUT = {"planned", "estimate", "crew_assigned", "assessing", "still_out"}
ON = {"restored", "probably_restored_please_confirm"}


@dataclass
class World:
    """The flow, with the flow `customers` beside it."""

    policy: Record = field(default_factory=lambda: dict(POLICY))
    now: int = START * 1000
    number: int = 0
    states: dict[str, Record] = field(default_factory=dict)
    told: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.life = self.open()
        self.customers = Life(lambda own: Customers(names, CustomerPolicy(), own), [CUSTOMER_POWER], "test")

    def open(self, saved: Any = None) -> Life:
        return Life(lambda own: Notifications(equipment(**self.policy), own), [NOTIFICATIONS], "test", saved)

    def live(self, seconds: int, said: Any = (), accounts: Any = ()) -> list[Record]:
        """Go on by some seconds, at which something is said and some accounts come; returns what was told."""
        self.now, self.number = self.now + seconds * 1000, self.number + 1
        mine = tuple(one._replace(record=news_of(one)) for one in followed(list(said)))
        for _, rows in self.customers.take(Moment(self.number, self.now, mine)):
            self.states |= {one["usage_point_id"]: one for one in rows.records()}
        records = (*accounts, *news(list(said)))
        written = [record for _, record in self.life.take(Moment(self.number, self.now, records))]
        for record in written:
            NotificationRecord.model_validate(record)
        self.told += written
        return written


def storm(seed: int) -> tuple[World, list[Record]]:
    """Live through a random storm; accounts come and go."""
    draw = random.Random(seed)
    world, town, accounts = World(), Town(draw), some_accounts(draw, 20)
    world.live(0, accounts=[entry(one) for one in accounts])
    for _ in range(draw.randint(5, 40)):
        seconds = draw.choice([1, 30, 300, 3000])
        said = town.step(world.now + seconds * 1000)
        for record in world.live(seconds, said):
            hold_to_the_truth(world, record, seconds)
        if draw.random() < 0.1:
            world.life = world.open(unseal(seal(world.life.save()), "it"))
    return world, accounts


def hold_to_the_truth(world: World, record: Record, seconds: int) -> None:
    """A message says what the state of its usage points says, at the instant at which both are known."""
    if parse_time(record["updated_at"]) != world.now:
        assert parse_time(record["updated_at"]) > world.now - seconds * 1000
        return
    states = [world.states[name] for name in record["usage_point_ids"]]
    assert all(state["power"] != "unknown" for state in states)
    if record["kind"] == "restored":
        assert all(state["power"] == "on" or record["message_code"] == "digest" for state in states)
    if record["message_code"] == "digest" or record["outage_id"] is None:
        return
    for state in states:
        assert (state["outage_id"], state["revision"]) == (record["outage_id"], record["revision"])
        code, parameters = state["message_code"], dict(state["message_parameters"])
        if code == "still_out" and record["message_code"] != "still_out":
            code = parameters.pop("otherwise")
        if record["message_code"] == "probably_restored_please_confirm":
            assert code in ON
        else:
            assert code == record["message_code"]
            assert parameters | {"since": None} == record["parameters"] | {"since": None}


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 1 << 32))
@example(137792)  # the same digest twice
def test_laws_of_a_storm(seed: int) -> None:
    world, accounts = storm(seed)
    by_contact: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in world.told:
        by_contact[record["account_id"], record["contact_id"]].append(record)
    assert len({record["notification_id"] for record in world.told}) == len(world.told)
    known = {one["account_id"]: one for one in accounts}
    for (account_id, contact_id), records in by_contact.items():
        owner = known[account_id]
        who = next(one for one in owner["contacts"] if one["contact_id"] == contact_id)
        assert who["consent"]
        assert {record["channel"] for record in records} == {who["channel"]}
        assert all(set(record["usage_point_ids"]) <= set(owner["usage_point_ids"]) for record in records)
        hold_to_the_pace(owner, who, records)


def hold_to_the_pace(owner: Record, who: Record, records: list[Record]) -> None:
    at = [parse_time(record["updated_at"]) for record in records]
    for (first, second), record in zip(pairwise(at), records[1:], strict=True):
        assert second - first >= POLICY["interval_minutes"] * MINUTE or record["kind"] in {"correction", "shut_off"}
    for before, now in pairwise(records):
        alike = ("message_code", "parameters", "usage_point_ids", "outage_id")
        assert any(before[name] != now[name] for name in alike) or now["kind"] in {"outage", "correction"}
        fresh = now["updated_at"] < before["expires_at"]
        assert now["supersedes"] == (before["notification_id"] if fresh else None)
    if "quiet_from" in owner and who["role"] != "medical":
        zone = ZoneInfo(owner.get("time_zone", "Europe/Zurich"))
        for one in at:
            local = datetime.fromtimestamp(one / 1000, UTC).astimezone(zone).strftime("%H:%M")
            begin, end = owner["quiet_from"], owner["quiet_to"]
            assert not (begin <= local < end if begin < end else local >= begin or local < end)


@settings(max_examples=100, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 1 << 32))
def test_whoever_may_be_told_knows_in_the_end_how_things_stand(seed: int) -> None:
    world, accounts = storm(seed)
    for _ in range(3):  # what waits for an interval, for the time after which an outage counts, and a night
        world.live(12 * 3600)
    last: dict[tuple[str, str, str], Record] = {}
    for record in world.told:
        for point in record["usage_point_ids"]:
            last[record["account_id"], record["contact_id"], point] = record
    for owner in accounts:
        for who in owner["contacts"]:
            if not who["consent"] or "preferences" in owner:
                continue
            for point in owner["usage_point_ids"]:
                told, state = last.get((owner["account_id"], who["contact_id"], point)), world.states.get(point, {})
                if state.get("message_code") in OUT and not state["stale"]:
                    assert told is not None
                    assert told["kind"] != "restored" or told["message_code"] == "digest"
                elif state.get("power") == "on" and not state["stale"]:
                    assert (
                        told is None or told["kind"] in {"restored", "correction"} or told["message_code"] == "digest"
                    )


@settings(max_examples=25, deadline=None, phases=[Phase.generate])
@given(st.integers(0, 1 << 32))
def test_what_is_told_does_not_depend_on_being_saved_or_on_when_the_instants_come(seed: int) -> None:
    draw = random.Random(seed)
    one, other, town, accounts = World(), World(), Town(draw), some_accounts(draw, 20)
    for world in (one, other):
        world.live(0, accounts=[entry(some) for some in accounts])
    for _ in range(30):
        seconds = draw.choice([1, 30, 300, 3000])
        said = town.step(one.now + seconds * 1000)
        one.live(seconds, said)
        other.life = other.open(unseal(seal(other.life.save()), "it"))
        for part in (seconds // 3, seconds - seconds // 3):
            other.live(part, said if part == seconds - seconds // 3 else ())
    assert one.told == other.told


def gained(number: int, world: World, points: list[int], after: int, **facts: Any) -> list[tuple[str, Record]]:
    return said_of(number, world, points, "gained", after, **facts)


def said_of(
    number: int, world: World, points: list[int], change: str, after: int, out_for: int = 0, **facts: Any
) -> list[tuple[str, Record]]:
    """A revision with entries of the ledger, so many seconds from now; who is out has been so for `out_for` seconds."""
    at = world.now + after * 1000
    named = {"revision": world.number + 1, "event_id": f"{name_of(number)}:{world.number + 1}"}
    outage = revision(number, at // 1000, 10 * world.number + number, **{"zone_id": "z0"} | named | facts)
    ledger = {
        **{name: outage[name] for name in ("schema_version", "organisation", "outage_id", "revision", "zone_id")},
        **{name: outage[name] for name in ("updated_at", "network_version", "sequence")},
        "event_id": f"{outage['outage_id']}:{outage['revision']}", "part": 1, "parts": 1, "usage_points": points,
        "changes": [change] * len(points), "out_at": [at - 1000 * out_for] * len(points), "at": [at] * len(points),
        "others": [None] * len(points),
    }  # fmt: skip
    return [("outage.lifecycle.events.v1", outage), ("outage.membership.events.v1", ledger)]


def kinds(records: list[Record]) -> list[tuple[str, str]]:
    return [(record["kind"], record["message_code"]) for record in records]


def test_the_life_of_an_outage() -> None:
    world = World({"outage_after_minutes": 5, "interval_minutes": 0})
    world.live(0, accounts=[entry(account("A", [1, 2]))])
    assert world.live(1, gained(7, world, [1, 2], 1)) == []
    assert kinds(world.live(301)) == [("outage", "assessing")]
    assert world.told[0]["text"].startswith("Your power has been out since")
    assert (world.told[0]["outage_id"], world.told[0]["usage_point_ids"]) == (name_of(7), ["UP1", "UP2"])
    promise = {"etr_public": format_time(world.now + 3 * 3_600_000), "etr_stage": "outage"}
    told = world.live(60, said_of(7, world, [1, 2], "gained", 60, 361, crews=[CREW]))
    assert kinds(told) == [("crew", "crew_assigned")]
    told = world.live(60, said_of(7, world, [1, 2], "gained", 60, 421, **promise))
    assert kinds(told) == [("estimate", "estimate")]
    soon = promise | {"etr_public": format_time(parse_time(promise["etr_public"]) - 29 * MINUTE)}
    assert world.live(60, said_of(7, world, [1, 2], "gained", 60, 481, **soon)) == []
    told = world.live(60, said_of(7, world, [1], "restored_inferred", 60, 541, **soon))
    assert kinds(told) == [("restored", "probably_restored_please_confirm")]
    assert told[0]["usage_point_ids"] == ["UP1"]
    told = world.live(60, said_of(7, world, [1], "gained", 60, 601, **soon))
    assert kinds(told) == [("correction", "still_out")]
    assert told[0]["text"].startswith("We told you that your power was back. That was wrong")


def test_what_had_to_wait_tells_what_holds_by_then() -> None:
    world = World({"outage_after_minutes": 0, "interval_minutes": 30})
    world.live(0, accounts=[entry(account("A", [1]))])
    assert kinds(world.live(1, gained(7, world, [1], 1))) == [("outage", "assessing")]
    assert world.live(60, said_of(7, world, [1], "restored_confirmed", 60, 60)) == []
    told = world.live(60, gained(9, world, [1], 60))
    assert told == [], "out once more, and it has not been told that power was back"
    told = world.live(1800)
    assert [(one["kind"], one["outage_id"]) for one in told] == [("outage", name_of(9))]


@pytest.mark.parametrize(
    ("work", "expected"), [(WORK, []), (WORK | {"kind": "safety_shutoff"}, [("shut_off", "planned")])]
)
def test_a_shut_off_is_told_in_the_night_and_other_works_are_not(work: Record, expected: Any) -> None:
    world = World({"quiet_from": "00:00", "quiet_to": "23:59"})
    world.live(0, accounts=[entry(account("A", [1]))])
    assert kinds(world.live(1, gained(7, world, [1], 1, planned=work))) == expected


def test_medical_contacts_are_told_at_any_hour_and_third_parties_of_less() -> None:
    world = World({"quiet_from": "00:00", "quiet_to": "23:59", "interval_minutes": 0, "outage_after_minutes": 0})
    contacts = [contact("m", role="medical"), contact("t", role="third_party"), contact("h")]
    free = {"quiet_from": "03:00", "quiet_to": "03:00"}
    world.live(
        0, accounts=[entry(account("A", [1], contacts=contacts)), entry(account("B", [1], contacts=contacts) | free)]
    )
    told = world.live(1, gained(7, world, [1], 1))
    assert [(one["account_id"], one["contact_id"]) for one in told] == [("A", "m"), ("B", "m"), ("B", "t"), ("B", "h")]
    assert told[2]["text"].startswith("This is about a customer who has named you as a contact")
    told = world.live(60, said_of(7, world, [1], "gained", 60, 60, crews=[CREW]))
    assert [(one["account_id"], one["contact_id"]) for one in told] == [("A", "m"), ("B", "m"), ("B", "h")]


def test_critical_customers_come_first_and_several_states_are_one_message() -> None:
    world = World({"outage_after_minutes": 0})
    some = [account(f"A{number}", [number]) for number in range(3)]
    world.live(0, accounts=map(entry, [*some, account("Z", [0, 3, 4], **{"class": "critical"})]))
    promise = {"etr_public": format_time(world.now + 3_600_000), "etr_stage": "outage"}
    both = [*gained(7, world, [0, 1, 2], 1), *gained(8, world, [3], 1, **promise)]
    told = world.live(1, both)
    assert [one["account_id"] for one in told] == ["Z", "A0", "A1", "A2"]
    assert told[0]["text"] == "2 of your 3 connections are without power."
    assert (told[0]["message_code"], told[0]["outage_id"]) == ("digest", None)


def called(**place: str) -> Any:
    """A call as the flow reads it in its log."""
    event = {
        "event_id": "e",
        "kind": "no_power",
        "channel": "web",
        "observed_at": 0,
        "received_at": START * 1000,
        **place,
    }
    taken = CallReader(lambda ids: [int(one.removeprefix("UP")) for one in ids])("k", orjson.dumps(event))
    assert taken.everywhere == ("usage_point_id" in place)
    return entry(account("A", [1]))._replace(key=taken.key, record=taken.said)


def test_who_called_is_told_and_asked_first_when_power_should_be_back() -> None:
    world = World({"outage_after_minutes": 0, "interval_minutes": 0})
    some = [account(f"A{number}", [number]) for number in range(5)]
    world.live(0, accounts=map(entry, [*some, account("Z", [5], **{"class": "critical"})]))
    told = world.live(1, gained(7, world, [0, 1, 2, 3, 4, 5], 1))
    assert [one["account_id"] for one in told] == ["Z", "A0", "A1", "A2", "A3", "A4"]
    world.live(1, accounts=[called(usage_point_id="UP3"), called(account_id="A2")])
    world.life = world.open(unseal(seal(world.life.save()), "it"))
    told = world.live(60, said_of(7, world, [0, 1, 2, 3, 4, 5], "restored_inferred", 60, 62))
    assert [one["account_id"] for one in told] == ["Z", "A2", "A3", "A0", "A1", "A4"]
    assert {one["message_code"] for one in told} == {"probably_restored_please_confirm"}
    world.live(26 * 3600)
    again = world.live(60, gained(8, world, [0, 3], 60))
    assert [one["account_id"] for one in again] == ["A0", "A3"], "a day later it is forgotten"


def test_an_account_that_comes_amid_an_outage_is_told_and_one_that_goes_leaves_nothing() -> None:
    world = World({"outage_after_minutes": 0})
    world.live(0, gained(7, world, [1], 0))
    assert kinds(world.live(1, accounts=[entry(account("Amalia", [1]))])) == [("outage", "assessing")]
    assert b"Amalia" in seal(world.life.save())
    assert b"secret" not in seal(world.life.save()), "no address goes beyond the accounts' topic"
    world.live(1, accounts=[entry(None, "Amalia")])
    assert b"Amalia" not in seal(world.life.save())
    assert world.live(3600, said_of(7, world, [1], "restored_confirmed", 3600, 3600)) == []


def test_what_does_not_come_when_the_whole_table_is_told_is_gone() -> None:
    world = World({"outage_after_minutes": 0})
    world.live(0, accounts=map(entry, [account("A", [1]), account("B", [2])]))
    mark = entry(account("A", [1]))
    begin, end = mark._replace(key="", record=["begin"]), mark._replace(key="", record=["end"])
    world.live(1, accounts=[begin])
    world.life = world.open(unseal(seal(world.life.save()), "it"))
    world.live(1, accounts=[entry(account("B", [2])), end])
    told = world.live(1, gained(7, world, [1, 2], 1))
    assert [one["account_id"] for one in told] == ["B"]


def from_outside(*said: Any) -> Any:
    return entry(account("A", [1]))._replace(record=list(said))


def test_who_answers_stop_is_told_nothing_until_it_says_otherwise() -> None:
    world = World({"outage_after_minutes": 0, "interval_minutes": 0})
    own = account("A", [1], contacts=[contact("c1", consent_at=world.now - 1), contact("c2")])
    world.live(0, accounts=[entry(own)])
    world.live(1, accounts=[from_outside("reply", "c1", "stop", world.now)])
    world.live(1, accounts=[entry(own), from_outside("reply", "c1", "start", world.now - 5000)])
    world.life = world.open(unseal(seal(world.life.save()), "it"))
    told = world.live(1, gained(7, world, [1], 1))
    assert [one["contact_id"] for one in told] == ["c2"]
    told = world.live(1, accounts=[from_outside("reply", "c1", "start", world.now)])
    assert [one["contact_id"] for one in told] == ["c1"]
    world.live(1, accounts=[from_outside("reply", "c1", "stop", world.now + 1)])
    assert world.live(60, said_of(7, world, [1], "gained", 60, 63, crews=[CREW]))[0]["contact_id"] == "c2"
    again = own | {"contacts": [contact("c1", consent_at=world.now), contact("c2")]}
    assert [one["contact_id"] for one in world.live(1, accounts=[entry(again)])] == ["c1"]


@pytest.mark.parametrize("status", ["expired", "superseded", "stale", "stopped"])
def test_what_was_not_sent_has_not_been_told(status: str) -> None:
    world = World({"outage_after_minutes": 0, "interval_minutes": 30})
    world.live(0, accounts=[entry(account("A", [1]))])
    (first,) = world.live(1, gained(7, world, [1], 1))
    world.live(60, said_of(7, world, [1], "gained", 60, 60, crews=[CREW]))
    (second,) = world.live(1, accounts=[from_outside("receipt", "c1", first["notification_id"], status)])
    assert (second["kind"], second["message_code"], second["supersedes"]) == ("outage", "crew_assigned", None)
    assert world.live(1, accounts=[from_outside("receipt", "c1", first["notification_id"], status)]) == []
    world.live(1, accounts=[from_outside("receipt", "c1", second["notification_id"], "delivered")])
    assert kinds(world.live(1800, said_of(7, world, [1], "restored_confirmed", 1800, 1862))) == [
        ("restored", "restored")
    ]


def test_who_cannot_be_reached_is_tried_again_by_the_interval_until_it_is_given_up() -> None:
    world = World({"outage_after_minutes": 0, "interval_minutes": 30})
    world.live(0, accounts=[entry(account("A", [1]))])
    world.live(1, gained(7, world, [1], 1))
    for tries in range(1, 4):
        assert len(world.told) == tries
        failed = from_outside("receipt", "c1", world.told[-1]["notification_id"], "failed")
        assert world.live(1, accounts=[failed]) == []
        world.life = world.open(unseal(seal(world.life.save()), "it"))
        world.live(1800)
    assert len(world.told) == 3
    assert kinds(world.live(1, accounts=[entry(account("A", [1], contacts=[contact("c1", language="de")]))])) == [
        ("outage", "assessing")
    ]
