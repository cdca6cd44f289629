"""The short form of `python -m benchmarks.opcua`: its figures add up."""

from benchmarks.opcua.__main__ import measure


def test_all_that_the_server_writes_is_reported() -> None:
    figures = measure(points=100, rate=200, seconds=1.5, burst=50)
    assert figures.written > 100
    assert figures.reported == figures.written
    assert figures.burst_reported == figures.burst_written == 50
    assert figures.gaps == 0
    assert 0 < figures.p50 <= figures.p99
