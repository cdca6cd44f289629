"""The flow `asking` on Kafka, where kill -9 shows nowhere."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from adapters.kafka.records.output_record import outgoing
from adapters.network.compiled_file import write_artefact
from dataflows.asking.declaration import FLOW
from models.asking.asking import Asking
from models.asking.news import doubtful
from models.asking.output import PINGS
from models.asking.policy import AskingPolicy
from models.contracts.customers.ping import PingRequest
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.timeline.life import Life
from models.timeline.moment import Moment
from tests.chaos.processes import Flow as Process
from tests.chaos.processes import Place
from tests.chaos.topics import read_topics
from tests.dataflows.suspects.test_suspects import READERS, clocked, write
from tests.peers.embedded import broker_with
from tests.peers.kafka import eventually
from tests.worlds.wrong_joins import HOUR, Season, Told

POLICY = "wait_minutes = 1\nleast_bits = 0.001\na_minute = 3\n"


def expected(season: Season, moments: list[tuple[dict[str, Any], Told]]) -> list[bytes | None]:
    """What the model says, asked by itself."""
    policy = AskingPolicy(wait_minutes=1, least_bits=0.001, a_minute=3)
    life = Life(lambda saved: Asking(season.network, policy, saved), FLOW.outputs, "default")
    records = []
    for number, (_, (instant, revisions, ledger)) in enumerate(moments, 1):
        some = [READERS[OUTAGE_LIFECYCLE].take(one) for one in revisions]
        some += [READERS[OUTAGE_MEMBERSHIP].take(one) for one in ledger]
        followed = tuple(one._replace(record=doubtful(one)) for one in some)
        said = life.take(Moment(number, instant, followed))
        records += [outgoing(PINGS, record, "default").value for _, record in said]
    return records


def test_kills_show_nowhere(tmp_path: Path) -> None:
    season = Season(random.Random(3))
    told = list(season.play(30))
    moments = clocked([*told, (told[-1][0] + HOUR, [], [])])
    whole = expected(season, moments)
    asked = [PingRequest.model_validate_json(value or b"") for value in whole]
    assert {one.by for one in asked} == {"ping", "question"}
    write_artefact(season.network, tmp_path / "town.network")
    (tmp_path / "policy.toml").write_text(POLICY)
    with broker_with(PINGS.topic) as broker:

        def written() -> list[bytes | None]:
            return [record.value for record in read_topics(broker, [(PINGS.topic, 0)])[PINGS.topic, 0]]

        def has_said(process: Process, least: int) -> bool:
            process.check()
            return len(written()) >= least

        given = {"embedded": "true", "flows": "dataflows.asking.declaration", "epoch_seconds": "0.2"}
        given |= {"asking_policy": str(tmp_path / "policy.toml")}
        process = Process(broker, "", "asking", tmp_path / "town.network", tmp_path / "state", Place(), given)
        try:
            for part, least in ((moments[:15], 1), (moments[15:], len(whole))):
                process.start()
                write(broker, part)
                eventually(lambda least=least: has_said(process, least), 300.0)  # type: ignore[misc]
                process.kill()
            assert written() == whole
        finally:
            process.kill()
