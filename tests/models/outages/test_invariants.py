"""What holds after every instant, whatever comes in: counts, owners, statuses, names and times of the records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings

from models.contracts.outputs.outage import OutageRecord
from models.contracts.outputs.restoration import RestorationRecord
from models.network.network import PRIORITIES, Network
from models.outages.engine import Engine
from models.outages.inference.knowledge import FREE, NEVER, NOBODY, RETURNED, Points, default_of
from models.outages.snapshot_tables import TOLD_BY
from tests.worlds.evidence import Answer, Reader, instant_by_instant, moment
from tests.worlds.random_storms import LONGEST, Storm, storms

ORDER = ("detected", "confirmed", "partially_restored", "restored", "repaired", "momentary", "merged", "cancelled")
FINAL = ORDER[3:]
Record = dict[str, Any]


@settings(max_examples=60)
@given(storm=storms())
def test_what_always_holds(storm: Storm) -> None:
    network, answer, spoken = storm.network, Answer(), 0
    for reader in instant_by_instant(Reader(network, storm.lines), moment(LONGEST + 1200)):
        answer = reader.answer
        if len(answer.lifecycle) > spoken:
            check_instants(answer, answer.lifecycle[spoken:], network)
            spoken = len(answer.lifecycle)
            check_state(reader.engine, network)
    check_records(answer)
    check_lives(answer)
    check_restorations(answer)


def check_state(engine: Engine, network: Network) -> None:
    """Each point is owned by at most one open outage around it, and the counts are those of the points."""
    partition = engine.state.partition
    owner, phase = partition.points.owner, partition.points.phase
    untold = np.all([getattr(partition.points, name) == NEVER for name in TOLD_BY], axis=0)
    for name in Points._fields:
        assert (getattr(partition.points, name)[untold] == default_of(Points, name)[1]).all()
    assert ((owner == NOBODY) == (phase == FREE)).all()
    owners = {int(slot) for slot in np.unique(owner) if slot != NOBODY}
    assert owners <= {outage.slot for outage in partition.by_name.values()}
    for outage in partition.by_name.values():
        mine = np.flatnonzero((owner == outage.slot) & (phase != RETURNED))
        assert all(outage.span[0] <= point < outage.span[1] for point in mine)
        counts = zip(outage.affected, outage.restored, outage.transferred, strict=True)
        left = [affected - restored - transferred for affected, restored, transferred in counts]
        assert left == counts_of(network, mine)
        assert min(*outage.affected, *outage.restored, *outage.transferred) >= 0


def counts_of(network: Network, points: np.ndarray[Any, Any]) -> list[int]:
    """Customers at these points, and of them those of each priority."""
    customers, priority = network.customers[points], network.priority[points]
    return [int(customers.sum()), *(int(customers[priority == p].sum()) for p in range(1, len(PRIORITIES)))]


def check_instants(answer: Answer, fresh: list[Record], network: Network) -> None:
    """Nobody is merged into an outage that is itself merged, and no zone has more out than live there."""
    last = answer.last()
    for record in fresh:
        if record["merged_into"] is not None:
            assert last[record["merged_into"]]["status"] not in ("merged", "cancelled")
    out: dict[str, int] = defaultdict(int)
    for record in last.values():
        if record["status"] not in FINAL:
            out[record["zone_id"]] += record["customers_out"]
    for zone, count in out.items():
        number = [network.zone_ids[z] for z in range(len(network.zone_ids))].index(zone)
        first, end = network.zone_point_start[number], network.zone_point_start[number + 1]
        assert count <= network.customers[first:end].sum()


def check_records(answer: Answer) -> None:
    """Every record keeps its contract, names itself once, and stands in its place."""
    for records, contract in ((answer.lifecycle, OutageRecord), (answer.restorations, RestorationRecord)):
        assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
        assert len({record["event_id"] for record in records}) == len(records)
        assert [record["updated_at"] for record in records] == sorted(record["updated_at"] for record in records)
        for record in records:
            contract.model_validate(record)


def check_lives(answer: Answer) -> None:
    """Each outage's revisions are dense and its status moves forward to an end that stays."""
    for revisions in by_outage(answer.lifecycle).values():
        assert [record["revision"] for record in revisions] == list(range(1, len(revisions) + 1))
        statuses = [record["status"] for record in revisions]
        places = [ORDER.index(status) for status in statuses]
        assert places == sorted(places)
        ends = [status for status in statuses if status in FINAL]
        assert len(set(ends)) <= 1
        assert "merged" not in statuses[:-1]
        assert "cancelled" not in statuses[:-1]
        for before, record in pairwise(revisions):
            assert before["updated_at"] < record["updated_at"]
            differing = {name for name in record if record[name] != before[name]}
            assert set(record["change"]) == differing - {"event_id", "sequence", "revision", "change", "updated_at"}
        check_times(revisions)


def check_times(revisions: list[Record]) -> None:
    """An outage has an end exactly when it has ended, and is sustained when it lasted over five minutes."""
    for record in revisions:
        assert (record["restored_at"] is not None) == (record["status"] in ("restored", "momentary"))
        assert record["status"] != "momentary" or record["sustained_at"] is None
        assert record["status"] != "restored" or record["sustained_at"] is not None
        assert record["restored_at"] is None or record["restored_at"] >= record["started_at"]
        assert record["status"] not in FINAL or record["customers_out"] == 0


def check_restorations(answer: Answer) -> None:
    """Restoration records and the revisions that they belong to tell the same."""
    revisions = {record["event_id"]: record for record in answer.lifecycle}
    restored: dict[str, int] = defaultdict(int)
    for record in answer.restorations:
        revision = revisions[f"{record['outage_id']}:{record['revision']}"]
        restored[record["outage_id"]] += record["customers_restored"]
        assert record["updated_at"] == revision["updated_at"]
        assert record["customers_out"] == revision["customers_out"]
        assert (record["kind"] == "full") == (record["customers_out"] == 0)
        assert record["usage_point_ids"]
    for name, last in answer.last().items():
        assert restored[name] >= last["customers_restored"]  # who lost power again is told again
    check_nobody_is_told_twice(answer)


def check_nobody_is_told_twice(answer: Answer) -> None:
    """An outage tells a point's return once more only after a revision has it out again, or another one told it."""
    falls = {
        name: [
            now["updated_at"]
            for was, now in pairwise(revisions)
            if now["customers_restored"] < was["customers_restored"]
        ]
        for name, revisions in by_outage(answer.lifecycle).items()
    }
    told: dict[str, Record] = {}
    before: dict[tuple[str, str], str] = {}
    for record in answer.restorations:
        name, at = record["outage_id"], record["updated_at"]
        for point in record["usage_point_ids"]:
            if (earlier := before.get((name, point))) is not None and told[point]["outage_id"] == name:
                assert any(earlier < fall <= at for fall in falls[name]), (record, point)
            before[name, point], told[point] = at, record


def by_outage(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Records of each outage, in order."""
    lives: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        lives[record["outage_id"]].append(record)
    return lives
