"""The compiled network as one file, which processes map into memory and share.

It begins with a signature of 16 bytes, the format's version and the header's length (4 bytes each) and the header's
blake2b (16 bytes). At byte 64 stands the header, JSON: the network's version, how many partitions its evidence log has,
how many bytes of arrays follow, and each array's name with its type, length, place among these bytes and SHA-256. All
parts lie at multiples of 64 bytes with zeros between them, little endian.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import tempfile
from dataclasses import fields
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from adapters.network.sections import section_digests
from models.columns.hash_index import HashIndex
from models.columns.packed_text import PackedText
from models.network.faults import NetworkFaults
from models.network.network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

FORMAT_VERSION: Final = 4
"""To be raised whenever the file, or what `compile_network` makes of the same tables, changes."""
SIGNATURE: Final = b"faultline\0net\r\n\x1a"
PREFIX: Final = struct.Struct("<16sII16s")
ALIGNMENT: Final = 64


def write_artefact(network: Network, path: Path) -> None:
    """Write a network; whoever reads `path` meanwhile sees the old file or the new one, never a part."""
    arrays = _arrays(network)
    header = _header(network, arrays)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(PREFIX.pack(SIGNATURE, FORMAT_VERSION, len(header), _digest(header)))
            for content in (memoryview(header), *(array.data for array in arrays.values())):
                file.write(bytes(_aligned(file.tell()) - file.tell()))
                file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def load_artefact(path: Path) -> Network:
    """Map a network into memory, read only, after every byte has been read and checked.

    Raises `NetworkFaults` where the file is no artefact, damaged, not whole, or of another version of the format.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
    except OSError as error:
        raise NetworkFaults([f"{path}: cannot be read ({error.strerror}); give a compiled network"]) from error
    start, header = _read_header(path, content)
    parts = {
        name: np.frombuffer(content, dtype, length, start + place) if length else np.empty(0, dtype)
        for name, (dtype, length, place, _) in header["arrays"].items()
    }
    return Network(version=header["version"], evidence_partitions=header["partitions"], **_columns(parts))


def read_version(path: Path) -> str | None:
    """Read only which version of a network a file has; None of what is no artefact that this program reads."""
    try:
        with path.open("rb") as file:
            prefix = file.read(PREFIX.size)
            if prefix[: len(SIGNATURE)] != SIGNATURE or len(prefix) < PREFIX.size:
                return None
            _, form, length, digest = PREFIX.unpack(prefix)
            file.seek(ALIGNMENT)
            header = file.read(length) if form == FORMAT_VERSION else b""
    except OSError:
        return None
    return str(json.loads(header)["version"]) if _digest(header) == digest else None


def _arrays(network: Network) -> dict[str, NDArray[Any]]:
    """Name each array of a network."""
    arrays: dict[str, NDArray[Any]] = {}
    for field in fields(network):
        value = getattr(network, field.name)
        if isinstance(value, PackedText | HashIndex):
            arrays |= {f"{field.name}.{part.name}": getattr(value, part.name) for part in fields(value)}
        elif not isinstance(value, str | int):
            arrays[field.name] = value
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _columns(parts: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Put named arrays together again."""
    columns: dict[str, Any] = {}
    for name, array in parts.items():
        column, _, part = name.partition(".")
        if part:
            columns.setdefault(column, {})[part] = array
        else:
            columns[column] = array
    for column, value in columns.items():
        if isinstance(value, dict):
            columns[column] = PackedText(**value) if "blob" in value else HashIndex(**value)
    return columns


def _header(network: Network, arrays: dict[str, NDArray[Any]]) -> bytes:
    places, end = {}, 0
    digests = section_digests([array.data for array in arrays.values()])
    for (name, array), digest in zip(arrays.items(), digests, strict=True):
        places[name] = (array.dtype.newbyteorder("<").str, len(array), _aligned(end), digest)
        end = _aligned(end) + array.nbytes
    return json.dumps(
        {"version": network.version, "partitions": network.evidence_partitions, "bytes": end, "arrays": places}
    ).encode()


def _read_header(path: Path, content: mmap.mmap | bytes) -> tuple[int, dict[str, Any]]:
    """Return where the arrays start, and the header of a whole file."""
    prefix = content[: PREFIX.size]
    if prefix[: len(SIGNATURE)] != SIGNATURE or len(prefix) < PREFIX.size:
        raise NetworkFaults([f"{path}: is no compiled network; give the output of `faultline network compile`"])
    _, version, length, digest = PREFIX.unpack(prefix)
    if version != FORMAT_VERSION:
        raise NetworkFaults(
            [f"{path}: has format {version}, this program reads {FORMAT_VERSION}; compile the tables again"]
        )
    header = content[ALIGNMENT : ALIGNMENT + length]
    if _digest(header) == digest:
        places: dict[str, Any] = json.loads(header)
        start = _aligned(ALIGNMENT + length)
        if start + places["bytes"] == len(content) and _is_whole(content, ALIGNMENT + length, places["arrays"]):
            return start, places
    raise NetworkFaults([f"{path}: is damaged or cut short; compile the tables again"])


def _is_whole(content: mmap.mmap | bytes, header_end: int, arrays: Mapping[str, Sequence[Any]]) -> bool:
    """Whether each array has its digest, and only zeros stand between the parts."""
    start = _aligned(header_end)
    parts = [
        (start + place, start + place + np.dtype(kind).itemsize * size) for kind, size, place, _ in arrays.values()
    ]
    edges = [PREFIX.size, ALIGNMENT, header_end, *(edge for part in parts for edge in part)]
    if any(any(content[begin:end]) for begin, end in zip(edges[::2], edges[1::2], strict=False)):
        return False
    whole = memoryview(content)
    digests = section_digests([whole[begin:end] for begin, end in parts])
    return digests == [digest for *_, digest in arrays.values()]


def _aligned(place: int) -> int:
    return -(-place // ALIGNMENT) * ALIGNMENT


def _digest(header: bytes) -> bytes:
    return blake2b(header, digest_size=16).digest()
