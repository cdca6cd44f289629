"""What collectors did before, forgotten slowly: rates by collector, and how steady they are in the zone.

Each outage teaches once, when its wave is over, and once when it has ended. How far a collector's rate varies from one
event to the next is found by trying: for each of a few weights of the past the chance of all that was seen is kept, and
the likeliest is used (empirical Bayes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from models.columns.compiled import compiled
from models.outages.delivery.rates import beta_binomial, means
from models.outages.inference.knowledge import RETURNED, Points
from models.outages.inference.reports import GASP, NEAR
from models.outages.weights.scores import UNITS_PER_NAT, WHOLE, Scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.outages.inference.forest import Forest

REMEMBERED: Final = 30
"""Messages of a collector; older ones count less and less."""
GIVEN: Final = 6
"""What was given of a collector's rate counts as much as so many of its gasps; of restoration messages the next."""
GIVEN_RETURNS: Final = 3
WEIGHTS: Final = (1, 2, 4, 8, 16, 32, 64)
"""How many points of an event what the collector did before may be worth."""
FORGET: Final = 16
"""What a weight explained is forgotten by a part in so many with each collector of an event."""
DOUBT: Final = 2 * UNITS_PER_NAT
"""A doubling of the weight has to explain so much more."""
AT_FIRST: Final = -DOUBT * np.abs(np.arange(len(WEIGHTS), dtype=np.int64) - 1)


class Memory(NamedTuple):
    """A row a zone and collector, in 1/1024 of a message; `*_steady` [zones, weights] in units of log probability."""

    gasps: NDArray[np.int64]
    gasps_of: NDArray[np.int64]
    """Of so many."""
    returns: NDArray[np.int64]
    returns_of: NDArray[np.int64]
    gasps_steady: NDArray[np.int64]
    returns_steady: NDArray[np.int64]


class Believed(NamedTuple):
    """What is believed of the collectors of a zone."""

    gasps: NDArray[np.int64]
    """[R] rates in 1/1024, of the rows that were asked for."""
    returns: NDArray[np.int64]
    steady: tuple[int, int]
    """How many points of an event they are worth, of gasps and of restoration messages."""


def nothing_remembered(rows: int, zones: int) -> Memory:
    """Before the first outage: what was given is all, and rates vary a good deal."""
    gasps, gasps_of, returns, returns_of = np.zeros((4, rows), np.int64)
    steady = np.tile(AT_FIRST, (zones, 1))
    return Memory(gasps, gasps_of, returns, returns_of, steady, steady.copy())


def believed(
    memory: Memory, scores: Scores, forest: Forest, zone: int, rows: NDArray[np.int64] | None = None
) -> Believed:
    """Sum up what was given and what was learned of these rows of a zone, or of all of them."""
    here = rows
    if here is None:
        here = np.arange(int(forest.zone_row_start[zone]), int(forest.zone_row_start[zone + 1]))
    return believed_of(memory, scores, forest, zone, here)


@compiled
def believed_of(memory: Memory, scores: Scores, forest: Forest, zone: int, rows: NDArray[np.int64]) -> Believed:
    """Sum up what was given and what was learned of these rows of a zone."""
    classes = forest.row_class[rows]
    return Believed(
        means(scores.class_mean, classes, memory.gasps[rows], memory.gasps_of[rows], GIVEN),
        means(scores.class_return, classes, memory.returns[rows], memory.returns_of[rows], GIVEN_RETURNS),
        (
            WEIGHTS[int(np.argmax(memory.gasps_steady[zone]))],
            WEIGHTS[int(np.argmax(memory.returns_steady[zone]))],
        ),
    )


@compiled
def learn(
    counts: tuple[NDArray[np.int64], NDArray[np.int64]],
    explained: NDArray[np.int64],
    mean: NDArray[np.int64],
    first: int,
    heard: NDArray[np.int64],
    asked: NDArray[np.int64],
) -> None:
    """Take in who spoke of those that could have, [R] by collector of a zone whose rows begin at `first`."""
    spoke, of = counts
    for row in range(len(asked)):
        many, said, at = asked[row], heard[row], first + row
        if many == 0:
            continue
        for place in range(len(WEIGHTS) if many > 1 else 0):
            explained[place] += (AT_FIRST[place] - explained[place]) // FORGET
            explained[place] += beta_binomial(said, many, mean[row], WEIGHTS[place])
        share = min(many, REMEMBERED)
        kept = (REMEMBERED - share) * WHOLE
        if of[at] > kept:
            spoke[at] = spoke[at] * kept // of[at]
            of[at] = kept
        spoke[at] += said * WHOLE * share // many
        of[at] += share * WHOLE


@compiled
def who_spoke(
    points: Points,
    delivery_row: NDArray[np.int32],
    span: tuple[int, int],
    slot: int,
    rows: tuple[int, int],
    opened: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[R] of the points that an outage left dark, those that gasped, and all that could have."""
    heard, asked = np.zeros(rows[1] - rows[0], np.int64), np.zeros(rows[1] - rows[0], np.int64)
    for p in range(span[0], span[1]):
        able = points.mute[p] == 0 and delivery_row[p] >= 0
        if points.owner[p] == slot and able and points.out_at[p] >= opened - NEAR:
            heard[delivery_row[p] - rows[0] + points.source[p]] += points.mask[p] & GASP != 0
            asked[delivery_row[p] - rows[0] + points.source[p]] += 1
    return heard, asked


@compiled
def who_returned(
    points: Points,
    delivery_row: NDArray[np.int32],
    span: tuple[int, int],
    slot: int,
    rows: tuple[int, int],
    tolerance: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """[R] of the points of an outage that are back, those that said so, and all that could have."""
    heard, asked = np.zeros(rows[1] - rows[0], np.int64), np.zeros(rows[1] - rows[0], np.int64)
    for p in range(span[0], span[1]):
        able = points.mute[p] == 0 and delivery_row[p] >= 0
        if points.owner[p] == slot and able and points.phase[p] == RETURNED:
            heard[delivery_row[p] - rows[0] + points.source[p]] += points.on_last[p] >= points.back_at[p] - tolerance
            asked[delivery_row[p] - rows[0] + points.source[p]] += 1
    return heard, asked
