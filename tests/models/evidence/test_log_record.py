"""An engine over an evidence log: repeats, gaps, origins that join, fall behind, are left out and come back."""

from __future__ import annotations

import random
from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contracts.topics import CREW_EVENTS, METER_EVENTS, RAW_TOPICS, SCADA_EVENTS
from models.evidence.batch import EvidenceBatch
from models.evidence.offsets import EvidenceGapError
from models.ingest.origin_reader import OriginReader
from models.network.network import Network
from tests.worlds.evidence import Answer, Evidence, Reader, know_rates, moment, play
from tests.worlds.evidence_log import Appended, random_log, read_log
from tests.worlds.random_storms import Storm, storms
from tests.worlds.town import A, C, D, names, town

STEADY = 0
"""Gaps in which nobody can be left out."""
LIVELY = 900
METERS, SCADA = f"{METER_EVENTS}/0", f"{SCADA_EVENTS}/0"
OTHERS = [f"{topic}/0" for topic in RAW_TOPICS if topic != METER_EVENTS]
Draw = random.Random


def said(answer: Answer) -> bytes:
    return orjson.dumps([answer.lifecycle, answer.restorations], option=orjson.OPT_SORT_KEYS)


@settings(max_examples=60)
@given(storm=storms(), draw=st.randoms(use_true_random=False))
def test_in_order_origins_give_what_a_replay_gives(storm: Storm, draw: Draw) -> None:
    expected = play(storm.network, storm.lines)
    answer, _ = read_log(storm.network, random_log(storm.network, storm.lines, draw, STEADY, repeat=False))
    assert said(answer) == said(expected)
    assert list(answer.totals.values()) == list(expected.totals.values())


@settings(max_examples=60)
@given(storm=storms(), draw=st.randoms(use_true_random=False))
def test_what_is_appended_twice_counts_once(storm: Storm, draw: Draw) -> None:
    expected = play(storm.network, storm.lines)
    answer, engine = read_log(storm.network, random_log(storm.network, storm.lines, draw, STEADY, repeat=True), draw)
    assert said(answer) == said(expected)
    assert answer.dead_letters[CREW_EVENTS] == expected.dead_letters[CREW_EVENTS]
    assert [used.used for used in answer.totals.values()] == [used.used for used in expected.totals.values()]
    assert engine.repeats.rows.total() == 0 or engine.repeats.offsets > 0


@settings(max_examples=60)
@given(storm=storms(), draw=st.randoms(use_true_random=False))
def test_snapshots_leave_no_trace_whoever_is_left_out(storm: Storm, draw: Draw) -> None:
    """`read_log` also looks that instants never go back, however late the rows are."""
    log = random_log(storm.network, storm.lines, draw, LIVELY, repeat=True)
    expected, _ = read_log(storm.network, log)
    answer, _ = read_log(storm.network, log, draw)
    assert said(answer) == said(expected)
    assert answer.dead_letters == expected.dead_letters
    assert answer.totals == expected.totals


def test_a_gap_is_a_broken_log() -> None:
    ingest = OriginReader(town(), METER_EVENTS)
    _, engine = read_log(town(), [Appended(ingest.read([b""] * 3, 5, 0).batch, None)])
    with pytest.raises(EvidenceGapError, match=r"ami.meter.events.v1/0 goes on at offset 9, 8 was expected"):
        engine.advance(ingest.read([b""], 9, 0).batch)


def test_part_of_a_batch_that_came_before_is_cut() -> None:
    evidence = Evidence()
    evidence.meter(A, "last_gasp", 0)
    lines = evidence.lines()[METER_EVENTS]
    ingest = OriginReader(town(), METER_EVENTS)
    log = [ingest.read(lines[:3], 0, 0).batch, ingest.read(lines, 0, 0).batch, ingest.read(lines[1:], 1, 0).batch]
    answer, engine = read_log(town(), [Appended(batch, None) for batch in log])
    assert (engine.repeats.rows.total(), engine.repeats.offsets) == (6, 6)
    assert answer.totals[METERS].read == 4


def test_the_clock_waits_for_partitions_that_nobody_has_heard_of() -> None:
    """More origins than fit in a byte; until all have spoken nothing is said, and then everything is."""
    lines, many = storm_lines(), 300
    network = town()
    last = OriginReader(network, METER_EVENTS).read(lines[METER_EVENTS], 0, 0).batch.last_log_time
    log = [
        Appended(replace(batch, origin=f"{METER_EVENTS}/{number}", partitions=many), None)
        for number, batch in enumerate(one_by_one(lines[METER_EVENTS], many))
    ]
    others = [Appended(OriginReader(network, topic).end(0), None) for topic in RAW_TOPICS if topic != METER_EVENTS]
    ends = [
        Appended(replace(OriginReader(network, METER_EVENTS, n).end(last), partitions=many), None) for n in range(many)
    ]
    answer, engine = read_log(network, [*log, *others, *ends[:-1]])
    assert not answer.lifecycle
    assert len(engine.state.watermarks.marks) == many + len(RAW_TOPICS) - 1
    answer.take(engine.advance(ends[-1].batch))
    expected = play(network, {METER_EVENTS: lines[METER_EVENTS]})
    assert said(answer) == said(expected)
    assert sum(totals.used for totals in engine.state.totals.values()) == expected.totals[METER_EVENTS].used


def one_by_one(lines: list[bytes], many: int) -> list[EvidenceBatch]:
    ingest = OriginReader(town(), METER_EVENTS)
    each = -(-len(lines) // many)
    return [ingest.read(lines[first : first + each], 0, 0).batch for first in range(0, len(lines), each)]


def storm_lines() -> dict[str, list[bytes]]:
    """A recloser opens at 0 and closes at 1000; everybody speaks."""
    evidence = Evidence()
    evidence.scada("recloser", "open", 0)
    evidence.meter(f"{C} {D}", "last_gasp", 0)
    evidence.scada("recloser", "closed", 1000)
    evidence.meter(f"{C} {D}", "power_restored", 1000, started=0)
    return evidence.lines()


class Live:
    """All origins of the town, each said to have been read up to now now and then, but for those that stand still."""

    def __init__(self, evidence: Evidence, network: Network | None = None) -> None:
        self.reader = Reader(network or town(), evidence.lines())
        self.answer = self.reader.answer
        self.arrivals = {
            topic: [orjson.loads(line)["received_at"] for line in lines] for topic, lines in self.reader.lines.items()
        }
        self.appended_at = moment(0)

    def until(self, seconds: int, standing: tuple[str, ...] = ()) -> Answer:
        """Go on to a moment, second by second at first, then in longer steps."""
        steps = 0
        while self.appended_at < moment(seconds):
            self.appended_at = min(self.appended_at + (1000 if steps < 15 else 20_000), moment(seconds))
            steps += 1
            for topic in RAW_TOPICS:
                if topic not in standing:
                    self.read(topic)
        return self.answer

    def read(self, topic: str) -> None:
        """Append what has arrived of a topic."""
        reader, first = self.reader, self.reader.read[topic]
        end = sum(at < self.appended_at for at in self.arrivals.get(topic, []))
        batch = reader.ingest[topic].read(reader.lines.get(topic, [])[first:end], first, reader.log_time[topic]).batch
        reader.read[topic], reader.log_time[topic] = end, batch.last_log_time
        said = reader.engine.advance(replace(batch, watermark=self.appended_at), self.appended_at)
        self.answer.take(said)


def test_an_origin_that_stands_still_is_left_out_after_ten_seconds() -> None:
    live = Live(Evidence())
    live.until(60)
    engine = live.reader.engine
    live.until(70, (METER_EVENTS,))
    assert engine.left_out == []
    assert engine.clock == moment(60)
    live.until(72, (METER_EVENTS,))
    assert engine.left_out == [METERS]
    assert engine.clock == moment(72)
    live.until(90, RAW_TOPICS)
    live.appended_at += 3_600_000
    assert engine.clock == moment(72)
    live.until(3700)
    assert engine.left_out == []


def test_nobody_is_left_out_when_nobody_appended() -> None:
    live = Live(Evidence())
    live.until(60)
    live.appended_at += 3_600_000
    live.read(SCADA_EVENTS)
    assert live.reader.engine.left_out == []


def test_outages_are_degraded_while_an_origin_is_left_out() -> None:
    evidence = Evidence()
    evidence.scada("recloser", "open", 10)
    live = Live(evidence)
    live.until(120)
    answer = live.until(150, ("customer.call.events.v1",))
    turned = [(record["degraded"], record["change"]) for record in answer.lifecycle]
    assert turned[-1][0]
    assert "degraded" in turned[-1][1]
    count = len(answer.lifecycle)
    answer = live.until(170)
    (turned_back,) = answer.lifecycle[count:]
    assert not turned_back["degraded"]
    assert "degraded" in turned_back["change"]


def test_silence_says_nothing_while_meters_are_left_out() -> None:
    """The recloser closes and no meter can say so: no restoration from silence, no nested outage."""
    evidence = Evidence()
    evidence.scada("recloser", "open", 10)
    evidence.meter(f"{C} {D}", "last_gasp", 10)
    evidence.scada("recloser", "closed", 1000)
    evidence.meter(f"{C} {D}", "power_restored", 1000, started=10)
    undisturbed = Live(evidence).until(6000)
    live = Live(evidence)
    live.until(900)
    answer = live.until(5000, (METER_EVENTS,))
    assert not answer.restorations
    assert [record["outage_id"] for record in answer.last().values()] == [answer.lifecycle[0]["outage_id"]]
    assert answer.lifecycle[-1]["degraded"]
    answer = live.until(6000)
    assert final(answer) == final(undisturbed)


def test_after_the_wait_silence_is_judged() -> None:
    """Meters come back and one branch stays silent: then, and not before, it is a nested outage."""
    evidence = Evidence()
    c, d = (" ".join(names(branch, 24)) for branch in "cd")
    evidence.scada("recloser", "open", 10)
    evidence.meter(f"{c} {d}", "last_gasp", 10)
    evidence.scada("recloser", "closed", 1000)
    evidence.meter(c, "power_restored", 1000, started=10)
    live = Live(evidence, town(each=24))
    live.until(900)
    answer = live.until(5000, (METER_EVENTS,))
    assert len(answer.last()) == 1
    live.until(5000)
    assert len(answer.last()) == 1
    answer = live.until(6000)
    assert sorted(record["device_id"] for record in answer.last().values()) == ["recloser", "td"]


def test_silent_meters_speak_for_no_device_while_they_are_left_out() -> None:
    """Ten calls below two transformers: only meters that could speak, and do not, tell that the breaker is closed."""
    evidence = Evidence()
    for point in [f"{side}{number}" for side in "ac" for number in range(1, 6)]:
        evidence.call(point, "no_power", 300)
    heard, unheard = (Live(evidence, town(each=8)) for _ in range(2))
    know_rates(heard.reader.engine)
    know_rates(unheard.reader.engine)
    heard.until(600)
    unheard.until(100)
    unheard.until(600, (METER_EVENTS,))
    assert [record["device_id"] for record in heard.answer.last().values()] == ["ta", "tc"]
    assert [record["device_id"] for record in unheard.answer.last().values()] == ["breaker"]
    assert all(record["degraded"] for record in unheard.answer.lifecycle)


def final(answer: Answer) -> list[tuple[str, str, str, int, int]]:
    """What is left to say of each outage in the end."""
    fields = ("outage_id", "status", "device_id", "customers_affected", "customers_out")
    return sorted(tuple(record[name] for name in fields) for record in answer.last().values())
