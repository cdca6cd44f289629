"""An end that was said is taken back by records after it, and by nothing else; what they bring counts."""

from dataclasses import replace

import numpy as np

from models.evidence.backlog import Backlog
from models.evidence.batch import END_OF_LOG, EvidenceBatch, PointRows
from models.evidence.watermarks import Watermarks
from tests.worlds.networks import Device, Point, network_of

NETWORK = network_of([Device("d", "", "breaker", "sub")], [Point("p", "d")])
AT = 1_782_900_000_000
ORIGIN = "ami.meter.events.v1/0"


def rows(at: int, offset: int) -> PointRows:
    times, codes = np.array([at]), np.zeros(1, np.uint8)
    return PointRows(
        times, np.array([offset]), np.zeros(1, np.int32), codes, times, 0 * times, times, np.zeros(1, np.uint32)
    )


def backlog() -> Backlog:
    watermarks = Watermarks(10_000)
    watermarks.join(ORIGIN)
    return Backlog(watermarks)


def batch(at: int, first: int, end: int) -> EvidenceBatch:
    return EvidenceBatch(ORIGIN, at, rows(at, first), last_log_time=at, offsets=(first, end))


def test_records_after_an_end_take_it_back_and_count_at_the_present_instant() -> None:
    log = backlog()
    first = batch(AT, 0, 1)
    log.add(first)
    ended = EvidenceBatch(ORIGIN, END_OF_LOG, last_log_time=AT, offsets=(1, 2))
    log.add(ended)
    assert log.watermarks.clock == AT + 1000
    assert len(log.take(log.watermarks.last_instant, NETWORK).points[0]) == 1
    for again in (replace(first, points=None), EvidenceBatch(ORIGIN, 0), replace(first, offsets=(0, 2)), ended):
        log.add(again)
        assert log.watermarks.marks[ORIGIN] == END_OF_LOG
    log.add(batch(AT - 7000, 2, 3))
    assert log.watermarks.marks[ORIGIN] == AT - 7000
    assert log.watermarks.clock == AT + 1000
    assert len(log.take(log.watermarks.last_instant, NETWORK).points[0]) == 0
    log.add(replace(ended, offsets=(3, 4)))
    assert log.watermarks.clock == AT + 2000
    assert len(log.take(log.watermarks.last_instant, NETWORK).points[0]) == 1
