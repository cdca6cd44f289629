"""One clock that stands wrong does not decide for all lines after it, whatever the batches; a real gap is crossed."""

import json
from itertools import pairwise
from typing import Any

import pytest

from models.contracts.topics import METER_EVENTS
from models.decoding.cut_line import CutLine
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import OriginReader
from models.network.network import Network
from models.times.iso8601 import format_time

AT = 1_782_900_000_000
DAY = 86_400_000
YEAR = 365 * DAY


def line(at: int | str, **fields: Any) -> bytes:
    meter = {"event_id": "e", "meter_id": "meter-1", "kind": "last_gasp", "observed_at": at, "received_at": at}
    return json.dumps(meter | {"source": "mesh"} | fields).encode()


GOOD = [line(AT + second * 1000) for second in range(300)]


def play(network: Network, lines: list[bytes], size: int) -> tuple[list[tuple[int, str]], list[int], int]:
    """Read lines in batches of a size: refused offsets with their dispositions, accepted log times, and the last."""
    origin = FileOrigin(OriginReader(network, METER_EVENTS))
    letters: list[tuple[int, str]] = []
    times: list[int] = []
    for start, end in pairwise([*range(0, len(lines), size), len(lines)]):
        ingested = origin.take(lines[start:end], last=end == len(lines))
        letters += [(letter.offset, letter.disposition) for letter in ingested.dead_letters]
        assert ingested.batch.points is not None
        times += ingested.batch.points.log_time.tolist()
        origin = FileOrigin.resume(origin.reader, origin.snapshot())
    return letters, times, origin.log_time


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
@pytest.mark.parametrize(
    ("wrong", "disposition"),
    [
        ("1970-01-01T00:00:07Z", "schema"),
        ("2000-01-01T00:00:00Z", "future-time"),
        ("2026-07-08T00:00:00Z", "future-time"),
        ("2027-07-01T00:00:00Z", "future-time"),
        ("9999-12-31T23:59:59Z", "future-time"),
        (AT // 1000, "schema"),
        (str(AT), "schema"),
    ],
)
def test_a_lone_clock_is_the_dead_letter(network: Network, wrong: str | int, disposition: str, size: int) -> None:
    for place in (0, 1, 150, 300):
        lines = [*GOOD[:place], line(wrong), *GOOD[place:]]
        reason = "late" if place > 0 and wrong == "2000-01-01T00:00:00Z" else disposition
        refused = [] if place == 300 and wrong == "2026-07-08T00:00:00Z" else [(place, reason)]
        letters, times, last = play(network, lines, size)
        assert letters == refused
        assert len(times) == 301 - len(refused)
        assert refused == [] or last == AT + 299_000


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_gap_of_months_is_crossed_where_the_next_lines_agree(network: Network, size: int) -> None:
    later = [line(AT + YEAR + second * 1000) for second in range(20)]
    letters, times, last = play(network, [*GOOD, *later], size)
    assert (letters, len(times), last) == ([], 320, AT + YEAR + 19_000)


def test_who_is_asked_is_bounded(network: Network) -> None:
    """Lines that are no events answer nothing: after a hundred of them a leap stands as it is."""
    far, near = line(AT + YEAR), line(AT + 2 * DAY)
    junk = [b"{"] * 100
    assert play(network, [*GOOD[:9], far, *junk, *GOOD[9:20]], 5)[0][0] == (9, "future-time")
    letters, _, last = play(network, [*GOOD[:9], near, *junk, *GOOD[9:20]], 5)
    assert (len(letters), last) == (100, AT + 2 * DAY)


def test_a_file_of_one_line_is_believed(network: Network) -> None:
    assert play(network, GOOD[:1], 1) == ([], [AT], AT)


def test_times_that_look_like_something_else_are_told_so(network: Network) -> None:
    reader = OriginReader(network, METER_EVENTS)
    lines = [line(AT, received_at=value) for value in (AT // 1000, str(AT), "1985-01-01T00:00:00Z")]
    seconds, digits, old = (letter.message for letter in reader.read(lines, 0, 0).dead_letters)
    assert "looks like epoch seconds: send whole epoch milliseconds" in seconds
    assert "digits in a text: send whole epoch milliseconds as a number, without quotes" in digits
    assert "before the year 2000: set the receiver's clock" in old
    assert format_time(AT).startswith("2026")


def test_a_line_that_was_cut_waits_as_what_it_was(network: Network) -> None:
    cut = CutLine.of(b"x" * 9, 1 << 30, "0" * 64)
    origin = FileOrigin(OriginReader(network, METER_EVENTS))
    assert origin.take([GOOD[0], cut], last=False).dead_letters == []
    resumed = FileOrigin.resume(origin.reader, origin.snapshot())
    assert resumed.take([], last=True).dead_letters == origin.take([], last=True).dead_letters
    assert [type(part) for part in origin.snapshot()] == [int, int, tuple, tuple]
