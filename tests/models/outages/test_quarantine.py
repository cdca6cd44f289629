"""A zone in which a rule fails is set aside, the others say what they would have said without it; it can come back."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.contracts.outputs.zone_health import ZoneHealthRecord
from models.contracts.topics import SCADA_EVENTS
from models.ingest.origin_reader import OriginReader
from models.outages import instants, publishing
from models.outages.engine import Engine
from models.outages.feeding import backfeed
from models.outages.inference.knowledge import FREE, NOBODY, RETURNED
from models.outages.publishing import Published
from models.outages.rules import crew_reports as crew
from models.outages.rules import reconcile, returning, review
from models.outages.state.outage import Outage
from models.outages.state.partition import Partition
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from tests.worlds.evidence import Evidence
from tests.worlds.evidence_log import ORIGINS, Appended, random_log
from tests.worlds.golden import GoldenStorm, golden_storm
from tests.worlds.networks import Device, Point
from tests.worlds.random_storms import Storm, storms

POISONED = 0
LIVELY = 900
Call = Callable[..., Any]
Records = list[dict[str, Any]]


class PoisonError(Exception):
    """What the poisoned rule raises."""


def of_outage(arguments: tuple[Any, ...]) -> bool:
    return any(isinstance(one, Outage) and one.zone == POISONED for one in arguments)


def of_zone(arguments: tuple[Any, ...]) -> bool:
    return bool(arguments[1] == POISONED)


def of_device(arguments: tuple[Any, ...]) -> bool:
    partition: Partition = arguments[0]
    return int(partition.network.device_zone[arguments[1]]) == POISONED


def of_section(arguments: tuple[Any, ...]) -> bool:
    about, number = arguments
    return of_device((about.partition, about.partition.network.device_at(number)))


def of_crew(arguments: tuple[Any, ...]) -> bool:
    return crew.zone_of(arguments[0], arguments[2]) == POISONED


def of_span(arguments: tuple[Any, ...]) -> bool:
    """A picture of the zone, whose usage points come first."""
    return bool(arguments[1].point < of_span.points)  # type: ignore[attr-defined]


def of_finding(arguments: tuple[Any, ...]) -> bool:
    return bool(arguments[1] == POISONED)


RULES: list[tuple[Any, str, Callable[[tuple[Any, ...]], bool]]] = [
    (instants, "hear_scada", of_device),
    (crew, "hear_crew", of_crew),
    (review, "_review_zone", of_zone),
    (review, "draw_picture", of_span),
    (review, "review_suspicion", of_outage),
    (review, "review_duration", of_outage),
    (review, "review_return", of_outage),
    (review, "conclude", of_outage),
    (reconcile, "make_outage", of_finding),
    (reconcile, "name_outage", of_outage),
    (returning, "end_transferred", of_outage),
    (publishing.Publisher, "say", of_outage),
    (backfeed, "_review", of_section),
    (publishing.Publisher, "_next", lambda _: False),
]
"""What is poisoned, and how a call that is about the zone is known. The last is healthy."""
HEALTHY = len(RULES) - 1


@contextmanager
def poison(rule: int, calls: int) -> Iterator[list[str]]:
    """A rule fails in the zone from a call on: before it has done anything, or after it has done all.

    Gives the rule's name once for each time that it failed.
    """
    place, name, concerns = RULES[rule]
    whole, left = getattr(place, name), calls
    failed: list[str] = []

    def poisoned(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        if not concerns(arguments):
            return whole(*arguments, **named)
        left -= 1
        if left < 0 and left % 2:
            failed.append(name)
            raise PoisonError(f"{name} at 0x7f{left + 100:x}\nfails")
        result = whole(*arguments, **named)
        if left < 0:
            failed.append(name)
            raise PoisonError("fails at last")
        return result

    setattr(place, name, poisoned)
    try:
        yield failed
    finally:
        setattr(place, name, whole)


def read(
    storm: Storm | GoldenStorm, log: list[Appended], restarts: random.Random | None = None
) -> tuple[Engine, Published]:
    """Play a log, now and then from a snapshot."""
    parameters = Parameters()
    of_span.points = int(storm.network.zone_point_start[1])  # type: ignore[attr-defined]
    shared = Shared(storm.network, parameters, lay_delivery(storm.network, parameters))
    engine, all_said = Engine(shared, ORIGINS), Published()
    for offset, appended in enumerate(log):
        take(all_said, engine.advance(appended.batch, appended.at, offset))
        if restarts is not None and restarts.random() < 0.3:
            engine = Engine(shared, ORIGINS, state=engine.snapshot())
    return engine, all_said


def take(all_said: Published, said: Published) -> None:
    for name in ("lifecycle", "restorations", "membership", "states", "health"):
        getattr(all_said, name).extend(getattr(said, name))


def of_others(records: Records, storm: Storm, known: Records) -> Records:
    """The records of the sound zones, without their numbers."""
    zone = {record["outage_id"]: record["zone_id"] for record in known}
    poisoned = storm.network.zone_ids[POISONED]
    return [
        {name: value for name, value in record.items() if name != "sequence"}
        for record in records
        if zone[record["outage_id"]] != poisoned
    ]


@settings(max_examples=100)
@given(
    storm=storms(),
    draw=st.randoms(use_true_random=False),
    rule=st.integers(0, len(RULES) - 1),
    calls=st.sampled_from((0, 0, 1, 3)),
)
def test_the_other_zones_do_not_notice(storm: Storm, draw: random.Random, rule: int, calls: int) -> None:
    assume(len(storm.network.zone_ids) > 1)
    log = random_log(storm.network, storm.lines, draw, LIVELY, repeat=False)
    _, expected = read(storm, log)
    with poison(rule, calls) as failed:
        engine, said = read(storm, log)
    assert bool(engine.quarantined) == bool(failed)
    with poison(rule, calls):
        _, again = read(storm, log, draw)
    assert (again.lifecycle, again.states) == (said.lifecycle, said.states)
    assert [record | {"error": ""} for record in again.health] == [record | {"error": ""} for record in said.health]
    for name in ("lifecycle", "restorations"):
        mine, theirs = getattr(said, name), getattr(expected, name)
        assert of_others(mine, storm, said.lifecycle) == of_others(theirs, storm, expected.lifecycle)
    check_health(engine, said)
    check_owners(engine)
    resume_and_end(storm, engine, said)


@pytest.mark.parametrize("rule", range(len(RULES)), ids=[name for _, name, _ in RULES])
def test_the_poison_of_each_rule_is_met(rule: int) -> None:
    """The golden storm makes each rule fail, so that the property above can be about all of them."""
    storm = golden_storm()
    with poison(rule, 0) as failed:
        engine, _ = read(storm, random_log(*storm, random.Random(2), LIVELY, repeat=False))
    assert bool(failed) == bool(engine.quarantined) == (rule != HEALTHY)


def check_health(engine: Engine, said: Published) -> None:
    """At most one zone is set aside, and it is told once and in one line."""
    assert len(said.health) == len(engine.quarantined) <= 1
    for record in said.health:
        told = ZoneHealthRecord.model_validate(record)
        assert (told.status, told.sequence, told.revision) == ("quarantined", 1, 1)
        assert "PoisonError at test_quarantine.py" in (told.error or "")
        assert "0x7f" not in (told.error or "")


def check_owners(engine: Engine) -> None:
    """Points have an owner that is open or none, and counts are those of the points."""
    partition = engine.state.partition
    owner = partition.points.owner
    assert ((owner == NOBODY) == (partition.points.phase == FREE)).all()
    assert {int(slot) for slot in owner if slot != NOBODY} <= {one.slot for one in partition.by_name.values()}
    for outage in partition.by_name.values():
        mine = (owner == outage.slot) & (partition.points.phase != RETURNED)
        assert outage.customers_out == partition.forest.customers[mine].sum()


def resume_and_end(storm: Storm, engine: Engine, said: Published) -> None:
    """The zone is taken back: its records go on without a gap, and nothing waits any more."""
    for zone_id in engine.quarantined:
        take(said, engine.resume(zone_id))
        take(said, engine.resume(zone_id))
    later = max(engine.clock, 1) + 3_600_000
    for topic in (origin.partition("/")[0] for origin in ORIGINS):
        take(said, engine.advance(OriginReader(storm.network, topic).end(later)))
    assert engine.quarantined == []
    assert engine.state.quarantine.zones == {}
    statuses = [ZoneHealthRecord.model_validate(record).status for record in said.health]
    assert statuses in ([], ["quarantined", "healthy"])
    revisions: dict[str, int] = {}
    for record in said.lifecycle:
        assert record["revision"] == revisions.get(record["outage_id"], 0) + 1
        revisions[record["outage_id"]] = record["revision"]
    assert [record["sequence"] for record in said.lifecycle] == list(range(1, len(said.lifecycle) + 1))
    check_owners(engine)


def two_towns() -> tuple[Storm, Evidence]:
    devices = [Device(f"{zone} breaker", kind="breaker", substation=zone) for zone in ("north", "south")]
    points = [Point(f"{zone[0]}{i}", f"{zone} breaker") for zone in ("north", "south") for i in range(4)]
    evidence = Evidence()
    for zone in ("north", "south"):
        names = " ".join(f"{zone[0]}{i}" for i in range(4))
        evidence.scada(f"{zone} breaker", "open", 10)
        evidence.meter(names, "last_gasp", 10)
        evidence.scada(f"{zone} breaker", "closed", 1000)
        evidence.meter(names, "power_restored", 1000, started=10)
    return Storm(devices, points, evidence.lines()), evidence


@pytest.mark.parametrize("restarts", [None, random.Random(1)])
def test_what_has_waited_counts_when_the_zone_is_taken_back(restarts: random.Random | None) -> None:
    storm, _ = two_towns()
    log = random_log(storm.network, storm.lines, random.Random(4), 0, repeat=False)
    undisturbed, expected = read(storm, log)
    resume_and_end(storm, undisturbed, expected)
    with poison(RULES.index((instants, "hear_scada", of_device)), 1):
        engine, said = read(storm, log, restarts)
    assert engine.quarantined == ["north"]
    assert sorted((record["zone_id"], record["status"]) for record in last(said)) == [
        ("north", "confirmed"),
        ("south", "restored"),
    ]
    resume_and_end(storm, engine, said)
    assert {record["status"] for record in last(said)} == {"restored"}
    assert sorted(map(outcome, last(said))) == sorted(map(outcome, last(expected)))


def outcome(record: dict[str, Any]) -> tuple[Any, ...]:
    fields = ("zone_id", "outage_id", "device_id", "status", "started_at", "restored_at", "customers_affected")
    return tuple(record[name] for name in fields)


def last(said: Published) -> Records:
    return list({record["outage_id"]: record for record in said.lifecycle}.values())


def test_a_broken_invariant_of_no_zone_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    storm, _ = two_towns()

    def broken(*_: object) -> None:
        raise PoisonError

    monkeypatch.setattr(instants, "join_devices", broken)
    with pytest.raises(PoisonError):
        read(
            storm,
            random_log(storm.network, {SCADA_EVENTS: storm.lines[SCADA_EVENTS]}, random.Random(1), 0, repeat=False),
        )
