"""The flow `suspects` on Kafka, where kill -9 shows nowhere."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from adapters.kafka.records.followed_record import RecordReader
from adapters.kafka.records.output_record import outgoing
from adapters.network.compiled_file import write_artefact
from dataflows.suspects.declaration import FLOW
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_CLOCK, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.suspects.news import evidence_of
from models.suspects.output import SUSPECTS
from models.suspects.policy import SuspectPolicy
from models.suspects.suspects import Suspects
from models.timeline.life import Life
from models.timeline.moment import Moment
from models.times.iso8601 import format_time
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.peers.embedded import broker_with, write_outputs
from tests.peers.kafka import eventually
from tests.worlds.wrong_joins import HOUR, Season, Told

READERS = {stem: RecordReader(output_of(stem)) for stem in (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP)}


def clocked(season: list[Told]) -> list[tuple[dict[str, Any], Told]]:
    """Each moment with its record of the clock."""
    found, done = [], 0
    for number, told in enumerate(season, 1):
        done += len(told[1])
        at = format_time(told[0])
        tick = {
            "event_id": f"0:{at}", "schema_version": 1, "organisation": "test", "sequence": number,
            "evidence_partition": 0, "updated_at": at, "sequences": dict.fromkeys(READERS, done),
        }  # fmt: skip
        found.append((tick, told))
    return found


def write(broker: str, moments: list[tuple[dict[str, Any], Told]]) -> None:
    records: list[tuple[str, int, dict[str, Any]]] = []
    for tick, (_, revisions, ledger) in moments:
        records += [(OUTAGE_LIFECYCLE, 0, one) for one in revisions]
        records += [(OUTAGE_MEMBERSHIP, 0, one) for one in ledger]
        records.append((OUTAGE_CLOCK, 0, tick))
    write_outputs(broker, records)


def expected(season: Season, moments: list[tuple[dict[str, Any], Told]]) -> list[bytes | None]:
    """What the model says, asked by itself."""
    life = Life(lambda saved: Suspects(season.network, SuspectPolicy(), [], saved), FLOW.outputs, "default")
    records = []
    for number, (_, (instant, revisions, ledger)) in enumerate(moments, 1):
        some = [READERS[OUTAGE_LIFECYCLE].take(one) for one in revisions]
        some += [READERS[OUTAGE_MEMBERSHIP].take(one) for one in ledger]
        followed = tuple(one._replace(record=evidence_of(one)) for one in some)
        said = life.take(Moment(number, instant, followed))
        records += [outgoing(SUSPECTS, record, "default").value for _, record in said]
    return records


def test_kills_show_nowhere(tmp_path: Path) -> None:
    season = Season(random.Random(3))
    told = list(season.play(120))
    moments = clocked([*told, (told[-1][0] + 24 * HOUR, [], [])])
    whole = expected(season, moments)
    assert len(whole) > 10
    write_artefact(season.network, tmp_path / "town.network")
    (tmp_path / "rejected.csv").write_text("usage_point_id,device_id,audit\n")
    with broker_with(SUSPECTS.topic) as broker:

        def written() -> list[bytes | None]:
            return [record.value for record in read_topics(broker, [(SUSPECTS.topic, 0)])[SUSPECTS.topic, 0]]

        def has_said(process: Process, least: int) -> bool:
            process.check()
            return len(written()) >= least

        given = {"embedded": "true", "flows": "dataflows.suspects.declaration", "epoch_seconds": "0.2"}
        given |= {"suspects_rejected": str(tmp_path / "rejected.csv")}
        process = Process(broker, "", "suspects", tmp_path / "town.network", tmp_path / "state", Place(), given)
        try:
            for part, least in ((moments[:60], 1), (moments[60:], len(whole))):
                process.start()
                write(broker, part)
                eventually(lambda least=least: has_said(process, least), 600.0)  # type: ignore[misc]
                process.kill()
            assert written() == whole
        finally:
            process.kill()
