"""How much of the doubt after a restoration is settled by how many questions, against asking every silent point.

`python -m benchmarks.asking --network TABLES [--presets full,bad] [--seeds 5] [--least 0.1,0.03,0.01]`: each storm is
made and replayed, and its life cycle and ledger lived through: by who asks nobody, by who asks every usage point that
is silent when the time to wait is over, and by the flow with each of some thresholds. Who is asked answers by the truth
half a minute later; a share `--mute` never does. Doubt is taken every five minutes, of all whose time to wait is over.
"""

from __future__ import annotations

import os
import random
from argparse import ArgumentParser
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from adapters.kafka.records.followed_record import RecordReader
from adapters.network.load import load_network
from benchmarks.notifications.__main__ import MINUTE, Truth, command, read
from models.asking.asking import Asking
from models.asking.branches import doubtful_branches
from models.asking.doubt import doubt, power
from models.asking.news import doubtful
from models.asking.policy import AskingPolicy
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.customers.news import CONFIRMED, GAINED, LedgerNews
from models.timeline.moment import Followed
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.network.network import Network

TOPICS = (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP)
NOBODY = AskingPolicy(wait_minutes=1440)
EVERYBODY = AskingPolicy(least_bits=1e-12, a_minute=100_000)
ANSWER = 30_000


@dataclass
class Asker:
    """One who asks, lives with the answers, and is in doubt."""

    network: Network
    policy: AskingPolicy
    truth: Truth
    mute: set[str]
    asked: int = 0
    found: set[tuple[str, int]] = field(default_factory=set)
    """Usage points that are out still, with when they were thought to be back: found out, or rightly thought so."""
    doubt_minutes: float = 0.0
    answers: list[tuple[int, int, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.model = Asking(self.network, self.policy)

    def live(self, instant: int, records: list[Followed]) -> None:
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
                is_out = self.truth.is_out(name, instant + ANSWER)
                self.answers.append((instant + ANSWER, number, is_out))
                since = self.model.book.silent[number].since
                if is_out and still_out(self.truth, name, since, instant + ANSWER):
                    self.found.add((name, since))

    def _answer(self, at: int, number: int, is_out: bool) -> Followed:  # noqa: FBT001 (a part of an answer)
        one = np.array([number], np.int32)
        change, times = np.array([GAINED if is_out else CONFIRMED], np.uint8), np.array([at], np.int64)
        before = self.model.book.silent.get(number)
        outage = before.outage_id if before is not None else "answered"
        return Followed("", 1, "", LedgerNews(outage, "", 1, one, change, times, times, {}))

    def look(self, now: int) -> None:
        """Add the doubt of those whose time to wait is over, and take whom it is thought of that they are out."""
        book, waited = self.model.book, now - AskingPolicy().wait_minutes * MINUTE
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
                    if still_out(self.truth, name, since, now):
                        self.found.add((name, since))


def still_out(truth: Truth, point: str, since: int, now: int) -> bool:
    """Whether a usage point has not come back that was thought to have; what went out again later is another matter."""
    return any(begin <= since and now < end for begin, end in truth.spans.get(point, ()))


class Storm(NamedTuple):
    """A storm as it was, and as it was replayed."""

    network: Network
    truth: Truth
    moments: list[tuple[int, list[Followed]]]


def live(storm: Storm, policy: AskingPolicy, mute: set[str]) -> Asker:
    """Let somebody live through a storm."""
    asker = Asker(storm.network, policy, storm.truth, mute)
    looked = storm.moments[0][0]
    for instant, records in storm.moments:
        while looked + 5 * MINUTE < instant:
            looked += 5 * MINUTE
            asker.live(looked, [])
            asker.look(looked)
        asker.live(instant, records)
    return asker


def moments_of(out: Path) -> Iterator[tuple[int, list[Followed]]]:
    """Give what a replay said, instant by instant."""
    readers = {topic: RecordReader(output_of(topic)) for topic in TOPICS}
    waiting = {topic: read(out, topic) for topic in TOPICS}
    done = dict.fromkeys(TOPICS, 0)
    for tick in read(out, OUTAGE_CLOCK):
        records: list[Followed] = []
        for topic in TOPICS:
            for record in waiting[topic][done[topic] : tick["sequences"][topic]]:
                followed = readers[topic].take(record)
                records.append(followed._replace(record=doubtful(followed)))
            done[topic] = tick["sequences"][topic]
        yield parse_time(tick["updated_at"]), records


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--presets", default="full,bad")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--least", default="0.3,0.1,0.03,0.01")
    parser.add_argument("--mute", type=float, default=0.0)
    options = parser.parse_args()
    policies = {f"least {bits} bits": AskingPolicy(least_bits=float(bits)) for bits in options.least.split(",")}
    policies = {"nobody": NOBODY, "everybody": EVERYBODY, **policies}
    for preset in options.presets.split(","):
        sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        for seed in range(1, options.seeds + 1):
            with TemporaryDirectory() as name:
                storm = make(options.network, preset, seed, Path(name))
            draw = random.Random(seed)
            mute = {name for name in storm.network.point_ids if draw.random() < options.mute}
            for who, policy in policies.items():
                asker = live(storm, policy, mute)
                found = float(len(asker.found))
                sums[who] = [a + b for a, b in zip(sums[who], (asker.asked, asker.doubt_minutes, found), strict=True)]
        show(preset, sums)


def make(tables: Path, preset: str, seed: int, folder: Path) -> Storm:
    """Make a storm and replay it."""
    made, out = folder / "storm", folder / "out"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAULTLINE_")}
    command(["simulate", "--network", tables, "--output", made, "--seed", seed, "--preset", preset], environment)
    command(["replay", "--network", made / "network", "--input", made, "--output", out], environment)
    return Storm(load_network(made / "network"), Truth.of(made), list(moments_of(out)))


def show(preset: str, sums: dict[str, list[float]]) -> None:
    most, all_doubt, all_found = sums["everybody"][0], sums["nobody"][1], sums["everybody"][2]
    settled = all_doubt - sums["everybody"][1]
    for who, (asked, left, found) in sums.items():
        share = (all_doubt - left) / settled if settled else 0.0
        print(
            f"{preset}, {who}: {asked:,.0f} asked ({asked / most:.1%}), {share:.1%} of the doubt settled that asking "
            f"everybody settles; {found:,.0f} of {all_found:,.0f} found that are out still",
            flush=True,
        )


if __name__ == "__main__":
    main()
