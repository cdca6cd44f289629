"""What ingest needs is found before anything is touched, and all that is wrong is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.kafka.playing.embedded import EmbeddedBroker
from dataflows.ingest.preparation import PreparedIngest, prepare_ingest
from dataflows.ingest.settings import IngestSettings
from dataflows.service.preparation import PLACEMENT
from models.contracts.topics import METER_EVENTS, RAW_TOPICS
from models.refusal import FaultsError
from tests.worlds.storms import CKT5


def settings(bootstrap: str, **given: object) -> IngestSettings:
    defaults = {"kafka": bootstrap, "embedded": True, "network": CKT5, "state": Path("nowhere")}
    return IngestSettings.model_validate(defaults | given)


def prepared(broker: EmbeddedBroker, process: int = 0, processes: int = 1) -> PreparedIngest:
    return prepare_ingest(settings(broker.bootstrap, process=process, processes=processes))


@pytest.mark.parametrize("processes", [1, 2, 5, 7])
def test_processes_share_the_partitions_and_leave_none_out(broker: EmbeddedBroker, processes: int) -> None:
    shares = [prepared(broker, process, processes) for process in range(processes)]
    for topic in RAW_TOPICS:
        owned = [partition for share in shares for partition in share.own_partitions(topic)]
        assert sorted(owned) == list(range(5))


def test_a_state_is_of_its_place_and_of_the_partitions_that_there_are(broker: EmbeddedBroker) -> None:
    first, second = (prepared(broker, process, 2).identity() for process in (0, 1))
    assert {name for name in first if first[name] != second[name]} == {"process"} <= PLACEMENT
    assert first[f"partitions of {METER_EVENTS}"] == "5"
    assert not any(prepared(broker).network.version in str(value) for value in first.values())


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_made(tmp_path: Path) -> None:
    with EmbeddedBroker() as empty, pytest.raises(FaultsError) as refused:
        prepare_ingest(settings(empty.bootstrap, network=tmp_path / "no-network", state=tmp_path / "state"))
    faults = refused.value.faults
    assert any("no-network" in fault for fault in faults)
    assert any(METER_EVENTS in fault and "faultline topics create" in fault for fault in faults)
    assert list(tmp_path.iterdir()) == []
