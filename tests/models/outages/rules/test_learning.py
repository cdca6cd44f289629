"""What outages teach of delivery: each once, when its wave is over and when it has ended, and from the next instant."""

from __future__ import annotations

import pytest

from models.outages.engine import Engine
from models.outages.inference.knowledge import SOURCES
from models.outages.weights.scores import WHOLE
from tests.worlds.evidence import Evidence, Reader, instant_by_instant, moment
from tests.worlds.town import A, B, names, town

FUSE = f"{A} {B}"
Taught = tuple[float, float]
"""So many spoke, of so many that could have."""


def engine_after(evidence: Evidence, until: float, apart: bool = False) -> Engine:
    reader = Reader(town(apart=apart), evidence.lines())
    for topic, lines in reader.lines.items():
        reader.advance(topic, len(lines))
    reader.pass_time(moment(until))
    return reader.engine


def gasps(engine: Engine) -> Taught:
    memory = engine.state.partition.memory
    return memory.gasps.sum() / WHOLE, memory.gasps_of.sum() / WHOLE


def returns(engine: Engine) -> Taught:
    memory = engine.state.partition.memory
    return memory.returns.sum() / WHOLE, memory.returns_of.sum() / WHOLE


def fuse_out(told: bool = True, end: float = 2000) -> Evidence:
    """Six of eight gasp, five of eight say that power is back."""
    evidence = Evidence()
    if told:
        evidence.scada("fuse", "open", 1000)
        evidence.scada("fuse", "closed", end)
    evidence.meter("a1 a2 a3 b1 b2 b3", "last_gasp", 1000, 30)
    evidence.meter("a1 a2 a3 b1 b2", "power_restored", end, 30)
    return evidence


def test_a_wave_teaches_once_it_is_over_and_the_end_teaches_of_the_return() -> None:
    assert gasps(engine_after(fuse_out(), 1200)) == (0, 0)
    assert engine_after(fuse_out(), 1200).shares_of_zone(0) == (None, None)
    assert (gasps(engine_after(fuse_out(), 1700)), returns(engine_after(fuse_out(), 1700))) == ((6, 8), (0, 0))
    engine = engine_after(fuse_out(), 4000)
    assert (gasps(engine), returns(engine)) == ((6, 8), (5, 8))
    assert engine.shares_of_zone(0) == (6 / 8, 5 / 8)


def test_of_an_outage_that_only_its_meters_tell_of_the_first_one_teaches_nothing() -> None:
    """Had nobody spoken it would not be known: those that spoke are too many by one."""
    assert gasps(engine_after(fuse_out(told=False), 1700)) == (5, 7)


def test_a_dip_teaches_nothing_since_not_all_meters_notice_it() -> None:
    engine = engine_after(fuse_out(end=1030), 4000)
    assert (gasps(engine), returns(engine)) == ((0, 0), (0, 0))


def test_a_suspicion_teaches_nothing() -> None:
    evidence = Evidence()
    evidence.meter("a1", "last_gasp", 1000, 5)
    evidence.meter("a1", "power_restored", 1050, 5)
    assert gasps(engine_after(evidence, 4000)) == (0, 0)


def test_each_collector_is_taught_of_its_own_meters() -> None:
    engine = engine_after(fuse_out(), 4000, apart=True)
    memory, forest, network = (
        engine.state.partition.memory,
        engine.state.partition.forest,
        engine.state.partition.network,
    )
    taught = {}
    for name in (*names("a"), *names("b"), "c1"):
        row = int(forest.delivery_row[network.find_points([name])[0]])
        taught[name] = int(memory.gasps[row : row + 1 + SOURCES].sum()) // WHOLE
        assert int(memory.gasps_of[row : row + 1 + SOURCES].sum()) == (WHOLE if name != "c1" else 0)
    assert taught == {"a1": 1, "a2": 1, "a3": 1, "a4": 0, "b1": 1, "b2": 1, "b3": 1, "b4": 0, "c1": 0}


def test_what_an_instant_teaches_counts_from_the_next_one() -> None:
    """No record of the instant at which the wave is over is other than without learning: state changes after it."""
    reader, before = Reader(town(), fuse_out().lines()), (0.0, 0.0)
    for _ in instant_by_instant(reader, moment(1700)):
        drawn_with, before = before, gasps(reader.engine)
        if before != (0, 0):
            assert drawn_with == (0, 0)
            return
    pytest.fail("nothing was taught")


def test_the_silence_of_collectors_that_always_spoke_refutes_a_device() -> None:
    """Four of 24 speak: a collector may be silent as a whole, unless it never was."""
    each = 12
    all_points = " ".join([*names("a", each), *names("b", each)])
    evidence = Evidence()
    for at in (1000, 5000):
        evidence.scada("fuse", "open", at)
        evidence.meter(all_points, "last_gasp", at, 30)
        evidence.scada("fuse", "closed", at + 1000)
        evidence.meter(all_points, "power_restored", at + 1000, 30)
    taught = len(evidence.rows)
    evidence.meter("a1 a2 b1 b2", "last_gasp", 40_000, 30)
    found = []
    for rows in (evidence.rows[taught:], evidence.rows):
        reader = Reader(town(each=each), Evidence(rows).lines())
        for topic, lines in reader.lines.items():
            reader.advance(topic, len(lines))
        reader.pass_time(moment(40_400))
        last = reader.answer.last().values()
        found.append([one["device_id"] for one in last if one["status"] == "detected"])
    assert found == [["fuse"], []]
