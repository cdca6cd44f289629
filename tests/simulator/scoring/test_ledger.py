"""The ledger's curve: of an outage and a point the last entry counts; without another one it ends as the outage did."""

from typing import Any

import pytest

from models.network.network import Network
from simulator.scoring.curves import ledger_steps
from simulator.scoring.reading.ledger import LedgerIntervals, MembershipLine
from simulator.scoring.reading.output import lay_output
from simulator.scoring.reading.records import RevisionLine
from tests.simulator.scoring.conftest import NOON


def entry(outage: str, change: str, point: int, out: int, at: int) -> MembershipLine:
    return MembershipLine(outage, [point], [change], [NOON + 1000 * out], [NOON + 1000 * at])


@pytest.mark.parametrize(
    ("entries", "status", "expected"),
    [
        ([("gained", 10, 10)], "detected", [(10, None)]),
        ([("gained", 10, 10), ("restored_confirmed", 12, 70)], "restored", [(12, 70)]),
        ([("gained", 10, 10), ("restored_inferred", 10, 70), ("gained", 90, 90)], "detected", [(90, None)]),
        ([("gained", 10, 10), ("lost", 10, 40)], "detected", []),
        ([("gained", 10, 10), ("transferred", 10, 40)], "repaired", []),
        ([("gained", 10, 10)], "cancelled", []),
        ([("gained", 10, 10)], "restored", [(10, 60)]),
    ],
)
def test_the_last_entry_counts(
    town: Network, revision: Any, entries: list[tuple[str, int, int]], status: str, expected: list[tuple[int, int]]
) -> None:
    restored = 60 if status == "restored" else None
    lines: list[RevisionLine] = [revision("a", 1, 60, "L1", 10, restored=restored, status=status)]
    number = int(town.point_number[3])
    output = lay_output(lines, [], [], town, [entry("a", change, number, out, at) for change, out, at in entries])
    assert output.ledger is not None
    assert isinstance(output.ledger, LedgerIntervals)
    at, change = ledger_steps(town, output.ledger, output.outages)
    customers = int(town.customers[3])
    half = len(at) // 2
    assert change.tolist() == [customers] * half + [-customers] * half
    found = [
        (int(begin - NOON) // 1000, int(end - NOON) // 1000) for begin, end in zip(at[:half], at[half:], strict=True)
    ]
    assert [(begin, end if end < 1_000_000 else None) for begin, end in found] == expected
