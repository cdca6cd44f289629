"""The window against all that was sent: in order, once each, and what is missing is told exactly."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from models.one_way.frames import Frame, Kind
from models.one_way.heartbeat import Heartbeat
from models.one_way.window import Loss, Place, Window

WAIT = 1_000


def frame(epoch: int, number: int, kind: Kind = Kind.EVENTS) -> Frame:
    """A frame sent in the second of its number; all before that second stands in frames before it."""
    at = epoch * 1_000_000 + number * 1000
    return Frame("north", epoch, number, kind, 1, 1, at - 1, at, b"{}")


def beat(epoch: int, number: int, epochs: list[tuple[int, int]]) -> tuple[Frame, Heartbeat]:
    return frame(epoch, number, Kind.HEARTBEAT), Heartbeat(epochs, [], 0, 0)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int]]]:
    """How many frames each epoch has, and the arrivals: some never, some twice, each displaced a little."""
    sizes = draw(st.lists(st.integers(0, 30), min_size=1, max_size=4))
    sent = [(epoch, number) for epoch, size in enumerate(sizes, 1) for number in range(1, size + 1)]
    copies = draw(st.lists(st.integers(0, 2), min_size=len(sent), max_size=len(sent)))
    shifts = draw(st.lists(st.integers(0, 9), min_size=2 * len(sent), max_size=2 * len(sent)))
    arrivals = [
        (place + shifts[2 * place + copy], key)
        for place, (key, times) in enumerate(zip(sent, copies, strict=True))
        for copy in range(times)
    ]
    return sizes, [key for _, key in sorted(arrivals)]


@settings(max_examples=300)
@given(stories())
def test_all_that_came_goes_on_in_order_and_all_else_is_a_loss(story: tuple[list[int], list[tuple[int, int]]]) -> None:
    sizes, arrivals = story
    window, now = Window(WAIT, Place(1, 0, 0)), 0
    out: list[Frame | Loss] = []
    for key in arrivals:  # all within the wait
        now += 1
        window.take(frame(*key), now)
        out += window.release(now)
    ended = list(enumerate(sizes, 1))
    window.hear(*beat(*ended[-1], ended[:-1]), now)
    out += window.release(now)
    out += window.release(now + WAIT)
    came = [one[1:3] for one in out if isinstance(one, Frame)]
    assert came == sorted(set(arrivals))
    lost = [
        (one.epoch, number) for one in out if isinstance(one, Loss) for number in range(one.first, (one.last or 0) + 1)
    ]
    assert lost == sorted({(epoch, number) for epoch, size in ended for number in range(1, size + 1)} - set(came))
    for one in out:
        if isinstance(one, Loss):
            spans = [frame(one.epoch, number) for number in range(one.first, (one.last or 0) + 1)]
            assert all(one.begin <= each.complete_to and each.sent_at <= one.end for each in spans)
    assert window.repeats == len(arrivals) - len(set(arrivals))
    assert window.place is not None
    assert window.place[:2] == ended[-1]


def test_a_frame_that_is_missing_is_waited_for_and_no_longer() -> None:
    window = Window(WAIT, Place(1, 1, 0))
    window.take(frame(1, 3), 0)
    assert list(window.release(WAIT - 1)) == []
    window.take(frame(1, 2), WAIT - 1)
    assert list(window.release(WAIT)) == [frame(1, 2), frame(1, 3)]
    window.take(frame(1, 5), WAIT)
    window.take(frame(1, 7), WAIT + 10)
    loss, then = window.release(2 * WAIT)
    assert loss == Loss(1, 4, 4, frame(1, 3).complete_to, frame(1, 5).sent_at)
    assert then == frame(1, 5)
    loss, then = window.release(2 * WAIT + 10)
    assert loss[:3] == (1, 6, 6)
    assert then == frame(1, 7)


def test_who_hears_for_the_first_time_has_lost_nothing() -> None:
    window = Window(WAIT)
    window.take(frame(5, 90), 0)
    assert list(window.release(0)) == [frame(5, 90)]
    window = Window(WAIT)
    window.hear(*beat(5, 90, [(4, 7)]), 0)
    assert list(window.release(WAIT)) == []
    assert window.place == Place(5, 90, frame(5, 90).complete_to)


def test_a_sender_that_has_forgotten_its_earlier_starts_is_a_loss_of_unknown_size() -> None:
    window = Window(WAIT, Place(1, 4, 44))
    window.hear(*beat(9, 0, []), 0)
    window.take(frame(9, 1), 5)
    assert list(window.release(WAIT - 1)) == []
    loss, then = window.release(WAIT)
    assert loss == Loss(1, 5, None, 44, frame(9, 0).sent_at)
    assert then == frame(9, 1)
