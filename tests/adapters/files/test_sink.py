"""The sink goes on where its file ends, whatever a kill has left there."""

from itertools import pairwise
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.sink import FileSink, FileWriter, ForeignOutputError, Layout, Record, State

DENSE = Layout(number="sequence", dense=True, counted="kind")
SPARSE = Layout(number="offset", dense=False, counted="kind")
ALL = [
    {"sequence": number, "offset": 3 * number, "kind": "ab"[number % 2], "z": "x" * number} for number in range(1, 40)
]
WHOLE = b"".join(orjson.dumps(record, option=orjson.OPT_SORT_KEYS) + b"\n" for record in ALL)


def writer(path: Path, layout: Layout = DENSE, state: State | None = None) -> FileWriter:
    return FileSink({"00000": path}, layout).build_part("output", "00000", state)


def write(path: Path, records: list[Record], layout: Layout = DENSE, state: State | None = None) -> State:
    part = writer(path, layout, state)
    part.write_batch([records])
    state = part.snapshot()
    part.close()
    return state


@given(
    layout=st.sampled_from([DENSE, SPARSE]),
    snapshot_at=st.integers(0, len(ALL)),
    left=st.integers(0, len(WHOLE)),
    cut=st.lists(st.integers(0, len(ALL)), max_size=5),
)
def test_a_kill_at_any_byte_does_not_show(
    tmp_path_factory: pytest.TempPathFactory, layout: Layout, snapshot_at: int, left: int, cut: list[int]
) -> None:
    path = tmp_path_factory.mktemp("sink") / "topic.jsonl"
    state = write(path, ALL[:snapshot_at], layout)
    path.write_bytes(WHOLE[: max(left, path.stat().st_size)])
    part = writer(path, layout, state)
    borders = sorted({snapshot_at, len(ALL), *(at for at in cut if at > snapshot_at)})
    for start, end in pairwise(borders):
        part.write_batch([ALL[start:end], []])
    part.close()
    assert path.read_bytes() == WHOLE
    assert part.counts == {"a": 19, "b": 20}


def test_a_file_that_lost_what_the_state_has_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topic.jsonl"
    state = write(path, ALL)
    path.write_bytes(WHOLE[:-30])
    with pytest.raises(ForeignOutputError, match="does not hold what the state has written; give another --state"):
        writer(path, state=state)
    path.write_bytes(WHOLE.replace(b'"sequence":39', b'"sequence":38'))
    with pytest.raises(ForeignOutputError):
        writer(path, state=state)


def test_a_file_that_ends_before_the_run_goes_on_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topic.jsonl"
    write(path, ALL[:3])
    with pytest.raises(ForeignOutputError, match="ends at 3 and the run goes on at 5"):
        write(path, ALL[4:])


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "topic.jsonl"
    path.write_text("these are no records\n")
    with pytest.raises(ForeignOutputError, match="its last line is no record"):
        writer(path)


def test_a_record_that_is_gone_is_written_and_counted(tmp_path: Path) -> None:
    gone = {"sequence": 40, "offset": 120, "tombstone": True}
    _, last, counts = write(tmp_path / "out.jsonl", [*ALL, gone])
    assert (last, sum(counts.values()), counts["tombstone"]) == (40, 40, 1)
    assert orjson.loads((tmp_path / "out.jsonl").read_bytes().splitlines()[-1]) == gone


def test_keys_name_the_files(tmp_path: Path) -> None:
    sink = FileSink({name: tmp_path / name for name in ("scada", "ami", "calls")}, SPARSE)
    by_name = sorted(sink.list_parts())
    assert [by_name[sink.part_fn(name)] for name in ("scada", "ami", "calls")] == ["scada", "ami", "calls"]
