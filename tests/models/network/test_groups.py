"""Groups of points against the plain definition: each point's class and areas, and few short histograms."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.network.groups import group_facts
from models.network.network import Network
from models.network.tables import AreaColumns, Categories

names = st.sampled_from(["", "a", "b", "c"])


@given(st.data())
def test_each_point_has_the_class_and_the_areas_that_the_tables_give_it(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 8))
    classes = data.draw(st.lists(names, min_size=count, max_size=count))
    order = np.array(data.draw(st.permutations(range(count))), np.int32)
    pairs = st.tuples(st.integers(0, max(count - 1, 0)), st.sampled_from(["zip", "county"]))
    chosen = data.draw(st.dictionaries(pairs, names.filter(bool), max_size=12)) if count else {}
    rows = data.draw(st.permutations(sorted(chosen.items())))
    areas = AreaColumns(
        np.array([point for (point, _), _ in rows], np.int32),
        Categories.of([kind for (_, kind), _ in rows]),
        Categories.of([area for _, area in rows]),
    )
    row_of = np.empty(count, np.int32)
    row_of[order] = np.arange(count, dtype=np.int32)
    facts = group_facts(Categories.of(classes), areas, order, row_of)
    starts, kinds = facts["group_area_start"], facts["area_kind_ids"].take(facts["area_kind"])
    assert sorted(zip(kinds, facts["area_ids"], strict=True)) == list(zip(kinds, facts["area_ids"], strict=True))
    assert set(zip(kinds, facts["area_ids"], strict=True)) == {(kind, area) for (_, kind), area in chosen.items()}
    for place, row in enumerate(order.tolist()):
        group = facts["point_group"][place]
        code = facts["group_class"][group]
        assert (facts["class_ids"][int(code)] if code >= 0 else "") == classes[row]
        mine = facts["group_areas"][starts[group] : starts[group + 1]].tolist()
        assert {(kinds[area], facts["area_ids"][area]) for area in mine} == {
            (kind, area) for (point, kind), area in chosen.items() if point == row
        }
    firsts = [facts["point_group"].tolist().index(group) for group in range(len(facts["group_class"]))]
    assert firsts == sorted(firsts)  # numbered as they first appear
    distinct = {(classes[row], *sorted(pair for pair in chosen.items() if pair[0][0] == row)) for row in range(count)}
    assert len(firsts) <= len(distinct)
    assert set(facts) <= set(Network.__dataclass_fields__)
