"""The queue: whatever overflows, the last report of each point comes out, and what was displaced is a declared gap."""

from collections import Counter

import orjson
from hypothesis import given
from hypothesis import strategies as st

from adapters.connectors.report_queue import ReportQueue
from models.telemetry.reports import Report

POINTS = ("a", "b", "c", "d")
STEPS = st.lists(st.sampled_from([*POINTS, "take"]), max_size=120)


def report(point: str, number: int) -> Report:
    return Report(f"device-{point}", orjson.dumps({"kind": "position", "point": point, "number": number}))


@given(STEPS, st.integers(1, 10), st.integers(1, 5))
def test_nothing_is_lost_that_is_not_declared(steps: list[str], size: int, most: int) -> None:
    queue = ReportQueue(size)
    arrived: dict[str, list[int]] = {point: [] for point in POINTS}
    taken: list[Report] = []
    for number, step in enumerate(steps, 1):
        if step == "take":
            taken += queue.take(most, 0)
        else:
            queue.put("ems", step, report(step, number), number)
            arrived[step].append(number)
            assert len(queue) <= size + len(POINTS)
    while len(queue):
        taken += queue.take(most, 0)
    events = [orjson.loads(one.value) for one in taken]
    came = {point: [one["number"] for one in events if one.get("point") == point] for point in POINTS}
    gaps = [(one["device_id"], one["gap_from"], one["observed_at"]) for one in events if one["kind"] == "gap"]
    lost = Counter[str]()
    for point, numbers in arrived.items():
        assert came[point] == sorted(came[point]), "in the order of arrival"
        assert came[point][-1:] == numbers[-1:], "the last state is right"
        for number in set(numbers) - set(came[point]):
            lost[point] += 1
            assert any(device == f"device-{point}" and begin <= number <= end for device, begin, end in gaps)
    assert queue.lost == lost.total()
    assert queue.gaps == len(gaps)
    assert queue.put_count == queue.taken_count == sum(map(len, arrived.values()))


def test_a_full_queue_that_displaced_nothing_declares_nothing() -> None:
    queue = ReportQueue(1)
    for number, point in enumerate(POINTS):
        queue.put("ems", point, report(point, number), number)
    assert [orjson.loads(one.value)["point"] for one in queue.take(10, 0)] == list(POINTS)
    assert (queue.lost, queue.gaps) == (0, 0)
