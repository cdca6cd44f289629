"""When storms are over, instant by instant: what is said, when, and that a restart shows nowhere."""

from __future__ import annotations

from itertools import count
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from models.contracts.outputs.storm import StormEstimateRecord, StormEstimateTombstone
from models.storms.ending.storms_with_endings import StormsWithEndings
from models.storms.output import OUTAGE_STORMS, STORM_ESTIMATES, STORMS
from models.storms.policy import StormPolicy
from models.storms.sums import Shown
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import parse_time
from tests.worlds.lifecycles import name_of

NOON = 1_782_900_000_000
MINUTE = 60_000
POLICY = StormPolicy(
    open_outages=2, open_customers=20, area_customers=20, end_customers=5, end_seconds=600, estimate_seconds=300,
    estimate_share=0.9,
)  # fmt: skip
CREWS = ["17", "4"]


def shown(
    number: int, out: int, *, affected: int = 40, ends: tuple[int, int] | None = (30, 120), crew: bool = False
) -> list[Any]:
    """An outage that began at noon; `ends` in minutes after noon."""
    areas = [["county", f"c{number % 2}", out, 60]] if out else []
    estimate = None if ends is None else [NOON // 1000 + 60 * end for end in ends]
    fields = Shown(name_of(number), True, out > 0, NOON, out, affected, areas, estimate)
    return list(fields._replace(crews=CREWS if crew else [], work_began=NOON // 1000 if crew else None))


class Utility:
    """Lives from moment to moment, and is saved and opened again wherever that is asked for."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.life = self._open(None)

    def _open(self, saved: Any) -> Life:
        outputs = (STORMS, OUTAGE_STORMS, STORM_ESTIMATES)
        return Life(lambda own: StormsWithEndings(POLICY, [(0, 0)], own), outputs, "test", saved)

    def restart(self) -> None:
        self.life = self._open(orjson.loads(orjson.dumps(self.life.save())))

    def at(self, minute: float, *states: list[Any]) -> list[dict[str, Any]]:
        records = [Followed("log", number, "utility", state) for number, state in enumerate(states)]
        written = self.life.take(Moment(next(self.numbers), NOON + round(minute * MINUTE), tuple(records)))
        return [record for name, record in written if name == STORM_ESTIMATES.name]


def test_a_storm_is_estimated_at_its_steps_until_it_is_over() -> None:
    utility = Utility()
    assert utility.at(1, shown(1, 40)) == []
    first = utility.at(2, shown(2, 40))[0]
    assert (first["outages"], first["outages_open"], first["customers_affected"], first["crews"]) == (2, 2, 80, 0)
    low, middle, high = (
        (parse_time(first[name]) - NOON) / MINUTE for name in ("restored_from", "restored_by", "restored_to")
    )
    assert 20 < low < middle < high
    assert 60 < middle < 150
    assert [(area["area_id"], area["customers_out"]) for area in first["areas"]] == [("c0", 40), ("c1", 40)]
    assert utility.at(3, shown(3, 1, affected=1)) == []
    later = utility.at(13)
    assert [record["updated_at"][14:16] for record in later] == ["07", "12"]
    done = utility.at(22, shown(1, 0), shown(2, 0), shown(3, 1, affected=1))[-1]
    assert done["restored_by"] is None
    assert done["pace"] < 1
    assert [area["kind"] for area in done["areas"]] == ["county"]
    over = [record for record in utility.at(40) if record.get("tombstone")]
    assert [StormEstimateTombstone.model_validate(record).storm_id for record in over] == [first["storm_id"]]
    assert utility.at(90) == []


def test_crews_count_once_outages_show_how_long_they_take() -> None:
    utility = Utility()
    states = [shown(number, 40, ends=(1, 2), crew=True) for number in range(12)]
    assert utility.at(1, *states)[0]["crews"] == 0
    free = utility.at(55)[-1]
    busy = utility.at(61, shown(0, 0, crew=True))[-1]
    assert busy["crews"] == len(CREWS)
    hours = [(parse_time(one["restored_by"]) - parse_time(one["updated_at"])) / 3_600_000 for one in (free, busy)]
    assert hours[0] < 4 <= hours[1]  # ten outages left, an hour each, two at once


def test_outages_without_an_estimate_say_nothing_of_the_end() -> None:
    utility = Utility()
    assert utility.at(1, *(shown(number, 40, ends=None) for number in range(4))) == []
    assert utility.at(30) == []


STATES = st.tuples(st.integers(0, 5), st.integers(0, 25), st.integers(-30, 90), st.booleans())


@given(st.lists(st.tuples(st.lists(STATES, max_size=4, unique_by=lambda one: one[0]), st.booleans()), max_size=25))
def test_a_restart_shows_nowhere(steps: list[tuple[list[tuple[int, int, int, bool]], bool]]) -> None:
    utility, undisturbed = Utility(), Utility()
    for minute, (states, restart) in enumerate(steps):
        said = [shown(number, out, ends=(low, low + 60), crew=crew) for number, out, low, crew in states]
        written = utility.at(3 * minute, *said)
        assert undisturbed.at(3 * minute, *said) == written
        for record in written:
            if record.get("tombstone"):
                continue
            StormEstimateRecord.model_validate(record)
            assert record["restored_by"] is None or record["restored_by"] > record["updated_at"]
            assert sum(area["customers_out"] for area in record["areas"]) == record["customers_out"]
        if restart:
            utility.restart()
