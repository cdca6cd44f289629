"""The file of a compiled network: what goes in comes out, and nothing else is taken for it."""

import stat
from pathlib import Path

import numpy as np
import pytest

from adapters.network.compiled_file import load_artefact, write_artefact
from adapters.network.load import compile_folder
from models.network.compiler import content_version
from models.network.faults import NetworkFaults
from models.network.network import Network
from tests.worlds.networks import Device, network_of

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
        whole[:16] + b"\xff" + whole[17:]: "has format 255, this program reads 2; compile the tables again",
    }.items():
        path.write_bytes(content)
        with pytest.raises(NetworkFaults) as refused:
            load_artefact(path)
        assert refused.value.faults == [f"{path}: {reason}"]
