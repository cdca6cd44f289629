"""The clock for readers of the outputs: true at every record, never far apart, the same however the log was cut."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.outputs.clock import ClockRecord
from models.contracts.topics import (
    METER_EVENTS,
    NETWORK_ABNORMAL,
    OPERATOR_ANSWERS,
    OUTAGE_LIFECYCLE,
    OUTAGE_MEMBERSHIP,
    OUTAGE_RESTORATION,
    OUTAGE_STATE,
    RAW_TOPICS,
    SAFETY_BACKFEED,
)
from models.evidence.batch import EvidenceBatch
from models.outages.engine import Engine
from models.outages.instant_clock import DAY, MINUTE, SILENCE, Completed, InstantClock
from models.outages.publishing import Published, Publisher, no_sequences
from models.outages.state.partition import Partition
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from models.times.iso8601 import parse_time
from tests.worlds.evidence import Answer, Evidence, moment, play
from tests.worlds.networks import Device, Point, network_of
from tests.worlds.random_storms import Storm, storms

SPAN = 40 * DAY


@settings(max_examples=60)
@given(storm=storms())
def test_each_record_says_how_much_was_written_up_to_its_instant(storm: Storm) -> None:
    answer = play(storm.network, storm.lines)
    for number, record in enumerate(answer.clock, start=1):
        ClockRecord.model_validate(record)
        assert record["sequence"] == number
        assert counts(answer, record["updated_at"]) == {name: record["sequences"].get(name, 0) for name in TOPICS}
    instants = [parse_time(record["updated_at"]) for record in answer.clock]
    written = {parse_time(record["updated_at"]) for of in TOPICS for record in records(answer, of)}
    assert instants == sorted({*instants, *written})
    minutes = [instant for instant in instants if instant % MINUTE == 0]
    assert all(after - before == MINUTE for before, after in pairwise(minutes))
    assert all(instant in written or instant % MINUTE == 0 for instant in instants)


TOPICS = (
    *(OUTAGE_LIFECYCLE, OUTAGE_RESTORATION, OUTAGE_MEMBERSHIP, OUTAGE_STATE, OPERATOR_ANSWERS, NETWORK_ABNORMAL),
    SAFETY_BACKFEED,
)


def records(answer: Answer, topic: str) -> list[dict[str, object]]:
    told = answer.lifecycle, answer.restorations, answer.membership, answer.states, answer.answers, answer.abnormal
    return dict(zip(TOPICS, (*told, answer.backfeed), strict=True))[topic]


def counts(answer: Answer, until: str) -> dict[str, int]:
    return {of: sum(str(record["updated_at"]) <= until for record in records(answer, of)) for of in TOPICS}


@settings(max_examples=8)
@given(st.lists(st.tuples(st.integers(1, SPAN), st.booleans()), min_size=1, max_size=6))
def test_the_clock_goes_on_through_silence_and_slower_through_a_long_one(steps: list[tuple[int, bool]]) -> None:
    """Told in one stretch and piece by piece are the same; no gap is over a minute, after a month over the silence."""
    whole, pieces = tell(steps, 1), tell(steps, 7)
    assert whole == pieces
    lived = sorted({at for at, _ in steps})
    for before, after in pairwise(whole):
        silence = after - max(at for at in lived if at <= before or at == lived[0])
        assert after - before <= (MINUTE if silence <= SILENCE else silence)
    assert len(whole) - sum(at - lived[0] <= SPAN + SILENCE for at in whole) < 10


def tell(steps: list[tuple[int, bool]], pieces: int) -> list[int]:
    """Live through instants, some of which write something, and to the end; each way there in so many pieces."""
    network = network_of([Device("d")], [Point("p", "d")])
    shared = Shared(network, Parameters(), lay_delivery(network, Parameters(), []))
    publisher = Publisher(Partition(shared, "city", None), no_sequences())
    clock = InstantClock(Completed(), publisher, 3)
    last = min(steps)[0]
    for at, writes in [*sorted(dict(steps).items()), (100 * SPAN, False)]:
        for stop in np.linspace(last, at - 1, pieces + 1, dtype=int)[1:].tolist():
            clock.pass_until(stop)
        if at <= SPAN:
            clock.begin(at)
            publisher.sequences["lifecycle"] += writes
            clock.lived(at)
        last = at
    return [parse_time(record["updated_at"]) for record in publisher.published.clock]


@pytest.mark.parametrize("appended_at", [None, 5])
def test_a_partition_without_evidence_has_a_clock_on_a_log_and_none_in_files(appended_at: int | None) -> None:
    network = network_of([Device("d")], [Point("p", "d")])
    shared = Shared(network, Parameters(), lay_delivery(network, Parameters(), []))
    engine = Engine(shared, [f"{topic}/0" for topic in RAW_TOPICS])
    told: list[Published] = []
    for minute in range(-2, 3):  # nobody has said a word before 0
        batch = EvidenceBatch("", moment(60 * minute), first_log_time=moment(-1) if minute >= 0 else 0)
        told += [engine.advance(replace(batch, origin=f"{topic}/0"), appended_at) for topic in RAW_TOPICS]
    clock = [record["updated_at"] for some in told for record in some.clock]
    assert len(clock) == (0 if appended_at is None else 3)


@given(st.lists(st.integers(0, 300), min_size=2, max_size=2), st.lists(st.integers(0, 400), max_size=6), st.data())
def test_the_clock_of_a_log_begins_with_the_first_record_however_the_log_was_cut(
    begins: list[int], cuts: list[int], data: st.DataObject
) -> None:
    """Origins that have begun tell when; before that they stand for how far nobody has said anything."""
    network = network_of([Device("d")], [Point("p", "d")])
    shared = Shared(network, Parameters(), lay_delivery(network, Parameters(), []))
    engine = Engine(shared, [f"{topic}/0" for topic in RAW_TOPICS])
    names = [f"{topic}/0" for topic in RAW_TOPICS]
    first = dict(zip(names, begins, strict=False))
    told: list[Published] = []
    for cut in (*sorted(cuts), 401):
        for name in data.draw(st.permutations(names)):
            at = moment(first[name]) if first.get(name, cut) < cut else 0
            told.append(engine.advance(EvidenceBatch(name, moment(cut), last_log_time=at, first_log_time=at), 5))
    clock = [parse_time(record["updated_at"]) for some in told for record in some.clock]
    begin = moment(min(begins) + 1)
    assert clock == list(range(-(-begin // MINUTE) * MINUTE, moment(401) + 1, MINUTE))


def test_a_quiet_day_with_one_outage_is_told_minute_by_minute() -> None:
    network = network_of([Device("d")], [Point("p", "d")])
    evidence = Evidence()
    evidence.meter("p", "last_gasp", 10)
    evidence.meter("p", "ping_on", 86_400)
    answer = play(network, evidence.lines())
    assert METER_EVENTS in evidence.lines()
    assert (
        len([record for record in answer.clock if record["updated_at"].endswith(":00.000Z")]) == 1440 + 30
    )  # time goes on at the end


def test_after_a_long_silence_what_writes_nothing_has_no_minutes_before_it() -> None:
    network = network_of([Device("d")], [Point("p", "d")])
    shared = Shared(network, Parameters(), lay_delivery(network, Parameters(), []))
    publisher = Publisher(Partition(shared, "city", None), no_sequences())
    clock, silent = InstantClock(Completed(), publisher, 3), 50 * 365 * DAY + 1000
    clock.begin(MINUTE)
    clock.pass_until(silent - 1)
    clock.lived(silent)
    told = len(publisher.published.clock)
    clock.pass_until(silent + 3 * MINUTE)
    assert len(publisher.published.clock) == told + 3


def test_who_is_left_out_from_the_start_takes_no_clock_back() -> None:
    network = network_of([Device("d")], [Point("p", "d")])
    shared = Shared(network, Parameters(), lay_delivery(network, Parameters(), []))
    engine = Engine(shared, [f"{topic}/0" for topic in RAW_TOPICS])
    for topic in RAW_TOPICS:
        engine.advance(EvidenceBatch(f"{topic}/0", 0, last_log_time=moment(0)), 1)
    told: list[Published] = []
    others = [topic for topic in RAW_TOPICS if topic != METER_EVENTS]
    for second in range(1, 70):
        told += [engine.advance(EvidenceBatch(f"{topic}/0", moment(second)), 1000 * second) for topic in others]
    clock = [record["updated_at"] for some in told for record in some.clock]
    assert clock
    assert parse_time(clock[0]) >= moment(0)
    assert len(clock) <= 1
