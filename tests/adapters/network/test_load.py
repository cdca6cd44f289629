"""A folder is compiled once; whatever becomes of the cache, the network is right."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.network.compiled_file import write_artefact
from adapters.network.load import compile_folder, load_network
from models.network.faults import NetworkFaults

CKT5 = Path(__file__).parents[2] / "data" / "networks" / "ckt5"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "faultline" / "networks"


def test_a_folder_is_compiled_once_for_its_content(tmp_path: Path, cache: Path) -> None:
    expected = compile_folder(CKT5).version
    folder = tmp_path / "elsewhere"
    shutil.copytree(CKT5, folder)
    assert load_network(CKT5).version == load_network(folder).version == expected
    [cached] = cache.iterdir()
    written = cached.stat().st_mtime_ns
    assert load_network(folder).version == expected
    assert cached.stat().st_mtime_ns == written
    devices = folder / "devices.csv"
    devices.write_bytes(devices.read_bytes().replace(b",switch,", b",recloser,", 1))
    assert load_network(folder).version != expected
    assert len(list(cache.iterdir())) == 2


def test_a_damaged_or_blocked_cache_does_not_matter(tmp_path: Path, cache: Path) -> None:
    expected = load_network(CKT5).version
    [cached] = cache.iterdir()
    cached.write_bytes(cached.read_bytes()[:5000])
    assert load_network(CKT5).version == expected
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("in the way")
    assert load_network(CKT5).version == expected


def test_many_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len({network.version for network in pool.map(load_network, [CKT5] * 8)}) == 1


def test_a_compiled_file_is_loaded_and_nothing_is_refused(tmp_path: Path) -> None:
    network = compile_folder(CKT5)
    write_artefact(network, tmp_path / "network")
    assert load_network(tmp_path / "network").version == network.version
    with pytest.raises(NetworkFaults) as refused:
        load_network(tmp_path / "nothing")
    assert "no such file or folder" in refused.value.faults[0]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "network")
    with pytest.raises(NetworkFaults, match="is a pipe; give"):
        load_network(tmp_path / "network")
