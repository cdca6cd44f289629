"""Reading: any file, any batch size, any place to go on from, the same lines."""

import gzip
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files.compression import BLOCK, UnreadableFileError
from adapters.files.lines import LineReader
from models.decoding.cut_line import KEPT, LONGEST, CutLine
from tests.worlds.storms import HOME

contents = st.lists(st.sampled_from([b"", b"\r", b"{}", b"\xff\x00", b"x" * 300, b" "]), max_size=40).flatmap(
    lambda lines: st.sampled_from([b"\n".join(lines), b"\n".join(lines) + b"\n"])
)


def packed(content: bytes, suffix: str) -> bytes:
    """Compress in two members or frames, as tools do that append."""
    half = len(content) // 2
    match suffix:
        case ".gz":
            return gzip.compress(content[:half]) + gzip.compress(content[half:])
        case ".zst":
            return zstandard.compress(content[:half]) + zstandard.compress(content[half:])
        case _:
            return content


def read_all(path: Path, sizes: list[int]) -> list[bytes]:
    """Read in batches of the sizes, in turn, with the file opened anew for each batch."""
    lines: list[bytes] = []
    position = 0
    for turn in range(1000):
        with LineReader(path, position) as reader:
            lines += reader.read(sizes[turn % len(sizes)])
            position = reader.position
            if reader.at_end():
                return lines
    raise AssertionError("the end is not said")


@given(content=contents, suffix=st.sampled_from(["", ".gz", ".zst"]), sizes=st.lists(st.integers(1, 90), min_size=1))
def test_any_batches_from_any_place_give_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str, sizes: list[int]
) -> None:
    path = tmp_path_factory.mktemp("lines") / f"topic.jsonl{suffix}"
    path.write_bytes(packed(content, suffix))
    expected = content.split(b"\n")
    if expected[-1] == b"":
        expected.pop()
    assert read_all(path, sizes) == expected


@pytest.mark.parametrize("sizes", [[1], [5]])
def test_a_byte_order_mark_is_passed_over_at_the_beginning_alone(tmp_path: Path, sizes: list[int]) -> None:
    path = tmp_path / "topic.jsonl"
    path.write_bytes(b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n")
    assert read_all(path, sizes) == [b"{}", b"\xef\xbb\xbf{}"]


def test_a_batch_of_long_lines_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "topic.jsonl"
    path.write_bytes((b"x" * 1_000_000 + b"\n") * 100)
    with LineReader(path) as reader:
        assert len(reader.read(100)) == 34  # 32 MiB
    assert len(read_all(path, [100])) == 100


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_breaks_off_is_no_end(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"topic.jsonl{suffix}"
    whole = packed(bytes(range(256)) * 4000, suffix)
    path.write_bytes(whole[: len(whole) - 5])
    with pytest.raises(UnreadableFileError, match=r"topic\.jsonl"):
        read_all(path, [10])


@given(data=st.data(), suffix=st.sampled_from(["", ".gz", ".zst"]))
@settings(max_examples=20)
def test_a_line_over_the_bound_is_cut_and_reading_goes_on(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, suffix: str
) -> None:
    sizes = st.sampled_from([0, 1, KEPT, LONGEST - 1, LONGEST, LONGEST + 1, LONGEST + BLOCK, 3 * LONGEST + 7])
    lines = [bytes([97 + place]) * size for place, size in enumerate(data.draw(st.lists(sizes, max_size=5)))]
    path = tmp_path_factory.mktemp("long") / f"topic.jsonl{suffix}"
    feed = b"\n" if not lines or not lines[-1] or data.draw(st.booleans()) else b""
    path.write_bytes(packed(b"\n".join(lines) + feed if lines else b"", suffix))
    read = read_all(path, data.draw(st.lists(st.integers(1, 3), min_size=1)))
    told = [(line.length, line.sha256) if isinstance(line, CutLine) else line for line in read]
    expected = [line if len(line) <= LONGEST else (len(line), sha256(line).hexdigest()) for line in lines]
    assert told == expected
    assert all(len(line) <= LONGEST for line in read)


def test_a_small_file_of_one_gigantic_line_takes_little_memory(tmp_path: Path) -> None:
    """32 kB of Zstandard, one line of 1 GiB: a process with less memory than that reads it."""
    path = tmp_path / "topic.jsonl.zst"
    with zstandard.open(path, "wb") as file:
        for _ in range(1 << 10):
            file.write(b"x" * (1 << 20))
        file.write(b"\n{}\n")
    assert path.stat().st_size < 200_000
    script = (
        "import resource, sys; from pathlib import Path; from adapters.files.lines import LineReader;"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30));"
        "reader = LineReader(Path(sys.argv[1])); lines = reader.read(9) + reader.read(9);"
        "print([len(line) for line in lines], reader.at_end())"
    )
    ran = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=False, cwd=HOME)
    assert (ran.stdout, ran.stderr) == (f"[{KEPT}, 2] True\n", "")
