"""Reading: any file, any batch size, any place to go on from, the same lines."""

import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.compression import UnreadableFileError
from adapters.files.lines import LineReader

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


def test_a_batch_of_long_lines_ends_early(tmp_path: Path) -> None:
    path = tmp_path / "topic.jsonl"
    path.write_bytes((b"x" * 1_000_000 + b"\n") * 100)
    with LineReader(path) as reader:
        assert len(reader.read(100)) == 64
    assert len(read_all(path, [100])) == 100


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_breaks_off_is_no_end(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"topic.jsonl{suffix}"
    whole = packed(bytes(range(256)) * 4000, suffix)
    path.write_bytes(whole[: len(whole) - 5])
    with pytest.raises(UnreadableFileError, match=r"topic\.jsonl"):
        read_all(path, [10])
