"""Protective devices operate in the sequences of the field."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng

from models.network.network import DEVICE_KINDS
from simulator.course import MOMENTARY_MS, NEVER, NONE
from simulator.protection import PROTECTIVE, RECLOSING, lockout, respond

SEEDS = st.integers(0, 100_000)
AT = 1_783_875_600_000
DEVICE, RECLOSER = 7, 3


@given(SEEDS)
def test_a_lockout_is_four_openings_and_three_closings_within_a_minute(seed: int) -> None:
    stays = lockout(default_rng(seed), AT, NEVER)
    times = [at for stay in stays for at in stay]
    assert len(stays) == 4
    assert times == sorted(set(times))
    assert stays[-1][1] == NEVER
    assert stays[0][0] > AT
    assert stays[-1][0] < AT + 60_000


@given(SEEDS, st.sampled_from(PROTECTIVE), st.sampled_from([NONE, RECLOSER]), st.booleans())
def test_a_fault_that_lasts_leaves_one_device_open_and_the_recloser_closed(
    seed: int, kind: int, recloser: int, permanent: bool
) -> None:
    if kind in RECLOSING:
        recloser = DEVICE
    response = respond(default_rng(seed), kind, DEVICE, recloser, AT, permanent=permanent)
    assert response.device == DEVICE or not permanent
    assert response.dips or response.stays, "something operates"
    assert not response.dips or response.recloser == recloser != NONE
    assert all(AT < opened_at < closed_at for opened_at, closed_at in response.dips)
    assert all(closed_at < opened_at for (_, closed_at), (opened_at, _) in pairwise(response.dips))
    if response.dips:
        assert response.dips[-1][1] - response.dips[0][0] < MOMENTARY_MS
    if response.stays:
        assert response.stays[-1][1] == NEVER
        assert all(closed_at < opened_at for (_, closed_at), (opened_at, _) in pairwise(response.stays))


@given(SEEDS)
def test_a_sectionalizer_opens_only_while_the_recloser_holds_it_dead(seed: int) -> None:
    kind = DEVICE_KINDS.index("sectionalizer")
    response = respond(default_rng(seed), kind, DEVICE, RECLOSER, AT, permanent=True)
    (opened_at, _), (tripped_at, closed_at) = response.stays[0], response.dips[-1]
    assert tripped_at < opened_at < closed_at
    assert 2 <= len(response.dips) <= 3


def test_a_fuse_is_saved_or_blows_after_the_fast_trips_or_at_once() -> None:
    kind = DEVICE_KINDS.index("fuse")
    lasting = [respond(default_rng(seed), kind, DEVICE, RECLOSER, AT, permanent=True) for seed in range(200)]
    passing = [respond(default_rng(seed), kind, DEVICE, RECLOSER, AT, permanent=False) for seed in range(200)]
    for response in lasting:
        assert not response.dips or response.dips[-1][1] < response.stays[0][0]
    for response in passing:
        assert bool(response.dips) != bool(response.stays)
    saved = sum(bool(response.dips) for response in passing)
    assert 60 < saved < 140
    assert 60 < sum(bool(response.dips) for response in lasting) < 140
