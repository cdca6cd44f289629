"""Versions of the network where `--network` says, and waiting for one that is not there yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.network.awaiting import AwaitedNetwork
from adapters.network.compiled_file import write_artefact
from adapters.network.shelf import NetworkShelf, find_networks
from adapters.process.pulse import Pulse
from models.network.faults import NetworkFaults
from tests.worlds.networks import Device, Point, network_of

FIRST = network_of([Device("d", "", "breaker")], [Point("p", "d")])
SECOND = network_of([Device("d", "", "breaker")], [Point("p", "d"), Point("q", "d")], FIRST)


def test_a_folder_of_versions_is_looked_at_anew(tmp_path: Path) -> None:
    shelf = NetworkShelf(tmp_path)
    with pytest.raises(NetworkFaults):
        shelf.first()
    write_artefact(FIRST, tmp_path / "b.network")
    (tmp_path / "README").write_text("not a network")
    assert shelf.versions() == [FIRST.version]
    assert shelf.find(SECOND.version) is None
    write_artefact(SECOND, tmp_path / "a.network")
    found = shelf.find(SECOND.version)
    assert found is not None
    assert list(found.point_ids) == ["p", "q"]
    assert shelf.versions() == [SECOND.version, FIRST.version]
    assert find_networks(tmp_path).evidence_partitions == FIRST.evidence_partitions


def test_a_file_that_is_replaced_keeps_what_was_loaded(tmp_path: Path) -> None:
    path = tmp_path / "town.network"
    write_artefact(FIRST, path)
    shelf = NetworkShelf(path)
    assert shelf.first().version == FIRST.version
    write_artefact(SECOND, path)
    assert shelf.find(SECOND.version) is not None
    assert shelf.find(FIRST.version) is not None
    assert NetworkShelf(path).find(FIRST.version) is None


def test_who_waits_says_so_and_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("adapters.network.awaiting.time.monotonic", lambda: now[0])
    pulse, told = Pulse(), list[bool]()
    awaited = AwaitedNetwork(NetworkShelf(tmp_path), pulse, 60, told.append)
    assert awaited.find(SECOND.version) is None
    assert SECOND.version in pulse.hindrances["network"]
    assert str(tmp_path) in pulse.hindrances["network"]
    write_artefact(SECOND, tmp_path / "town.network")
    assert awaited.find(SECOND.version) is None  # it is not looked for at every turn
    now[0] += 1
    assert awaited.find(SECOND.version) is not None
    assert pulse.hindrances == {}
    assert told == [True, False]
    assert awaited.find(FIRST.version) is None
    now[0] += 61
    with pytest.raises(NetworkFaults, match="did not come in 60 s"):
        awaited.find(FIRST.version)


def test_a_file_that_is_still_being_copied_is_waited_for(tmp_path: Path) -> None:
    write_artefact(SECOND, tmp_path / "town.network")
    whole = (tmp_path / "town.network").read_bytes()
    (tmp_path / "town.network").write_bytes(whole[:-1])
    awaited = AwaitedNetwork(NetworkShelf(tmp_path), Pulse(), 60)
    assert awaited.find(SECOND.version) is None
