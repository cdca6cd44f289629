"""A version in force from an instant on in place of what the log releases: as if the log had released that one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.kafka.connectors.evidence_source import EvidenceRecord
from dataflows.outages.evidence_step import take_record
from dataflows.outages.other_version import OtherVersion
from dataflows.replay.settings import ReplaySettings, prepare
from dataflows.replay.tracing import batches_of, source_of
from models.evidence.batch import END_OF_LOG
from models.evidence.log_record import LogRecord
from models.network.versions import after
from models.outages.versions.tables import Tables
from tests.worlds.evidence import Answer, moment
from tests.worlds.town_releases import AT, compile_versions, write_town_storm

if TYPE_CHECKING:
    from models.network.network import Network
    from models.outages.engine import Engine

NEVER = 10**9
LATER = 600
"""Seconds after which the log releases the first version anew."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Network, Network], list[LogRecord]]:
    """Where the files lie, both versions, and the storm's evidence by the first one."""
    folder = tmp_path_factory.mktemp("town")
    versions = compile_versions(folder)
    write_town_storm(folder / "storm")
    prepared = prepare(ReplaySettings(folder / "town-1.network", folder / "storm", folder / "out", batch_size=20))
    batches = batches_of(source_of(prepared))
    return folder, versions, [LogRecord(versions[0].version, [batch]) for batch in batches]


def engine_of(folder: Path, networks: dict[str, Network]) -> Engine:
    prepared = prepare(ReplaySettings(folder / "town-1.network", folder / "storm", folder / "out"))
    engine = prepared.build_engine(None)
    engine.shared_of = Tables(networks.__getitem__, prepared.parameters, prepared.rates, None).of
    return engine


def live(engine: Engine, records: list[LogRecord], begin: int | None, version: str) -> Answer:
    """Go through a log; from a begin (seconds) on in another version, once the engine has lived through something."""
    answer, other = Answer(), None
    for offset, record in enumerate(records):
        item = EvidenceRecord(0, offset, 0, 0, record)
        if begin is not None and other is None and engine.state.watermarks.last_instant:
            other = OtherVersion(engine, version, moment(begin))
        for some in take_record(engine, item if other is None else other.take(item)):
            answer.take(some)
    return answer


def test_what_the_log_releases_later_is_passed_over(
    town: tuple[Path, tuple[Network, Network], list[LogRecord]],
) -> None:
    folder, (first, second), records = town
    third = after(first, second)
    networks = {one.version: one for one in (first, second, third)}
    watermarks = [record.batches[0].watermark for record in records]
    control = LogRecord(second.version, release=(third.version, moment(LATER)))
    released = LogRecord(first.version, release=(second.version, moment(AT)))
    as_log_says = live(engine_of(folder, networks), [released, *records], None, "")
    assert as_log_says.lifecycle
    for since in (AT - 60, AT + 60):  # before the version is in force, and after
        place = next(n for n, watermark in enumerate(watermarks) if moment(since) < watermark < END_OF_LOG)
        log = [*records[:place], control, *records[place:]]
        assert live(engine_of(folder, networks), log, AT, second.version) == as_log_says
        assert live(engine_of(folder, networks), [released, *log], None, "") != as_log_says
    never = live(engine_of(folder, networks), records, NEVER, second.version)
    assert never == live(engine_of(folder, networks), records, None, "")
