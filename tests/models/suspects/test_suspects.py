"""Suspected joins: the law against Bayes by enumeration, and a season of outages with restarts in it."""

from __future__ import annotations

import random
from math import prod
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records.followed_record import RecordReader
from models.contracts.outputs.network import SuspectRecord, SuspectTombstone
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.network.network import Network
from models.suspects.likelihood import (
    ALONE,
    BY_CHANCE,
    FALSELY_HEARD,
    below,
    never_tells,
    not_below,
    posterior,
    shares_heard,
)
from models.suspects.news import evidence_of
from models.suspects.output import SUSPECTS
from models.suspects.policy import SuspectPolicy
from models.suspects.suspects import Suspects
from models.timeline.life import Life
from models.timeline.moment import Moment
from tests.worlds.lifecycles import START
from tests.worlds.wrong_joins import HOUR, Season, Told, built

READERS = {topic: RecordReader(output_of(topic)) for topic in (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP)}
POLICY = SuspectPolicy()


@given(
    st.lists(
        st.tuples(st.booleans(), st.sets(st.integers(0, 2)), st.floats(0.05, 0.98), st.booleans()),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_the_law_is_that_of_bayes(trials: list[tuple[bool, set[int], float, bool]]) -> None:
    """Whether it is modelled below the outage, which of three other places are, who is heard, and whether it was."""
    score, mute = np.zeros((1, 3), np.int64), np.zeros(1, np.int64)
    likelihood = [1.0] * 5  # its own place, silent, three others
    for own, others, share, happened in trials:
        one = np.array([happened])
        under = np.array([place in others for place in range(3)])
        if own:
            score += np.where(under, 0, not_below(one, np.array([share])))
            mute += never_tells(one, np.array([share]))
            chances = [share, FALSELY_HEARD if happened else 0.0]
            chances += [share if place in others else FALSELY_HEARD for place in range(3)]
        else:
            score += np.where(under, below(one, share), 0)
            chances = [BY_CHANCE] * 2 + [ALONE * share if place in others else BY_CHANCE for place in range(3)]
        for number, chance in enumerate(chances):
            likelihood[number] *= chance if happened else 1 - chance
    prior = [1 - POLICY.wrong_joins - POLICY.silent_meters, POLICY.silent_meters, *[POLICY.wrong_joins / 3] * 3]
    whole = sum(one * other for one, other in zip(prior, likelihood, strict=True))
    wanted = [one * other / whole for one, other in zip(prior[2:], likelihood[2:], strict=True)]
    clipped = np.clip(score, -30_000, 30_000).astype(np.int16), np.clip(mute, -30_000, 30_000).astype(np.int16)
    assert posterior(*clipped, np.ones((1, 3), np.bool_), POLICY)[0].tolist() == pytest.approx(wanted, abs=0.03)


def test_who_shares_a_silent_collector_is_no_suspect_for_it() -> None:
    heard = np.array([True] * 40 + [False] * 10)
    groups = np.array([0] * 40 + [1] * 10)
    share = shares_heard(heard, groups, 0.95)
    assert share[:40].min() > 0.9
    assert share[40:].max() < 0.4
    assert prod((1 - share[40:]).tolist()) > prod([0.5] * 10)


class Reader:
    """Lives from moment to moment, and is saved and opened again wherever that is asked for."""

    def __init__(self, network: Network, restart: random.Random | None = None) -> None:
        self.network, self.restart = network, restart
        self.rejected: set[tuple[str, str]] = set()
        self.life, self.number = self.open(None), 0
        self.written: list[dict[str, Any]] = []

    def open(self, saved: Any) -> Life:
        return Life(lambda state: Suspects(self.network, POLICY, self.rejected, state), (SUSPECTS,), "test", saved)

    def reopen(self) -> None:
        self.life = self.open(msgspec.msgpack.decode(msgspec.msgpack.encode(self.life.save())))

    def take(self, told: Told) -> None:
        instant, revisions, ledger = told
        if self.restart is not None and self.restart.random() < 0.3:
            self.reopen()
        records = [READERS[OUTAGE_LIFECYCLE].take(one) for one in revisions]
        records += [READERS[OUTAGE_MEMBERSHIP].take(one) for one in ledger]
        followed = tuple(one._replace(record=evidence_of(one)) for one in records)
        self.number += 1
        self.written += [record for _, record in self.life.take(Moment(self.number, instant, followed))]

    def pass_time(self, until: int) -> None:
        self.take((until, [], []))

    def known(self) -> dict[str, dict[str, Any]]:
        last = {record["usage_point_id"]: record for record in self.written}
        return {name: record for name, record in last.items() if "tombstone" not in record}


END = START * 1000 + 1000 * HOUR


def lived(season: Season, count: int, restart: random.Random | None = None) -> Reader:
    reader = Reader(season.network, restart)
    for told in season.play(count):
        reader.take(told)
    reader.pass_time(END)
    return reader


@pytest.mark.parametrize("seed", range(4))
def test_a_season_finds_most_and_hardly_any_wrongly(seed: int) -> None:
    season = Season(random.Random(seed))
    reader = lived(season, 160)
    known = reader.known()
    right = known.keys() & season.wrong
    assert len(right) >= 0.9 * len(known)
    assert len(right) >= 0.5 * len(season.wrong)
    assert season.mute.isdisjoint(known)
    places = [season.truth[name] in {one["device_id"] for one in known[name]["better"]} for name in right]
    assert sum(places) >= 0.5 * len(places)
    for record in reader.written:
        (SuspectTombstone if "tombstone" in record else SuspectRecord).model_validate(record)
    again = lived(Season(random.Random(seed)), 160, random.Random(seed))
    assert again.written == reader.written  # wherever it was stopped and went on


def test_what_was_looked_at_does_not_come_back_and_what_was_moved_is_forgotten() -> None:
    season = Season(random.Random(1))
    reader = lived(season, 160)
    first, second, *others = sorted(reader.known().keys() & season.wrong)
    reader.rejected = {(first, season.joins[first])}
    reader.network = built(season.joins | {second: season.truth[second]}, season.network)
    reader.reopen()
    reader.pass_time(END + HOUR)
    assert {first, second}.isdisjoint(reader.known())
    assert set(others) <= reader.known().keys()
    assert {record["usage_point_id"] for record in reader.written[-2:]} == {first, second}
    more = len(reader.written)
    reader.reopen()
    reader.pass_time(END + 2 * HOUR)
    assert len(reader.written) == more
