"""Whom to ask whether power is back: how much doubt how few answers settle, against asking every silent usage point.

The replay's life cycle and ledger are lived through by who asks nobody, by who asks everybody who is silent when the
time to wait is over, and by the flow `asking` with the usual policy. Whoever is asked answers by the truth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np

from models.asking.asking import MINUTE, Asking
from models.asking.branches import doubtful_branches
from models.asking.doubt import doubt, power
from models.asking.news import DeviceNews
from models.asking.output import PINGS
from models.asking.policy import AskingPolicy
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.customers.news import CHANGES, CONFIRMED, GAINED, LedgerNews
from models.timeline.moment import Followed
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from models.network.network import Network
    from simulator.scoring.reading.interruptions import Interrupted

USUAL: Final = AskingPolicy()
NOBODY: Final = AskingPolicy(wait_minutes=1440)
EVERYBODY: Final = AskingPolicy(least_bits=1e-12, a_minute=100_000)
ANSWER: Final = 30_000
"""Milliseconds from a question to its answer."""
LOOK: Final = 5 * MINUTE
Spans = Mapping[str, Sequence[tuple[int, int]]]
"""By usage point, from when to when it was out."""
Instants = Sequence[tuple[int, list[Followed]]]


class RevisionLine(msgspec.Struct, gc=False):
    """What of a revision matters."""

    updated_at: str
    outage_id: str
    device_id: str


class LedgerLine(msgspec.Struct, gc=False):
    """What of a record of the ledger matters."""

    updated_at: str
    outage_id: str
    usage_points: list[int]
    changes: list[str]


@dataclass
class Asker:
    """One who asks, lives with the answers, and is in doubt."""

    network: Network
    policy: AskingPolicy
    spans: Spans
    mute: frozenset[str] = frozenset()
    """Usage points that never answer."""
    asked: int = 0
    found: set[tuple[str, int]] = field(default_factory=set)
    """Usage points that are out still, with when they were thought to be back: found out, or rightly thought so."""
    doubt_minutes: float = 0.0
    answers: list[tuple[int, int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.model = Asking(self.network, self.policy)

    def live(self, instants: Instants) -> Asker:
        """Live through all instants, and look at what is in doubt every five minutes."""
        looked = instants[0][0] if instants else 0
        for instant, records in instants:
            while looked + LOOK < instant:
                looked += LOOK
                self._until(looked, [])
                self._look(looked)
            self._until(instant, records)
        return self

    def _until(self, instant: int, records: list[Followed]) -> None:
        """Live up to an instant; who is asked answers later."""
        while (due := self._next(instant)) is not None:
            now = [one for one in self.answers if one[0] <= due]
            self.answers = [one for one in self.answers if one[0] > due]
            self._take(due, [self._answer(*one) for one in now])
        self._take(instant, records)

    def _next(self, instant: int) -> int | None:
        times = [self.model.due(), *(one[0] for one in self.answers)]
        due = min((at for at in times if at is not None), default=None)
        return due if due is not None and due < instant else None

    def _take(self, instant: int, records: list[Followed]) -> None:
        for said in self.model.live(instant, records):
            self.asked += 1
            name = said.fields["usage_point_id"]
            number = int(self.network.point_number[int(self.network.find_points([name])[0])])
            if name not in self.mute:
                is_out = any(begin <= instant + ANSWER < end for begin, end in self.spans.get(name, ()))
                self.answers.append((instant + ANSWER, number, is_out))
                since = self.model.book.silent[number].since
                if is_out and self._still_out(name, since, instant + ANSWER):
                    self.found.add((name, since))

    def _answer(self, at: int, number: int, is_out: bool) -> Followed:  # noqa: FBT001 (a part of an answer)
        before = self.model.book.silent.get(number)
        outage = before.outage_id if before is not None else "answered"
        return _ledger_news(outage, [number], [GAINED if is_out else CONFIRMED], at)

    def _look(self, now: int) -> None:
        """Add the doubt of those whose time to wait is over, and take whom it is thought of that they are out."""
        book, waited = self.model.book, now - USUAL.wait_minutes * MINUTE
        mine: dict[int, list[int]] = defaultdict(list)
        for number, one in book.silent.items():
            if one.asked_until is None and one.since <= waited:
                mine[int(self.network.point_device[int(self.network.point_position[number])])].append(number)
        for some in doubtful_branches(self.network, book, (*book.silent, *book.lit, *book.out), self.policy):
            devices = some.branch.devices.tolist()
            counts = np.array([len(mine[device]) for device in devices])
            self.doubt_minutes += 5 * doubt(some.branch._replace(silent=counts), self.policy.open_device)
            on = power(some.branch, self.policy.open_device) * some.branch.whole
            for device, chance in zip(devices, on.tolist(), strict=True):
                for number in mine[device] if chance < 0.5 else ():
                    name = self.network.point_ids[int(self.network.point_position[number])]
                    since = book.silent[number].since
                    if self._still_out(name, since, now):
                        self.found.add((name, since))

    def _still_out(self, point: str, since: int, now: int) -> bool:
        """Whether a usage point has not come back that was thought to have; what went out later is another matter."""
        return any(begin <= since and now < end for begin, end in self.spans.get(point, ()))


def asking_figures(network: Network, interrupted: Interrupted, output: Path) -> dict[str, Any] | None:
    """Say what asking comes to; None where the replay asked nobody."""
    pings = output / f"{PINGS.topic}.jsonl"
    if not pings.is_file():
        return None
    instants, spans = read_instants(output), spans_of(network, interrupted)
    nobody, everybody, usual = (Asker(network, who, spans).live(instants) for who in (NOBODY, EVERYBODY, USUAL))
    by_all = nobody.doubt_minutes - everybody.doubt_minutes
    return {
        "requests": pings.read_bytes().count(b"\n"),
        "asked": usual.asked,
        "asked_by_everybody": everybody.asked,
        "asked_share": usual.asked / everybody.asked if everybody.asked else None,
        "doubt_settled_share": (nobody.doubt_minutes - usual.doubt_minutes) / by_all if by_all > 0 else None,
        "still_out_found": len(usual.found),
        "still_out_found_by_everybody": len(everybody.found),
    }


def read_instants(output: Path) -> Instants:
    """Read what a replay said of outages and usage points, by instant."""
    revisions = msgspec.json.Decoder(RevisionLine).decode_lines((output / f"{OUTAGE_LIFECYCLE}.jsonl").read_bytes())
    ledger = msgspec.json.Decoder(LedgerLine).decode_lines((output / f"{OUTAGE_MEMBERSHIP}.jsonl").read_bytes())
    rows = [(parse_time(one.updated_at), _device_news(one)) for one in revisions]
    rows += [(at, _ledger_news_of(one, at)) for one in ledger if (at := parse_time(one.updated_at))]
    rows.sort(key=itemgetter(0))  # what is of one instant stays as it is: revisions first
    clock = output / f"{OUTAGE_CLOCK}.jsonl"
    ends = clock.read_bytes().splitlines()[-1:] if clock.is_file() else []
    last: list[tuple[int, list[Followed]]] = [(parse_time(msgspec.json.decode(one)["updated_at"]), []) for one in ends]
    return [(at, [record for _, record in some]) for at, some in groupby(rows, itemgetter(0))] + last


def spans_of(network: Network, interrupted: Interrupted) -> Spans:
    """Give from when to when each usage point was out."""
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    names: Iterable[str] = network.point_ids.take(interrupted.point)
    for name, *times in zip(names, interrupted.out_at.tolist(), interrupted.back_at.tolist(), strict=True):
        spans[name].append((times[0], times[1]))
    return spans


def _device_news(line: RevisionLine) -> Followed:
    return Followed("", 1, "", DeviceNews(line.outage_id, line.device_id))


def _ledger_news_of(line: LedgerLine, at: int) -> Followed:
    return _ledger_news(line.outage_id, line.usage_points, [CHANGES[one] for one in line.changes], at)


def _ledger_news(outage_id: str, numbers: Sequence[int], changes: Sequence[int], at: int) -> Followed:
    times = np.full(len(numbers), at, np.int64)
    news = LedgerNews(outage_id, "", 1, np.array(numbers, np.int32), np.array(changes, np.uint8), times, times, {})
    return Followed("", 1, "", news)
