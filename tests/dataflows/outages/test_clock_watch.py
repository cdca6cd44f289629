"""A clock that stands while evidence comes is told with the origin that holds it; one that rests is not."""

from dataflows.outages.clock_watch import STANDS_SECONDS, ClockWatch

AT = 1_782_900_000_000
MARKS = {"ami.meter.events.v1/0": AT + 60_000, "scada.device.events.v1/0": AT}


def test_a_clock_that_stands_while_rows_come_is_told_with_who_holds_it() -> None:
    watch = ClockWatch()
    watch.take(3, AT, rows=5, now=0.0)
    watch.take(3, AT, rows=1, now=1.0)
    watch.take(3, AT, rows=1, now=9.0)
    assert watch.hindrance(3, MARKS, STANDS_SECONDS) is None
    told = watch.hindrance(3, MARKS, STANDS_SECONDS + 2)
    assert told is not None
    assert "partition 3 has stood for 31 s" in told
    assert "scada.device.events.v1/0 has been read to 2026-07-01T" in told
    assert watch.standing(STANDS_SECONDS + 2) == STANDS_SECONDS + 1


def test_a_clock_that_moves_or_has_nothing_to_do_is_not() -> None:
    watch = ClockWatch()
    watch.take(0, AT, rows=5, now=0.0)
    watch.take(0, AT, rows=0, now=50.0)
    assert (watch.hindrance(0, MARKS, 100.0), watch.standing(100.0)) == (None, 0.0)
    watch.take(0, AT, rows=2, now=100.0)
    assert watch.hindrance(0, MARKS, 101.0) is None, "it has rested; what has just come waits for a moment only"
    assert watch.hindrance(0, MARKS, 131.0) is not None
    watch.take(0, AT + 1000, rows=2, now=102.0)
    assert (watch.hindrance(0, MARKS, 500.0), watch.standing(500.0)) == (None, 0.0)
    assert watch.hindrance(1, MARKS, 500.0) is None


def test_a_partition_that_is_not_read_on_stands_whatever_was_read_of_it_before() -> None:
    watch = ClockWatch()
    watch.take(0, AT, rows=0, now=0.0)
    watch.stands(0, now=1.0)
    watch.take(1, AT + 5000, rows=5, now=9.0)
    assert watch.standing(11.0) == 10.0
    watch.take(0, AT + 1000, rows=5, now=12.0)
    assert watch.standing(13.0) == 12.0
    watch.goes_on(0)
    assert watch.standing(100.0) == 0.0
