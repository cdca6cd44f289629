"""Customers' states against the ledger replayed point by point in plain dictionaries; restarts and lost states."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapters.kafka.records.output_record import outgoing
from adapters.kafka.records.output_rows import outgoing_rows
from models.contracts.outputs.customer_power import CustomerPowerRecord, CustomerPowerTombstone
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, ZONE_HEALTH
from models.customers.customers import Customers
from models.customers.news import news_of
from models.customers.output import CUSTOMER_POWER
from models.customers.policy import CustomerPolicy
from models.messages.codes import TABLE
from models.timeline.life import ADDED, Life, Start
from models.timeline.moment import Moment
from models.timeline.rows import NumberedRows, digest_of
from models.times.iso8601 import format_time, parse_time
from tests.worlds.ledgers import Town, followed
from tests.worlds.lifecycles import START

Record = dict[str, Any]
Said = list[tuple[str, Record]]
STEP = 15
FINAL = {"restored", "merged", "cancelled"}
TOLD_ON = {"restored", "probably_restored_please_confirm"}


def names(numbers: Any) -> list[str]:
    return [f'P"{number}%é' for number in numbers.tolist()]


def open_life(saved: Any = None, start: Start | None = None) -> Life:
    policy = CustomerPolicy(estimate_step_minutes=STEP)
    return Life(lambda own: Customers(names, policy, own), [CUSTOMER_POWER], "test", saved, start)


def moments(draw: random.Random, count: int) -> list[tuple[int, Said]]:
    town, now, some = Town(draw), START * 1000, []
    for _ in range(count):
        now += draw.randint(1, 400) * 1000
        some.append((now, town.step(now)))
    return [*some, (now + 60_000, [])]  # time goes on, also while nothing happens


def live(life: Life, number: int, instant: int, said: Said) -> list[Record]:
    records = tuple(one._replace(record=news_of(one)) for one in followed(said))
    written: list[Record] = []
    for _, rows in life.take(Moment(number, instant, records)):
        assert isinstance(rows, NumberedRows)
        lines = list(rows.records())
        written += lines
        for line, one in zip(lines, outgoing_rows(CUSTOMER_POWER, rows, "test"), strict=True):
            expected = outgoing(CUSTOMER_POWER, line, "test")
            assert one._replace(headers=None) == expected._replace(headers=None)
            assert dict(one.headers or []) == dict(expected.headers or [])
    for record in written:
        if "tombstone" in record:
            CustomerPowerTombstone.model_validate(record)
        else:
            CustomerPowerRecord.model_validate(record)
            assert record["message_code"] is None or record["message_code"] in TABLE
    return written


@dataclass
class Oracle:
    """What stands by key; every point is derived anew from all that was ever said of it."""

    entries: dict[int, list[tuple[str, str, int, int, int]]] = field(default_factory=dict)
    """Outage, change, out_at, at, revision, in order."""
    outages: dict[str, Record] = field(default_factory=dict)
    told: dict[str, Record] = field(default_factory=dict)
    facts: dict[str, Record] = field(default_factory=dict)
    """Of each outage, the revision that is told."""
    aside: set[str] = field(default_factory=set)

    def live(self, instant: int, said: Said) -> dict[str, Record | None]:
        """What is to be written at an instant, by key; None is a tombstone."""
        flipped = {record["zone_id"] for topic, record in said if topic == ZONE_HEALTH}
        for topic, record in said:
            if topic == OUTAGE_LIFECYCLE:
                self._revise(record)
            elif topic == OUTAGE_MEMBERSHIP:
                self._enter(record)
        self.aside ^= flipped
        written = {names(_Numbers([point]))[0]: self._news(point, instant, flipped) for point in self.entries}
        news = {key: one or None for key, one in written.items() if one is not None}
        self.told = {key: one for key, one in (self.told | news).items() if one is not None}
        return news

    def _news(self, point: int, instant: int, flipped: set[str]) -> Record | None:
        """What is to be written of a point: nothing, an empty record as a tombstone."""
        before = self.told.get(names(_Numbers([point]))[0])
        now = self._state(point, before)
        if now is None:
            return None if before is None else {}
        if before is None and now["message_code"] in {"never_out", "cancelled"}:
            return None
        renewed = now["zone_id"] in flipped and before is not None and before["stale"] != now["stale"]
        if before is not None and _key(now) == _key(before) and not renewed:
            return None
        now["as_of"] = format_time(instant)
        if before is not None and _key(now, found=True) == _key(before, found=True):
            now |= {name: before[name] for name in ("as_of", "revision")}
        return now

    def _enter(self, record: Record) -> None:
        columns = (record[name] for name in ("usage_points", "changes", "out_at", "at"))
        for point, change, out_at, at in zip(*columns, strict=True):
            known = (record["outage_id"], change, out_at, at, record["revision"])
            self.entries.setdefault(point, []).append(known)

    def _revise(self, record: Record) -> None:
        name = record["outage_id"]
        self.outages[name] = record
        known = self.facts.get(name)
        if known is None or _of_outage(known) != _of_outage(record) or _moved(known, record):
            self.facts[name] = record

    def _state(self, point: int, told: Record | None) -> Record | None:
        """How a point stands by all entries: None if it has left."""
        history = self.entries[point]
        if any(change == "removed" for _, change, *_ in history):
            return None
        last: dict[str, tuple[int, tuple[str, str, int, int, int]]] = {}
        for order, entry in enumerate(history):
            last[entry[0]] = (order, entry)
        outs, backs = [], []
        for order, (outage, change, out_at, at, revision) in last.values():
            end = self.outages[outage]
            if change == "gained" and end["status"] in FINAL:
                backs.append((parse_time(end["restored_at"]), order, outage, "inferred", end["revision"]))
            elif change == "gained":
                outs.append((order, outage, out_at))
            elif change.startswith("restored"):
                backs.append((at, order, outage, change.removeprefix("restored_"), revision))
        if outs:
            _, outage, out_at = max(outs)
            return self._out(outage, out_at, told)
        latest = last[[outage for outage, change, *_ in history if change == "gained"][-1]][1]
        if latest[1] == "lost":
            cancelled = self._status_at(latest) == "cancelled"
            return self._on(latest[0], latest[4], None, None, "cancelled" if cancelled else "never_out")
        at, _, outage, basis, revision = max(backs)
        code = "restored" if basis == "confirmed" else "probably_restored_please_confirm"
        return self._on(outage, revision, at, basis, code)

    def _status_at(self, entry: tuple[str, str, int, int, int]) -> str:
        end = self.outages[entry[0]]
        return str(end["status"]) if end["revision"] == entry[4] else "open"

    def _out(self, outage: str, out_at: int, told: Record | None) -> Record:
        facts = self.facts[outage]
        code, parameters = _message(facts)
        wrong = told is not None and (told["message_code"] in TOLD_ON or told.get("wrong"))
        wrong = wrong and told is not None and out_at <= parse_time(told["since"])
        if wrong and code is not None:
            code, parameters = "still_out", {**parameters, "otherwise": code}
        parameters = {**parameters, "since": format_time(out_at)} if code is not None else {}
        return self._common(facts) | {
            "power": "out", "revision": facts["revision"], "since": format_time(out_at), "basis": facts["evidence"],
            "planned": facts["planned"], "etr_public": facts["etr_public"], "etr_stage": facts["etr_stage"],
            "stale": facts["degraded"] or facts["zone_id"] in self.aside, "message_code": code,
            "message_parameters": parameters, "wrong": bool(wrong),
        }  # fmt: skip

    def _on(self, outage: str, revision: int, at: int | None, basis: str | None, code: str) -> Record:
        aside = self.outages[outage]["zone_id"] in self.aside
        since = None if at is None else format_time(at)
        return self._common(self.outages[outage]) | {
            "power": "unknown" if aside else "on", "revision": revision, "since": since, "basis": basis,
            "planned": None, "etr_public": None, "etr_stage": None, "stale": aside,
            "message_code": "unknown" if aside else code, "message_parameters": {"since": since}, "code": code,
        }  # fmt: skip

    def _common(self, outage: Record) -> Record:
        return {"outage_id": outage["outage_id"], "zone_id": outage["zone_id"]}


class _Numbers(list[int]):
    def tolist(self) -> list[int]:
        return list(self)


def _message(outage: Record) -> tuple[str | None, Record]:
    if outage["operators"] and outage["operators"]["publication_held"]:
        return None, {}
    if outage["planned"]:
        times = {name: outage["planned"][name] for name in ("planned_from", "planned_to")}
        return "planned", {**times, "etr_public": outage["etr_public"]}
    if outage["etr_public"]:
        return "estimate", {"etr_public": outage["etr_public"], "etr_stage": outage["etr_stage"]}
    if outage["crews"]:
        return "crew_assigned", {"crew_status": outage["crews"][0]["status"]}
    return ("assessing" if outage["sustained_at"] or outage["evidence"] == "confirmed" else "detected"), {}


def _of_outage(outage: Record) -> Any:
    code, parameters = _message(outage)
    own = {name: value for name, value in parameters.items() if not name.startswith("etr_")}
    return outage["evidence"], outage["planned"], code, own


def _moved(known: Record, record: Record) -> bool:
    before, now = known["etr_public"], record["etr_public"]
    if before is None or now is None:
        return bool(before != now)
    return abs(parse_time(now) - parse_time(before)) >= STEP * 60_000


def _key(record: Record, *, found: bool = False) -> Any:
    """What makes a record another one; `found`: but for what the zone's being set aside makes of it."""
    code = record.get("code", record["message_code"])
    common = (record["outage_id"], record["since"], record["basis"], record["planned"], record.get("wrong"), code)
    own = {name: value for name, value in record["message_parameters"].items() if not name.startswith("etr_")}
    etr = record["etr_public"] if record["power"] == "out" else None
    return (*common, own, etr) if found else (*common, own, etr, record["power"])


@settings(phases=[Phase.generate])
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_each_record_is_what_the_ledger_says_of_the_point(draw: random.Random, count: int) -> None:
    """And no other is written; a state that is saved and opened again changes nothing."""
    oracle, life, sequence = Oracle(), open_life(), 0
    for number, (instant, said) in enumerate(moments(draw, count), start=1):
        written = live(life, number, instant, said)
        expected = oracle.live(instant, said)
        assert sorted(one["usage_point_id"] for one in written if "tombstone" in one) == [
            key for key, one in sorted(expected.items()) if one is None
        ]
        fields = {one["usage_point_id"]: one for one in written if "tombstone" not in one}
        assert fields.keys() == {key for key, one in expected.items() if one is not None}
        for key, one in expected.items():
            if one is not None:
                assert {name: fields[key][name] for name in one if name not in {"wrong", "code"}} == {
                    name: value for name, value in one.items() if name not in {"wrong", "code"}
                }
        assert [one["sequence"] for one in written] == list(range(sequence + 1, sequence + len(written) + 1))
        sequence += len(written)
        if draw.random() < 0.3:
            life = open_life(msgspec.msgpack.decode(msgspec.msgpack.encode(life.save())))


@settings(phases=[Phase.generate])
@given(st.randoms(use_true_random=False), st.integers(2, 30))
def test_without_its_state_it_comes_to_the_same_last_records_and_repeats_no_id(draw: random.Random, count: int) -> None:
    some = moments(draw, count)
    written = [live(life, number, *one) for life in [open_life()] for number, one in enumerate(some, start=1)]
    whole = [record for records in written for record in records]
    before = whole[: draw.randint(0, len(whole))]
    until = max((parse_time(record["updated_at"]) for record in before), default=0)
    standing = {key: digest_of(fields) for key, fields in last(before).items()}
    start = Start({CUSTOMER_POWER.name: len(before)}, until, standing={CUSTOMER_POWER.name: standing})
    life, after = open_life(start=start), []
    for number, one in enumerate(some, start=1):
        after += live(life, number, *one)
        if draw.random() < 0.2:
            life = open_life(msgspec.msgpack.decode(msgspec.msgpack.encode(life.save())))
    assert last(before + after) == last(whole)
    standing_now = last(before)
    for record in after:
        assert standing_now.get(record["usage_point_id"]) != contents(record)
        standing_now[record["usage_point_id"]] = contents(record)
    ids = [record["event_id"] for record in before + after if "tombstone" not in record]
    assert len(set(ids)) == len(ids)


def last(records: list[Record]) -> dict[str, Record]:
    """The last record of each key without what the frame adds."""
    found: dict[str, Record] = {}
    for record in records:
        found.pop(record["usage_point_id"], None)
        if "tombstone" not in record:
            found[record["usage_point_id"]] = contents(record)
    return found


def contents(record: Record) -> Record:
    """What a record says, without its key and what the frame adds."""
    return {name: value for name, value in record.items() if name not in {*ADDED, "usage_point_id"}}
