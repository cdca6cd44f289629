"""Where crews are: each at one place, found by outage and by class, over states; told against a list of all reports."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.outages.context.crews import BEFORE, NO_CLASS, CrewAt, CrewCause, Crews

STEPS = st.lists(
    st.tuples(
        st.sampled_from(("put", "put", "put", "release", "move", "forget")),
        st.sampled_from("abc"),
        st.sampled_from(("one", "two", "")),
        st.integers(0, 2),
        st.sampled_from(("on_site", "completed")),
        st.sampled_from((0, BEFORE, BEFORE + 1, 2 * BEFORE)),
    ),
    max_size=12,
)


@given(steps=STEPS, started_at=st.sampled_from((0, BEFORE, 2 * BEFORE)))
def test_each_crew_is_where_it_was_put_last(steps: list[tuple[str, str, str, int, str, int]], started_at: int) -> None:
    crews, there = Crews(), dict[str, CrewAt]()
    for what, crew_id, outage, key, status, at in steps:
        if what == "put":
            crew = CrewAt(crew_id, None, status, at, None, None, outage, NO_CLASS if outage else key)
            crews.put(crew)
            there[crew_id] = crew
        elif what == "release":
            assert crews.release(crew_id) == there.pop(crew_id, None)
        elif what == "move":
            assert crews.move("one", "two") == any(crew.outage_id == "one" for crew in there.values())
            there = {
                name: crew._replace(outage_id="two") if crew.outage_id == "one" else crew
                for name, crew in there.items()
            }
        else:
            crews.forget("two")
            there = {name: crew for name, crew in there.items() if crew.outage_id != "two"}
        again = Crews()
        again.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(crews.save())))
        crews = again
    for outage in ("one", "two"):
        for key in range(3):
            expected = [there[name] for name in sorted(there) if _stands(there[name], outage, key, started_at)]
            assert crews.at(outage, key, started_at) == expected


def _stands(crew: CrewAt, outage: str, key: int, started_at: int) -> bool:
    if crew.outage_id:
        return crew.outage_id == outage
    since = started_at if crew.status == "completed" else started_at - BEFORE
    return crew.key == key and crew.at >= since


@given(told=st.permutations([CrewCause(at, crew, "public", None) for at in (1, 2) for crew in "ab"]))
def test_the_latest_cause_counts_whatever_the_order(told: list[CrewCause]) -> None:
    crews = Crews()
    for cause in told:
        crews.report_cause("one", cause)
    assert crews.causes == {"one": CrewCause(2, "b", "public", None)}
    assert crews.move("one", "two")
    assert crews.causes.keys() == {"two"}
    crews.forget("two")
    assert not crews
