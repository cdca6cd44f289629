"""When an outage began by what its points say, against the same counted in plain Python."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.outages.evidence.beginnings import Beginning, beginning_of, last_words
from models.outages.inference.knowledge import NEVER, NOBODY, OUT, PENDING, RETURNED, Points, nothing_known

SLOT, WAVE, COHERENCE, NEAR, WITHIN = 3, 1000, 20, 300, (500, 1100)
_times = st.one_of(st.just(NEVER), st.integers(400, 1300), st.integers(990, 1020))
_point = st.fixed_dictionaries(
    {
        "owner": st.sampled_from([SLOT, SLOT, SLOT, NOBODY, 1]),
        "phase": st.sampled_from([OUT, PENDING, RETURNED, RETURNED]),
        "mask": st.sampled_from([0, 1, 8]),
        "out_first": st.integers(400, 1300),
        "out_last": st.integers(400, 1300),
        "on_last": _times,
        "told_start": _times,
        "returned_at": _times,
        "back_at": _times,
        "interrupted_at": st.integers(400, 1300),
    }
)
Row = dict[str, int]


def laid(rows: list[Row]) -> Points:
    points, _ = nothing_known(len(rows), 1)
    for name in rows[0] if rows else ():
        getattr(points, name)[:] = [row[name] for row in rows]
    return points


def middle(times: list[int]) -> int:
    return sorted(times)[(len(times) - 1) // 2] if times else NEVER


def counted(rows: list[Row]) -> Beginning:
    mine = [row for row in rows if row["owner"] == SLOT]
    heard = [row["out_first"] for row in mine if row["mask"] and abs(row["out_first"] - WAVE) <= COHERENCE]
    of_this = [row for row in mine if row["phase"] == RETURNED and row["returned_at"] >= row["back_at"] - COHERENCE]
    told = [row["told_start"] for row in of_this if row["told_start"] != NEVER]
    fits = heard + [at for at in told if abs(at - WAVE) <= NEAR]
    told = sorted(at for at in told if WITHIN[0] < at <= WITHIN[1])
    windows = [[at for at in told if first <= at <= first + COHERENCE] for first in told]
    most = max(windows, key=len, default=[])
    earliest = min((row["interrupted_at"] for row in mine), default=NEVER)
    return Beginning(earliest, middle(fits), len(fits), middle(most), len(most))


@given(st.lists(_point, max_size=12))
def test_a_beginning_is_what_most_say(rows: list[Row]) -> None:
    said = beginning_of(laid(rows), (0, len(rows)), SLOT, WAVE, COHERENCE, NEAR, WITHIN)
    assert said == counted(rows)


@given(st.lists(_point, max_size=12))
def test_last_words_are_those_after_which_nothing_came(rows: list[Row]) -> None:
    words = []
    for row in rows:
        told = row["told_start"] if row["phase"] == RETURNED else NEVER
        gasped = row["out_first"] if row["out_last"] > row["on_last"] else NEVER
        words += [told if told != NEVER else gasped] if row["owner"] == SLOT else []
    expected = middle([at for at in words if WITHIN[0] < at <= WITHIN[1]])
    assert last_words(laid(rows), (0, len(rows)), SLOT, *WITHIN) == expected


def test_who_tells_of_an_earlier_return_does_not_count() -> None:
    """Three whose message of the return before comes late, and one of this return."""
    row = {"owner": SLOT, "phase": RETURNED, "back_at": 1090, "interrupted_at": 1000}
    late = [row | {"told_start": 600, "returned_at": 700}] * 3
    said = beginning_of(
        laid([*late, row | {"told_start": 1001, "returned_at": 1092}]), (0, 4), SLOT, WAVE, COHERENCE, NEAR, WITHIN
    )
    assert (said.at, said.voices, said.told, said.tellers) == (1001, 1, 1001, 1)
