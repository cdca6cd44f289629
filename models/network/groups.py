"""Usage points that are alike in what they are counted by: their class of customers, and the areas that they lie in.

There are far fewer groups than points, and they are numbered as they first appear along the network, so the points
below a device have few groups whose numbers lie near each other: counting by group is one short histogram.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from models.columns.packed_text import PackedText

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.network.tables import AreaColumns, Categories


def group_facts(
    customer_class: Categories, areas: AreaColumns, rows: NDArray[np.int32], row_of_point: NDArray[np.int32]
) -> dict[str, Any]:
    """Give the columns of `Network` about groups; `rows` are the points' rows in their order, and back again.

    A point's areas are one of each kind at most. Areas are numbered by kind and id.
    """
    area_of_row, area_kind, kinds, names = _number_areas(areas)
    classes = customer_class.codes[rows]
    columns = [classes]
    for kind in range(len(kinds)):
        column = np.full(len(rows), -1, np.int32)
        mine = area_kind[area_of_row] == kind
        column[row_of_point[areas.point[mine]]] = area_of_row[mine]
        columns.append(column)
    first, group = _combinations(columns)
    by_kind = np.array([column[first] for column in columns[1:]], np.int32).reshape(len(kinds), len(first)).T
    there = by_kind >= 0
    return {
        "class_ids": customer_class.values,
        "area_kind_ids": PackedText.of(kinds),
        "area_ids": PackedText.of(names),
        "area_kind": area_kind,
        "point_group": group,
        "group_class": classes[first],
        "group_area_start": np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32),
        "group_areas": by_kind[there],
    }


def _number_areas(areas: AreaColumns) -> tuple[NDArray[np.int32], NDArray[np.int32], list[str], list[str]]:
    """Number the areas that occur: of each row its area, of each area its kind; the kinds and the areas' ids."""
    kinds, ids = list(areas.kind.values), list(areas.area.values)
    pairs, of_row = np.unique(areas.kind.codes.astype(np.int64) * len(ids) + areas.area.codes, return_inverse=True)
    named = [(kinds[pair // len(ids)], ids[pair % len(ids)]) for pair in pairs.tolist()]
    in_order = sorted(range(len(named)), key=named.__getitem__)
    rank = np.empty(len(named), np.int32)
    rank[in_order] = np.arange(len(named), dtype=np.int32)
    kinds = sorted({kind for kind, _ in named})
    area_kind = np.array([kinds.index(named[place][0]) for place in in_order], np.int32)
    return rank[of_row.reshape(-1)], area_kind, kinds, [named[place][1] for place in in_order]


def _combinations(columns: list[NDArray[np.int32]]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Number the combinations of codes (-1 none) as they first appear: of each where that is, and each row's number."""
    code = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        joined = code * (int(column.max(initial=-1)) + 2) + column + 1
        code = np.unique(joined, return_inverse=True)[1].reshape(-1)
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int32)
    order = np.argsort(first, kind="stable")
    rank[order] = np.arange(len(first), dtype=np.int32)
    return first[order], rank[code.reshape(-1)]
