"""The intake without a server: repeats, what was missed, a full queue of the server, alarms that nobody mapped."""

import json
from collections import Counter
from typing import Any

from adapters.connectors.intake import Intake
from adapters.connectors.report_queue import ReportQueue
from models.telemetry.conditions import Condition
from models.telemetry.points import Point
from models.telemetry.reports import Sample

AT = 1_782_900_000_000_000
GONE = 0x8034_0000


class Desk:
    """An intake of two points and an alarm, and what has come out of it."""

    def __init__(self) -> None:
        self.queue, self.counts = ReportQueue(1000), Counter[str]()
        points = [Point("ems", "a", "A", "position"), Point("ems", "b", "B", "position", reads="lockout")]
        self.intake = Intake("ems", [*points, Point("ems", "al", "A", "alarm")], self.queue, self.counts)

    def out(self) -> list[dict[str, Any]]:
        return [json.loads(report.value) for report in self.queue.take(1000, 0)]


def sample(value: Any, at: int = AT, status: int = 0, arrival: int = AT + 5000) -> Sample:
    return Sample(value, status, at, None, arrival)


def test_the_same_again_is_a_repeat_and_the_same_later_is_not() -> None:
    desk = Desk()
    for one in (sample(True), sample(True), sample(True, AT + 1), sample(True, AT + 1, status=0x480)):
        desk.intake.values([(0, one)])
    told = desk.out()
    assert [one["kind"] for one in told] == ["position", "position", "gap"]
    assert desk.counts["repeat"] == 2
    assert desk.counts["server_overflow"] == 1


def test_a_gap_of_the_servers_queue_begins_where_the_point_was_last_known() -> None:
    desk = Desk()
    desk.intake.values([(0, sample(True, arrival=AT + 1_000_000))])
    desk.intake.values([(0, sample(False, AT + 8_000_000, status=0x480, arrival=AT + 9_000_000))])
    gap = next(one for one in desk.out() if one["kind"] == "gap")
    assert (gap["gap_from"], gap["observed_at"]) == (AT // 1000 + 1000, AT // 1000 + 9000)


def test_what_differs_twice_has_been_missed_and_once_may_be_on_its_way() -> None:
    desk = Desk()
    desk.intake.values([(0, sample(False))])
    desk.out()
    later = sample(True, AT + 7)
    desk.intake.compare([(0, later)])
    assert desk.out() == []
    desk.intake.compare([(0, later)])
    (told,) = desk.out()
    assert (told["position"], desk.counts["missed"]) == ("closed", 1)
    for number in range(3):
        desk.intake.compare([(0, sample(True, AT + 100 * number))])
    assert desk.out() == [], "a time alone is no change"
    desk.intake.compare([(0, sample(None, status=GONE))])
    assert [one["position"] for one in desk.out()] == ["unknown"]
    assert desk.intake.gone == {0}
    desk.intake.values([(0, sample(True, AT + 900))])
    assert desk.intake.gone == set()


def test_a_state_that_is_read_with_a_later_time_alone_is_a_repeat() -> None:
    desk = Desk()
    desk.intake.values([(0, sample(True))])
    desk.intake.states([(0, sample(True, AT + 9))])
    assert [one["position"] for one in desk.out()] == ["closed"]
    desk.intake.states([(0, sample(False, AT + 10)), (1, sample(True))])
    assert [one["position"] for one in desk.out()] == ["open", "open"]


def test_a_lockout_that_is_off_and_a_value_that_is_not_there_yet_say_nothing() -> None:
    desk = Desk()
    desk.intake.values([(1, sample(False)), (0, sample(None, status=0x8032_0000))])
    assert desk.out() == []
    assert (desk.counts["says_nothing"], desk.counts["no_value_yet"]) == (1, 1)
    desk.intake.values([(1, sample(True, AT + 1))])
    assert [(one["device_id"], one["position"]) for one in desk.out()] == [("B", "open")]


def test_alarms_are_found_by_their_id_or_by_what_they_are_about() -> None:
    desk = Desk()
    for name, about in (("al", "x"), ("other", "al"), ("other", "x")):
        desk.intake.condition(Condition(name, "", AT, AT, source_node=about, active=True))
    assert [one["device_id"] for one in desk.out()] == ["A", "A"]
    assert desk.counts["unmapped_alarm"] == 1
    desk.intake.book.begin_refresh()
    desk.intake.end_refresh()
    assert [one["active"] for one in desk.out()] == [False, False]
