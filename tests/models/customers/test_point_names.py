"""Ids by stable numbers, whatever version of the network has them."""

from __future__ import annotations

import numpy as np
import pytest

from models.customers.point_names import PointNames
from models.network.faults import NetworkFaults
from models.network.network import Network
from models.network.versions import after
from tests.worlds.networks import Device, Point, network_of


def version(*points: str) -> Network:
    return network_of([Device("b", kind="breaker")], [Point(name, "b") for name in points])


def test_a_number_has_its_id_in_whatever_version_there_is() -> None:
    first = version("p0", "p1", "p2")
    second = after(version("p2", "p3", "p0"), first)
    known = dict(zip(first.point_number.tolist(), first.point_ids, strict=True))
    known |= dict(zip(second.point_number.tolist(), second.point_ids, strict=True))
    assert len(known) == 4
    numbers = np.array([*known, *known][::-1], np.int32)
    assert PointNames([first, second])(numbers) == [known[number] for number in numbers.tolist()]
    assert PointNames([first])(np.zeros(0, np.int32)) == []
    came = [[first], [first, second]]
    waiting = PointNames([], lambda: came.pop(0))
    assert waiting(first.point_number) == list(first.point_ids)
    assert waiting(numbers) == [known[number] for number in numbers.tolist()]
    with pytest.raises(NetworkFaults, match="up to number 99 are in no version"):
        PointNames([first, second], lambda: [first, second])(np.array([0, 99], np.int32))
