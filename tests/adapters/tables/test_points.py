"""The mapping: read from CSV and Parquet alike, and refused with every fault by its line."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.network.load import load_network
from adapters.opcua.node_ids import node_id_fault
from adapters.tables.points import read_points
from models.network.faults import NetworkFaults
from models.network.network import Network
from models.telemetry.points import Point
from tests.worlds.storms import CKT5


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network(CKT5)


def read(path: Path, network: Network) -> list[Point]:
    return read_points(path, network, {"ems"}, node_id_fault)


def test_a_mapping_reads_the_same_from_both_forms(tmp_path: Path, network: Network) -> None:
    device = network.device_ids[3]
    columns = {
        "endpoint": ["ems"] * 3,
        "node_id": [f"nsu=urn:x;s={name}" for name in ("pos", "lock", "tag")],
        "device_id": [device] * 3,
        "kind": ["position", "position", "mode"],
        "reads": ["double_point", "lockout", ""],
        "inverted": ["", "true", "no"],
        "mode": ["", "", "tagged"],
        "phases": ["ab", "", ""],
        "debounce_ms": ["50", "", ""],
        "scan_seconds": ["2.5", "", ""],
    }
    rows = [",".join(columns), *(",".join(row) for row in zip(*columns.values(), strict=True))]
    (tmp_path / "points.csv").write_text("\n".join(rows))
    numbers = {name: [float(v) if v else None for v in columns[name]] for name in ("debounce_ms", "scan_seconds")}
    pq.write_table(pa.table(columns | numbers), tmp_path / "points.parquet")
    made = read(tmp_path / "points.csv", network)
    assert made == read(tmp_path / "points.parquet", network)
    assert made[0] == Point(
        "ems", "nsu=urn:x;s=pos", device, "position", "double_point", phases="AB", scan_seconds=2.5, debounce_ms=50
    )
    assert (made[1].reads, made[1].inverted, made[2].mode) == ("lockout", True, "tagged")


def test_every_fault_is_told_by_its_line(tmp_path: Path, network: Network) -> None:
    device = network.device_ids[3]
    rows = [
        "endpoint,node_id,device_id,kind,reads,inverted,mode,phases,debounce_ms",
        f"ems,nsu=urn:x;s=a,{device},position,,,,,",
        f"ems,nsu=urn:x;s=a,{device},position,,,,,",
        f"other,ns=2;s=b,{device},current,,,,,",
        "ems,nsu=urn:x;i=nine,nobody,position,sideways,perhaps,,,",
        f"ems,nonsense,{device},mode,,,,Q,-1",
        f"ems,nsu=urn:x;s=c,{device},voltage,lockout,,tagged,,20",
        f",,{device},,,,,,",
    ]
    path = tmp_path / "points.csv"
    path.write_text("\n".join(rows))
    with pytest.raises(NetworkFaults) as refusal:
        read(path, network)
    told = "\n".join(refusal.value.faults)
    for line, words in [
        (3, "stands in line 2 too; map each node once"),
        (3, "has a position in line 2 too"),
        (4, "endpoint 'other' is none of the settings"),
        (4, "names its namespace by number, which changes when a server reloads; write nsu=<URI>;s=<name>"),
        (5, "device_id 'nobody' is not on the network"),
        (5, "has no identifier that can be read"),
        (5, "reads 'sideways' is not known"),
        (5, "inverted 'perhaps' is not known"),
        (6, "is no NodeId"),
        (6, "mode goes with kind mode"),
        (6, "phases 'Q' is not known"),
        (6, "debounce_ms '-1'"),
        (7, "reads lockout goes with kind position"),
        (7, "mode goes with kind mode"),
        (7, "debounce_ms goes with kind position"),
        (8, "endpoint is empty"),
        (8, "node_id is empty"),
        (8, "kind is empty"),
    ]:
        assert any(f":{line}: " in fault and words in fault for fault in refusal.value.faults), (line, words, told)
