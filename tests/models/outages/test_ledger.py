"""The ledger says at every instant who is out by which outage, exactly as the engine has it, and who came back when."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.network.load import load_network
from models.contracts.outputs.membership import MembershipRecord
from models.contracts.topics import RAW_TOPICS
from models.evidence.batch import END_OF_LOG
from models.ledger.interruptions import InterruptionLedger
from models.outages.inference.knowledge import NOBODY, RETURNED
from models.times.iso8601 import parse_time
from simulator.files.folder import clear_folder, write_storm
from simulator.options import storm_options
from simulator.storm import simulate
from tests.worlds.evidence import Reader, instant_by_instant
from tests.worlds.random_storms import Storm, storms
from tests.worlds.storms import CKT5

FINAL = {"restored", "repaired", "momentary", "merged", "cancelled"}
Intervals = dict[str, dict[int, tuple[int, int | None]]]
"""By outage and usage point (stable number), from when to when."""


class Watch:
    """Beside the engine, instant by instant: what the ledger came to, and what the engine's own state has."""

    def __init__(self) -> None:
        self.ledger = InterruptionLedger()
        self.read = Counter[str]()
        self.compared, self.turn = -1, 0
        self.status: dict[str, dict[str, Any]] = {}
        self.intervals: Intervals = defaultdict(dict)
        """Recomputed from the state and the restoration records."""
        self.never_were = Counter[str]()
        """By outage, the customers who were found to be another one's from the start."""
        self.back = Counter[str]()
        """By outage, the customers in its restoration records."""
        self.put_right = set[str]()
        """Of which an operator said when they began, or were over."""
        self.twice = set[tuple[str, int]]()
        """Restored once more by the outage that had restored them, which is a fault of the engine."""

    def look(self, reader: Reader) -> None:
        answer, partition = reader.answer, reader.engine.state.partition
        for record in answer.membership[self.read["membership"] :]:
            MembershipRecord.model_validate(record)
            assert len(orjson.dumps(record)) <= 256 * 1024
            self.ledger.take(record)
        for record in answer.lifecycle[self.read["lifecycle"] :]:
            before = self.status.get(record["outage_id"], record)["customers_affected"]
            self.never_were[record["outage_id"]] += max(0, before - record["customers_affected"])
            ordered = {command["kind"] for command in (record["operators"] or {"commands": []})["commands"]}
            if ordered & {"set_start_time", "set_restoration_time"}:
                self.put_right.add(record["outage_id"])
            self.status[record["outage_id"]] = record
        self._restored(answer.restorations[self.read["restorations"] :], partition)
        for name in ("membership", "lifecycle", "restorations"):
            self.read[name] = len(getattr(answer, name))
        published = self.read.total()
        if published != self.compared or self.turn % 50 == 0:
            self._compare(partition)
        self.compared, self.turn = published, self.turn + 1

    def _restored(self, records: list[dict[str, Any]], partition: Any) -> None:
        """Power that came back: whom the records name, when by the state's word."""
        for record in records:
            self.back[record["outage_id"]] += record["customers_restored"]
            for point in partition.network.find_points(record["usage_point_ids"]).tolist():
                number = int(partition.network.point_number[point])
                known = self.intervals[record["outage_id"]].get(number)
                if known is not None and known[1] is not None:
                    self.twice.add((record["outage_id"], number))
                # Who tells, being back, when he lost power was out since then, unless he is another's by now.
                owner = int(partition.points.owner[point])
                mine = owner == NOBODY or partition.points.phase[point] == RETURNED
                out_at = known[0] if known and known[1] is None and not mine else since(partition, point)
                # A meter's clock may have it out after it was back.
                self.intervals[record["outage_id"]][number] = out_at, max(out_at, int(partition.points.back_at[point]))

    def _compare(self, partition: Any) -> None:
        network = partition.network  # it may be fed otherwise by now: positions are others then
        told = defaultdict[str, dict[str, set[int]]](lambda: defaultdict(set))
        for number, entries in self.ledger.entries.items():
            for outage_id, entry in entries.items():
                told[outage_id][entry.change.partition("_")[0]].add(number)
        for outage_id, record in self.status.items():
            customers = Counter[str]()
            for change, numbers in told[outage_id].items():
                at = network.point_position[sorted(numbers)]
                customers[change] = int(network.customers[at].sum())
            assert customers["gained"] == record["customers_out"]
            assert sum(step["customers_restored"] for step in record["restoration_steps"]) == self.back[outage_id]
            if record["status"] not in {"merged", "cancelled"}:
                # Who loses power by it once more has one entry, and was restored or transferred all the same.
                # Who had power between, and then lost it by another outage, is transferred and restored.
                assert customers["restored"] <= record["customers_restored"] + record["customers_transferred"]
                # Who was another outage's from the start is out by that one from now on, and never was by this one.
                assert customers["transferred"] <= record["customers_transferred"] + self.never_were[outage_id]
            gained = network.point_position[sorted(told[outage_id]["gained"])]
            assert record["customers_by_class"] == partition.breakdown.fields(gained)["customers_by_class"]
            for name, code in (("critical", 1), ("key", 2)):
                assert record["priority_out"][name] == network.customers[gained[network.priority[gained] == code]].sum()
        for outage in partition.by_name.values():
            if not outage.suspected:
                self._compare_points(partition, outage, told[outage.outage_id]["gained"])

    def _compare_points(self, partition: Any, outage: Any, told: set[int]) -> None:
        points, network = partition.points, partition.network
        mine = np.flatnonzero(points.owner == outage.slot)
        out = mine[points.phase[mine] != RETURNED]
        assert told == set(network.point_number[out].tolist())
        here = self.intervals[outage.outage_id]
        for number in [number for number, (_, back_at) in here.items() if back_at is None]:
            del here[number]  # it may have gone to another outage
        for point in out.tolist():
            here[int(network.point_number[point])] = since(partition, point), None
        for number in told:
            assert self.ledger.entries[number][outage.outage_id].out_at == here[number][0]

    def finish(self) -> None:
        """All interruptions, those that ended, exactly."""
        for outage_id, record in self.status.items():
            ended = {
                number: (entry.out_at, entry.at)
                for number, entries in self.ledger.entries.items()
                if (entry := entries.get(outage_id)) is not None and entry.change.startswith("restored")
            }
            expected = {
                number: interval for number, interval in self.intervals[outage_id].items() if interval[1] is not None
            }
            between = {number for number in ended.keys() - expected.keys() if self._lost_it_anew(outage_id, number)}
            assert ended.keys() - between == expected.keys() or record["status"] not in {"restored", "momentary"}
            for number, interval in ended.items():
                if number in between:
                    continue
                same = interval == expected[number] or (outage_id, number) in self.twice
                # Its clock has it out after it was back: when it came back is the outage's word.
                same |= interval[0] == expected[number][0] == expected[number][1]
                assert same or outage_id in self.put_right

    def _lost_it_anew(self, outage_id: str, number: int) -> bool:
        """Whether a point had power again by this outage's entry, and is out by another one's from then on."""
        entries = self.ledger.entries[number]
        return any(entry.out_at >= entries[outage_id].at for name, entry in entries.items() if name != outage_id)


def since(partition: Any, point: int) -> int:
    """Since when a point is out by the state, with what operators put right (tested by itself)."""
    return int(partition.context.ledger.put_right.since(partition.points, np.array([point]))[0])


def watched(reader: Reader, *, restart: bool = False) -> Watch:
    """Live through all lines."""
    watch = Watch()
    for turn, at in enumerate(instant_by_instant(reader, END_OF_LOG - 1)):
        watch.look(at)
        if restart and turn % 7 == 0:
            reader.restart()
        if at.engine.state.partition.timers == [] and all(
            at.read[topic] >= len(at.lines.get(topic, [])) for topic in RAW_TOPICS
        ):
            break
    reader.finish()
    watch.look(reader)
    watch.finish()
    return watch


def in_numbers(line: bytes) -> bytes:
    """The same event, its arrival in milliseconds."""
    event = orjson.loads(line)
    return orjson.dumps(event | {"received_at": parse_time(event["received_at"])})


@settings(max_examples=20)
@given(storm=storms(), restart=st.booleans())
def test_the_ledger_is_what_the_engine_has_at_every_instant(storm: Storm, *, restart: bool) -> None:
    watch = watched(Reader(storm.network, storm.lines), restart=restart)
    for number in watch.ledger.entries:
        known = watch.ledger.interruptions(number)
        assert all(one.back_at is None or one.out_at <= one.back_at for one in known)


LONG = os.environ.get("FAULTLINE_LEDGER") == "long"
STORMS = [(preset, seed) for preset in ("full", "bad") for seed in range(1, 11)] if LONG else [("full", 1), ("bad", 2)]


@pytest.mark.parametrize(("preset", "seed"), STORMS)
def test_the_ledger_of_a_simulated_storm(tmp_path: Any, preset: str, seed: int) -> None:
    network = load_network(CKT5)
    clear_folder(tmp_path)
    chosen = {"duration_seconds": 3600.0, "faults_per_hour": 20.0}
    write_storm(tmp_path, network, simulate(network, storm_options(seed, preset, chosen)))
    paths = {topic: tmp_path / f"{topic}.jsonl" for topic in RAW_TOPICS}
    lines = {
        topic: list(map(in_numbers, path.read_bytes().splitlines())) for topic, path in paths.items() if path.exists()
    }
    watch = watched(Reader(network, lines))
    known = [one for number in watch.ledger.entries for one in watch.ledger.interruptions(number)]
    assert len(known) > 100
    assert {record["status"] for record in watch.status.values() if not record["customers_out"]} <= FINAL
