"""Alarms against a server that is played: whatever happens while nobody listens, a refresh puts it right."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.contracts.inputs.scada import ScadaEvent
from models.decoding.validation import validate
from models.telemetry.conditions import CLEARED, Condition, ConditionBook, report_condition
from models.telemetry.points import Point

NAMES = ("a", "b", "c")
WHATS = ["raise", "clear", "acknowledge", "shelve", "cut", "back", "old"]
STEPS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(WHATS)), max_size=40)


@dataclass
class Server:
    """The truth, and the events that it sends to who listens."""

    book: ConditionBook
    now: int = 1_782_900_000_000_000
    listening: bool = True
    states: dict[str, Condition] = field(default_factory=dict)
    sent: list[Condition] = field(default_factory=list)

    def step(self, name: str, what: str) -> None:
        self.now += 1000
        if what == "cut":
            self.listening = False
        elif what == "back":
            self.listening = True
            self.refresh()
        elif what == "old":
            for condition in self.sent[-3:]:
                if self.listening:
                    self.book.take(condition._replace(arrival=self.now))
        else:
            self.change(name, what)

    def change(self, name: str, what: str) -> None:
        known = self.states.get(name, Condition(name, "", self.now, self.now, retain=False, active=False))
        changes: dict[str, dict[str, Any]] = {
            "raise": {"active": True, "acknowledged": False, "retain": True},
            "clear": {"active": False, "retain": not known.acknowledged},
            "acknowledge": {"acknowledged": True, "retain": bool(known.active)},
            "shelve": {"shelved": True},
        }
        self.states[name] = known._replace(time=self.now, arrival=self.now, **changes[what])
        if self.listening:
            self.sent.append(self.states[name])
            self.book.take(self.states[name])

    def refresh(self) -> None:
        self.book.begin_refresh()
        for condition in self.states.values():
            if condition.retain:
                self.book.take(condition)
        self.book.end_refresh(self.now)


@given(STEPS)
def test_after_a_refresh_the_book_says_what_the_server_says(steps: list[tuple[str, str]]) -> None:
    server = Server(ConditionBook())
    for step in steps:
        server.step(*step)
    server.step("a", "back")
    known = {condition.condition_id: condition for condition in server.book}
    for name, truth in server.states.items():
        if truth.retain:
            assert known[name].state() == truth.state()
        elif name in known and not known[name].shelved:
            assert not known[name].active, "it has ended, and nothing says that it holds"


def test_what_was_shelved_is_not_cleared_by_its_absence() -> None:
    book = ConditionBook()
    for name in NAMES:
        assert book.take(Condition(name, "", 1000, 1000, active=True, shelved=name == "b"))
    book.begin_refresh()
    assert not book.take(Condition("a", "", 1000, 2000, active=True)), "the same again says nothing new"
    cleared = book.end_refresh(5000)
    assert [(one.condition_id, one.active, one.message) for one in cleared] == [("c", False, CLEARED)]


def test_a_refresh_that_does_not_end_clears_nothing() -> None:
    book = ConditionBook()
    book.take(Condition("a", "", 1000, 1000, active=True))
    book.begin_refresh()
    book.give_up_refresh()
    assert book.end_refresh(2000) == []
    assert len(book) == 1


def test_a_branch_is_a_condition_of_its_own() -> None:
    book = ConditionBook()
    assert book.take(Condition("a", "branch-1", 1000, 1000, active=True, acknowledged=False))
    assert book.take(Condition("a", "", 2000, 2000, active=True))
    assert len(book) == 2


def test_a_condition_is_reported_with_a_name_that_any_server_would_give_it() -> None:
    point = Point("ems", "a", "breaker", "alarm")
    at = 1_782_900_000_000_000
    condition = Condition("a", "", at, at + 1_000_000, active=True, severity=700, message="trip")
    first = validate(ScadaEvent, report_condition(point, condition).value)
    second = validate(ScadaEvent, report_condition(point, condition._replace(arrival=condition.arrival + 9)).value)
    cleared = validate(ScadaEvent, report_condition(point, condition._replace(active=False)).value)
    assert (first.event_id, first.active, first.severity) == (second.event_id, True, 700)
    assert first.event_id != cleared.event_id
