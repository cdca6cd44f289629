import numpy as np

from models.outages.estimate.calibration import corrections, fits
from models.outages.estimate.situation import FIELDS
from tests.worlds.estimates import LEVELS, QUIET


def test_levels_hold_after_they_were_corrected() -> None:
    lots = np.random.default_rng(1)
    asked = np.tile(np.array(QUIET), (4000, 1))
    asked[:, FIELDS.index("customers")] = lots.integers(1, 300, 4000)
    large = asked[:, FIELDS.index("customers")] >= 100
    truth = lots.normal(2000 + 500 * large, 100 + 300 * large, 4000).astype(np.int64)
    off = truth[:, None] - np.array([1900, 2000, 2010, 2050, 2100])  # levels that know nothing of the large ones
    found = corrections(asked[::2], off[::2], LEVELS)
    unseen, add = np.zeros(2000, bool), np.zeros((2000, 5), np.int64)
    for one in found:
        mine = fits(asked[1::2], one.least) & ~unseen
        unseen |= mine
        add[mine] = one.add
    for group in (large[1::2], ~large[1::2]):
        shares = (off[1::2] <= add)[group].mean(axis=0)
        assert np.abs(shares * 100 - LEVELS).max() < 5


def test_a_case_of_few_has_no_correction_of_its_own() -> None:
    asked = np.tile(np.array(QUIET), (250, 1))
    asked[:20, FIELDS.index("customers")] = 5000
    found = corrections(asked, np.arange(250)[:, None] * np.ones(5, np.int64), LEVELS)
    assert sum(one.situations for one in found) == 250
    assert all(one.situations >= 200 or one is found[-1] for one in found)
