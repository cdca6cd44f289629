"""The two tables: what they say, in either form, and every fault at once."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.network.load import compile_folder, load_network
from adapters.restricted.life_support import read_life_support
from adapters.tables.read import read_tables
from models.network.faults import NetworkFaults
from models.network.network import DEVICE_KINDS, PRIORITIES

NETWORKS = Path(__file__).parents[2] / "data" / "networks"
TABLES = ("devices", "usage_points")
DEVICES = "device_id,kind,parent_id,feeder_id,substation_id,longitude,latitude"
USAGE_POINTS = "usage_point_id,meter_id,device_id,load_kw,longitude,latitude"


def write(folder: Path, devices: bytes | str, usage_points: bytes | str, form: str = "csv") -> Path:
    for name, content in zip(TABLES, (devices, usage_points), strict=True):
        (folder / f"{name}.{form}").write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(NetworkFaults) as refused:
        read_tables(folder)
    return [fault.removeprefix(f"{folder}/") for fault in refused.value.faults]


def test_every_fault_is_told_with_its_line() -> None:
    assert faults_of(NETWORKS / "faulty") == (NETWORKS / "faulty" / "report.txt").read_text().splitlines()


def test_all_columns_are_read_and_have_their_defaults(tmp_path: Path) -> None:
    write(
        tmp_path,
        f"latitude,territory_id,colour,{DEVICES.removesuffix(',latitude')},phases,ganged,telemetered,other_parent_id\n"
        "1,,red,bus,bus,,,s,2,,,,\n"
        '1,t,,"b, ""1""",breaker,bus,f,s,2,,,,\n'
        '1,u,,tie,tie,"b, ""1""",f,s,2,ca,False,1,bus\n',
        f"{USAGE_POINTS},collector_id,phases,customers,priority,account_id,customer_class\n"
        'p1,m1,"b, ""1""",-1.5,2,1,,,,,,\n'
        "p2,,bus,2,2,1,c,B,0,critical,a,home\n",
    )
    network = compile_folder(tmp_path)
    assert list(network.device_ids) == ["bus", 'b, "1"', "tie"]
    assert [DEVICE_KINDS[kind] for kind in network.device_kind] == ["bus", "breaker", "tie"]
    assert network.device_phases.tolist() == [7, 7, 5]
    assert network.ganged.tolist() == [True, True, False]
    assert network.telemetered.tolist() == [False, True, True]
    assert network.other_parent.tolist() == [-1, -1, 0]
    assert network.territory_ids.take(network.device_territory[1:]) == ["t", "u"]
    assert list(network.point_ids) == ["p2", "p1"]
    assert list(network.meter_ids) == ["", "m1"]
    assert network.customers.tolist() == [0, 1]
    assert network.load_kw.tolist() == [2.0, -1.5]
    assert [PRIORITIES[code] for code in network.priority] == ["critical", "none"]
    assert network.collector_ids.take(network.collector) == ["c", "f"]
    assert network.point_phases.tolist() == [2, 7]
    assert network.points_of_account("a").tolist() == [0]
    assert network.class_ids.take(network.group_class[network.point_group[:1]]) == ["home"]
    assert network.group_class[network.point_group[1]] == -1


def test_areas_are_read_and_their_faults_told(tmp_path: Path) -> None:
    write(tmp_path, f"{DEVICES}\nbus,bus,,,s,1,1\n", f"{USAGE_POINTS}\np1,m1,bus,1,1,1\np2,m2,bus,1,1,1\n")
    without = compile_folder(tmp_path)
    assert not len(without.area_ids)
    (tmp_path / "areas.csv").write_text("usage_point_id,kind,area_id\np2,zip,9\np1,county,9\np2,county,8\n")
    network = compile_folder(tmp_path)
    assert network.version != without.version
    kinds = network.area_kind_ids.take(network.area_kind)
    assert list(zip(kinds, network.area_ids, strict=True)) == [("county", "8"), ("county", "9"), ("zip", "9")]
    (tmp_path / "areas.csv").write_text("usage_point_id,kind,area_id\np2,zip,9\np3,zip,9\n\np2,zip,7\np1,,7\np1,a,\n")
    assert faults_of(tmp_path) == [
        "areas.csv:3: usage_point_id 'p3' is none of the usage points; correct it",
        "areas.csv:5: the usage point has an area of kind 'zip' in line 2; leave one of them out",
        "areas.csv:6: kind is empty; give one",
        "areas.csv:7: area_id is empty; give one",
    ]


def test_who_is_on_life_support_stands_in_no_open_table_and_no_message_names_them(tmp_path: Path) -> None:
    points = f"{USAGE_POINTS},priority\np1,m1,bus,1,1,1,life_support\np2,m2,bus,1,1,1,\n"
    write(tmp_path, f"{DEVICES}\nbus,bus,,,s,1,1\n", points)
    fault = "priority is life_support, a fact of health; leave it empty and list the point in the table life_support"
    assert faults_of(tmp_path) == [f"usage_points.csv:2: {fault}"]
    write(tmp_path, f"{DEVICES}\nbus,bus,,,s,1,1\n", points.replace("life_support", "key"))
    network = compile_folder(tmp_path)
    table = tmp_path / "life_support.csv"
    table.write_text("usage_point_id,name\np2,Ada\n")
    listed = read_life_support(table, network)
    assert listed is not None
    assert listed.tolist() == [name == "p2" for name in network.point_ids]
    table.write_text("usage_point_id\np2\np9\n")
    with pytest.raises(NetworkFaults) as refused:
        read_life_support(table, network)
    assert refused.value.faults == [f"{table}:3: the usage point is none of the network's; take it out, or correct it"]
    assert read_life_support(None, network) is None


@pytest.mark.parametrize("name", ["ckt5", "epri_m1"])
def test_parquet_says_the_same_as_csv(tmp_path: Path, name: str) -> None:
    for table in TABLES:
        pq.write_table(pa.csv.read_csv(NETWORKS / name / f"{table}.csv"), tmp_path / f"{table}.parquet")
    assert compile_folder(tmp_path).version == compile_folder(NETWORKS / name).version


def test_parquet_columns_of_other_types(tmp_path: Path) -> None:
    devices = {
        "device_id": pa.array([7, 8]),
        "kind": pa.array(["bus", "fuse"]).dictionary_encode(),
        "parent_id": pa.array([None, 7]),
        "feeder_id": pa.nulls(2),
        "substation_id": pa.array(["s", "s"], pa.string_view()),
        "longitude": pa.array([1, 2], pa.int8()),
        "latitude": pa.array(["1", "2.5"]),
        "ganged": pa.array([None, True]),
    }
    points = {
        "usage_point_id": ["p", "q"],
        "meter_id": ["m", None],
        "device_id": [8, 8],
        "load_kw": np.array([1.5, 2.5], np.float32),
        "longitude": pa.array(["1.50", "2.25"]).cast(pa.decimal128(5, 2)),
        "latitude": [1.0, 2.0],
        "customers": pa.array([3.0, None]),
    }
    for table, columns in zip(TABLES, (devices, points), strict=True):
        pq.write_table(pa.table(columns), tmp_path / f"{table}.parquet")
    network = compile_folder(tmp_path)
    assert list(network.device_ids) == ["7", "8"]
    assert network.parent.tolist() == [-1, 0]
    assert network.device_latitude.tolist() == [1.0, 2.5]
    assert network.ganged.tolist() == [True, True]
    assert network.customers.tolist() == [3, 1]
    assert network.point_longitude.tolist() == [1.5, 2.25]
    devices |= {"longitude": pa.array([1.0, float("nan")]), "kind": pa.array([["bus"], []]), "device_id": [7.5, 8.5]}
    pq.write_table(pa.table(devices), tmp_path / "devices.parquet")
    assert faults_of(tmp_path) == [
        "devices.parquet:1: column device_id has type double; write it as text",
        "devices.parquet:1: column kind has type list<element: string>; write it as text",
        "devices.parquet:3: longitude 'nan' is no longitude in degrees from -180 to 180; correct it",
    ]


def test_missing_and_doubled_tables_and_columns(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "nowhere")[0].endswith("usage_points.csv or usage_points.parquet")
    assert [fault.split(": ")[1] for fault in faults_of(tmp_path)] == [
        "the table devices is missing; add devices.csv or devices.parquet",
        "the table usage_points is missing; add usage_points.csv or usage_points.parquet",
    ]
    write(tmp_path, "device_id,kind\nd,bus\n", f"{USAGE_POINTS},meter_id\n")
    assert faults_of(tmp_path) == [
        "usage_points.csv:1: column meter_id stands twice; keep one",
        *(f"devices.csv:1: column {name} is missing; add it" for name in sorted(DEVICES.split(",")[2:])),
    ]
    shutil.copy(tmp_path / "devices.csv", tmp_path / "devices.parquet")
    assert faults_of(tmp_path) == [f"{tmp_path}: holds devices.csv and devices.parquet; remove one of them"]


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    write(tmp_path, "", f"{USAGE_POINTS}\np,m,d,1,1,1\n".encode("utf-16"))
    assert faults_of(tmp_path) == [
        f"devices.csv:1: is empty; write a header line with {DEVICES.replace(',', ', ')}",
        "usage_points.csv:1: is UTF-16; save it as UTF-8",
    ]
    write(tmp_path, f"{DEVICES}\n", f'{USAGE_POINTS}\np,m,d,1,1,1\n"q,m2,d,1,1,1\nr,m3,d,1,1,1\n')
    assert faults_of(tmp_path) == [
        "usage_points.csv:3: opens a quote that is never closed; close it",
        "devices.csv:1: has no devices; add a row for each",
    ]
    (tmp_path / "devices.csv").unlink()
    (tmp_path / "devices.csv").mkdir()
    assert faults_of(tmp_path) == ["devices.csv: is no file; put the table itself there"]


garbage = st.binary(max_size=60) | st.text(st.sampled_from('d,"\n\r-9\0ü'), max_size=60).map(str.encode)


@given(devices=garbage, points=garbage, form=st.sampled_from(["csv", "parquet"]), header=st.booleans())
def test_garbage_gives_faults_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, devices: bytes, points: bytes, form: str, header: bool
) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    if header:
        devices, points = f"{DEVICES}\n".encode() + devices, f"{USAGE_POINTS}\n".encode() + points
    assert faults_of(write(folder, devices, points, form))


HEADERS = {
    DEVICES.replace(",", ";"): "columns are divided by semicolons; save the table with commas (CSV UTF-8)",
    DEVICES.replace(",", "\t"): "columns are divided by tabs; save the table with commas (CSV UTF-8)",
    DEVICES.replace("kind", "Kind"): "column kind is missing, the header has 'Kind'; write kind, and no spaces beside",
    DEVICES.replace(",kind", ", kind"): "column kind is missing, the header has ' kind'; write kind, and no spaces",
    DEVICES.replace("kind,", ""): "column kind is missing; add it",
    "a,b,c,d": "line has no name of a column, but 'a', 'b', 'c'; write a header line with device_id, kind,",
}


@pytest.mark.parametrize(("header", "fault"), HEADERS.items())
def test_the_refusal_of_a_header_says_what_stands_there(tmp_path: Path, header: str, fault: str) -> None:
    write(tmp_path, f"{header}\n", f"{USAGE_POINTS}\n")
    told = [line for line in faults_of(tmp_path) if line.startswith("devices.csv:1: ") and "no devices" not in line]
    assert len(told) == 1
    assert told[0].startswith(f"devices.csv:1: {fault}")


def test_a_quoted_comma_in_the_header_is_no_delimiter(tmp_path: Path) -> None:
    write(tmp_path, f'"remarks, internal",{DEVICES}\n"a, b",bus,bus,,f,s,1,2\n', f"{USAGE_POINTS}\n")
    assert list(read_tables(tmp_path).devices.device_id) == ["bus"]


def test_empty_rows_are_passed_over_and_counted(tmp_path: Path) -> None:
    row = "bus,bus,,f,s,1,2"
    write(tmp_path, f"{DEVICES}\n,,,,,,\n{row}\n,,\n,,,,,,\n", f"{USAGE_POINTS}\np,m,bus,1,1,2\n,,,,,\n")
    tables = read_tables(tmp_path)
    assert (len(tables.devices.device_id), len(tables.points.usage_point_id), tables.empty_rows) == (1, 1, 4)
    write(tmp_path, f"{DEVICES}\n,,,,,,\n{row}\n,,,,,,\n{row}\n", f"{USAGE_POINTS}\n")
    assert faults_of(tmp_path) == ["devices.csv:5: device_id 'bus' stands in line 3 too; give each its own"]


def test_of_many_faults_that_are_alike_the_first_few_are_told(tmp_path: Path) -> None:
    rows = "".join(f"d{row},fuze{row},,f,s,1,{row % 2 * 100}\n" for row in range(3000))
    write(tmp_path, f"{DEVICES}\n{rows}", f"{USAGE_POINTS}\n")
    told = faults_of(tmp_path)
    assert len(told) == 12
    assert told[0].startswith("devices.csv:2: kind 'fuze0' is not known")
    assert told[-1].startswith("devices.csv: 1,495 more lines alike, up to line 3001: latitude ... is no latitude")
    assert told[-2].startswith("devices.csv: 2,995 more lines alike, up to line 3001: kind ... is not known")


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("Devices.csv", "Devices.csv is there: name it devices.csv"),
        ("device.CSV", "device.CSV is there: name it devices.csv"),
        ("devices.xlsx", "save devices.xlsx as devices.csv (CSV UTF-8)"),
        ("things.csv", "add devices.csv or devices.parquet"),
    ],
)
def test_a_missing_table_is_looked_for_under_near_names(tmp_path: Path, name: str, advice: str) -> None:
    (tmp_path / name).touch()
    (tmp_path / "usage_points.csv").write_text(f"{USAGE_POINTS}\n")
    with pytest.raises(NetworkFaults) as refused:
        read_tables(tmp_path)
    assert refused.value.faults == [f"{tmp_path}: the table devices is missing; {advice}"]
    with pytest.raises(NetworkFaults, match="is a table; give the folder that holds it"):
        load_network(tmp_path / "usage_points.csv")
