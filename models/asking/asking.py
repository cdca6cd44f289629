"""Whom to ask, minute by minute: a function of the life cycle and the ledger.

ledger ──► who is only thought to be back ──► branches in doubt ──► whose answer settles most ──► a request
answer (as evidence, by the ledger), or none in time ──► what is left in doubt
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.asking.book import TRIES, Book
from models.asking.branches import after, doubtful_branches, position_of
from models.asking.doubt import gains, power
from models.asking.news import DeviceNews
from models.asking.output import PINGS
from models.customers.news import LedgerNews
from models.timeline.moment import Said
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.asking.branches import Doubtful
    from models.asking.policy import AskingPolicy
    from models.network.network import Network
    from models.timeline.moment import Followed

MINUTE: Final = 60_000
WRONG: Final = 0.5
"""What is less probable than so, and is told all the same, is worth an answer by itself."""


class Choice(NamedTuple):
    """A device of a branch, one of whose usage points is to be asked."""

    gain: float
    """Negative, in bits: the least comes first."""
    device: int
    probability: float
    """Of power at the usage point."""
    doubtful: Doubtful


class Asking:
    """Who is asked, of a partition."""

    def __init__(self, network: Network, policy: AskingPolicy, saved: Mapping[str, Any] | None = None) -> None:
        """Begin with nothing, or with what `save` gave."""
        self._network, self._policy = network, policy
        self._book = Book(saved["book"] if saved else None)
        self._review: int | None = saved["review"] if saved else None
        """When it is looked again whom to ask (ms)."""

    @property
    def book(self) -> Book:
        """Who came back lately."""
        return self._book

    def due(self) -> int | None:
        """Give the instant (ms) at which it is looked again whom to ask."""
        return self._review

    def live(self, instant: int, records: Sequence[Followed]) -> Iterator[Said]:
        """Take what belongs to an instant, and say whom to ask: once a minute at the most."""
        devices: dict[str, str] = {}
        for news in (followed.record for followed in records):
            if isinstance(news, DeviceNews):
                devices[news.outage_id] = news.device_id
            elif isinstance(news, LedgerNews):
                self._book.take(news, devices.get(news.outage_id, ""), instant)
                soon = instant // MINUTE * MINUTE + MINUTE
                self._review = soon if self._review is None else min(soon, self._review)
        if self._review is not None and instant >= self._review:
            self._book.let_go(instant - self._policy.forget_hours * 60 * MINUTE)
            self._book.expire(instant)
            asked = list(self._ask(instant))
            yield from asked
            self._review = self._next_review(instant, all_asked=len(asked) < self._policy.a_minute)

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        return {"book": self._book.save(), "review": self._review}

    def _next_review(self, now: int, *, all_asked: bool) -> int | None:
        """Give the next minute at which somebody else may be asked without any news (ms)."""
        soon = now // MINUTE * MINUTE + MINUTE
        if not all_asked:
            return soon
        wait = self._policy.wait_minutes * MINUTE
        waited = [one.since + wait for one in self._book.silent.values() if one.since + wait > now]
        answers = [one.asked_until for one in self._book.silent.values() if one.asked_until is not None]
        return max(soon, -(-min([*waited, *answers]) // MINUTE) * MINUTE) if waited or answers else None

    def _ask(self, now: int) -> Iterator[Said]:
        ready = self._ready(now)
        if not ready:
            return
        book, known = self._book, (*self._book.silent, *self._book.lit, *self._book.out)
        choices: list[Choice] = []
        for doubtful in doubtful_branches(self._network, book, known, self._policy):
            self._choose(choices, doubtful, ready)
        heapify(choices)
        for _ in range(self._policy.a_minute):
            if not choices:
                return
            choice = heappop(choices)
            yield self._request(choice, ready[choice.device].pop(), now)
            left: list[Choice] = []
            for doubtful in after(choice.doubtful, self._network, choice.device, self._policy):
                self._choose(left, doubtful, ready)
            for one in left:
                heappush(choices, one)

    def _ready(self, now: int) -> dict[int, list[int]]:
        """Give whom it is time to ask by position of the device, whoever was asked least last."""
        ready: dict[int, list[int]] = {}
        wait = self._policy.wait_minutes * MINUTE
        for number, one in self._book.silent.items():
            may = one.asked_until is None and one.tries < TRIES and now >= one.since + wait
            if may and (position := position_of(self._network, number)) >= 0:
                ready.setdefault(int(self._network.point_device[position]), []).append(number)
        for numbers in ready.values():
            numbers.sort(key=lambda number: (-self._book.silent[number].tries, -number))
        return ready

    def _choose(self, choices: list[Choice], doubtful: Doubtful, ready: Mapping[int, list[int]]) -> None:
        """Add the best choice of a branch, if its answer is worth the asking."""
        devices = doubtful.branch.devices.tolist()
        may = np.array([bool(ready.get(device)) for device in devices])
        if not may.any():
            return
        on = power(doubtful.branch, self._policy.open_device) * doubtful.branch.whole
        gain = np.where(may, gains(doubtful.branch, self._policy.open_device), 0.0)
        if not any(place.out for place in doubtful.places.values()):
            gain[may & (on < WRONG)] += 1.0  # the answer shows that all others there are told what is wrong
        best = int(np.round(gain, 9).argmax())
        if gain[best] >= self._policy.least_bits:
            choices.append(Choice(-round(float(gain[best]), 6), devices[best], round(float(on[best]), 6), doubtful))

    def _request(self, choice: Choice, number: int, now: int) -> Said:
        network, until = self._network, now + self._policy.answer_minutes * MINUTE
        asked = self._book.ask(number, until)
        position = int(network.point_position[number])
        meter = network.meter_ids[position] or None
        fields = {
            "usage_point_id": network.point_ids[position],
            "by": "ping" if meter is not None and asked.tries == 1 else "question",
            "meter_id": meter,
            "zone_id": network.zone_ids[int(network.device_zone[choice.device])],
            "outage_id": asked.outage_id,
            "probability": choice.probability,
            "settles_bits": -choice.gain,
            "expires_at": format_time(until),
        }
        return Said(PINGS.name, fields)
