"""A network from a folder of tables or from a compiled file, whichever is given."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from adapters.files.plain import other_kind
from adapters.network.compiled_file import FORMAT_VERSION, load_artefact, write_artefact
from adapters.process.user_cache import user_cache
from adapters.tables.layout import SPREADSHEETS, find_areas, find_tables
from adapters.tables.read import read_tables
from models.network.canary.rows import with_canaries
from models.network.compiler import compile_network
from models.network.faults import NetworkFaults
from models.network.placement import EVIDENCE_PARTITIONS

TABLES = (".csv", ".parquet", *SPREADSHEETS)

if TYPE_CHECKING:
    from pathlib import Path

    from models.network.network import Network


def load_network(path: Path, evidence_partitions: int = EVIDENCE_PARTITIONS) -> Network:
    """Return the network of a compiled file, or of a folder of tables with so many evidence partitions.

    A folder is compiled once and kept in the user's cache by the content of its tables. Raises `NetworkFaults`.
    """
    if path.is_dir():
        return _load_folder(path, evidence_partitions)
    if not path.exists():
        raise NetworkFaults([f"{path}: no such file or folder; give a folder of tables or a compiled network"])
    if kind := other_kind(path):
        raise NetworkFaults([f"{path}: is {kind}; give a folder of tables or a compiled network"])
    if path.suffix in TABLES:
        raise NetworkFaults([f"{path}: is a table; give the folder that holds it"])
    return load_artefact(path)


def compile_folder(
    folder: Path,
    previous: Network | None = None,
    evidence_partitions: int = EVIDENCE_PARTITIONS,
    *,
    canaries: bool = False,
) -> Network:
    """Compile a folder's tables, with stable numbers carried on from the previous version.

    `canaries` adds a canary zone for each evidence partition. Raises `NetworkFaults`.
    """
    tables = read_tables(folder)
    devices, points = tables.devices, tables.points
    if canaries:
        devices, points = with_canaries(devices, points, range(evidence_partitions))
    return compile_network(devices, points, previous, evidence_partitions, tables.areas)


def _load_folder(folder: Path, evidence_partitions: int) -> Network:
    key = _content_key(folder)
    try:
        cached = user_cache() / "networks" / f"{key}.{evidence_partitions}.network"
        return load_artefact(cached)
    except RuntimeError:  # a user without a home has no cache
        return compile_folder(folder, None, evidence_partitions)
    except NetworkFaults:  # not there yet, or damaged: made anew
        network = compile_folder(folder, None, evidence_partitions)
    if _content_key(folder) != key:
        raise NetworkFaults([f"{folder}: was changed while it was read; try again"])
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        write_artefact(network, cached)
        return load_artefact(cached)
    except (OSError, NetworkFaults):  # a cache that cannot be written only costs time
        return network


def _content_key(folder: Path) -> str:
    digest = blake2b(f"{FORMAT_VERSION}".encode(), digest_size=16)
    areas = find_areas(folder)
    for path in (*find_tables(folder), *([] if areas is None else [areas])):
        try:
            digest.update(f" {path.name} {path.stat().st_size} ".encode())
            with path.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        except OSError as error:
            raise NetworkFaults([f"{path}: cannot be read ({error.strerror}); make it readable"]) from error
    return digest.hexdigest()
