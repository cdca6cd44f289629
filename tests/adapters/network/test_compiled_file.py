"""The file of a compiled network: what goes in comes out, and nothing else is taken for it."""

import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.network.compiled_file import load_artefact, write_artefact
from adapters.network.load import compile_folder
from models.network.compiler import content_version
from models.network.faults import NetworkFaults
from models.network.network import Network
from tests.worlds.networks import Device, Point, network_of

CKT5 = Path(__file__).parents[2] / "data" / "networks" / "ckt5"


@pytest.fixture(scope="module")
def network() -> Network:
    return compile_folder(CKT5)


def test_what_was_written_is_loaded(tmp_path: Path, network: Network) -> None:
    path = tmp_path / "network"
    for each in (network, network_of([Device("ä\n")], [])):
        write_artefact(each, path)
        loaded = load_artefact(path)
        assert content_version(loaded) == loaded.version == each.version
        for name in Network.__dataclass_fields__:
            before, after = getattr(each, name), getattr(loaded, name)
            if isinstance(before, np.ndarray):
                assert after.dtype == before.dtype
                assert not after.flags.writeable
                assert (after == before).all()
        assert list(loaded.device_ids) == list(each.device_ids)
        assert loaded.find_meters(each.meter_ids).tolist() == list(range(len(each.meter_ids)))
    assert [file.name for file in tmp_path.iterdir()] == ["network"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_other_files_are_refused(tmp_path: Path, network: Network) -> None:
    path = tmp_path / "network"
    write_artefact(network, path)
    whole = path.read_bytes()
    foreign = "is no compiled network; give the output of `faultline network compile`"
    damaged = "is damaged or cut short; compile the tables again"
    for content, reason in {
        b"": foreign,
        b"{}": foreign,
        whole[:20]: foreign,
        whole[:40]: damaged,
        whole[:1000]: damaged,
        whole[:-1]: damaged,
        whole + b"\0": damaged,
        whole[:200] + b"x" + whole[201:]: damaged,
        whole[:16] + b"\xff" + whole[17:]: "has format 255, this program reads 4; compile the tables again",
    }.items():
        path.write_bytes(content)
        with pytest.raises(NetworkFaults) as refused:
            load_artefact(path)
        assert refused.value.faults == [f"{path}: {reason}"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("artefact") / "network"
    write_artefact(network_of([Device("a"), Device("b", parent="a")], [Point("p0", "a"), Point("p1", "b")]), path)
    return path


@given(data=st.data())
def test_one_flipped_bit_is_found_wherever_it_is(small: Path, data: st.DataObject) -> None:
    content = bytearray(small.read_bytes())
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    content[bit // 8] ^= 1 << bit % 8
    spoiled = small.with_name("spoiled")
    spoiled.write_bytes(content)
    with pytest.raises(NetworkFaults):
        load_artefact(spoiled)


def test_the_version_covers_indexes_and_the_places_of_zones(network: Network) -> None:
    entries = network.meter_index.entries.copy()
    entries[[0, 1]] = entries[[1, 0]]
    moved = network.zone_partition + 1
    others = [
        replace(network, meter_index=replace(network.meter_index, entries=entries)),
        replace(network, zone_partition=moved),
        replace(network, evidence_partitions=network.evidence_partitions + 1),
    ]
    assert len({content_version(each) for each in (network, *others)}) == 1 + len(others)
