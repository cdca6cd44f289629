"""What the engine said: the outage files of a replay, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec
import numpy as np

from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, OUTAGE_RESTORATION, OUTAGE_STATE
from models.refusal import FaultsError
from models.times.iso8601 import parse_times
from simulator.course import NEVER
from simulator.scoring.reading.ledger import LedgerIntervals, read_ledger
from simulator.scoring.reading.places import named_places
from simulator.scoring.reading.records import FINAL, SET_ASIDE, Numbered, RestorationLine, RevisionLine, StateLine
from simulator.scoring.reading.transfers import Transfers, lay_transfers
from simulator.scoring.reading.truth import parse_optional_times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from models.network.network import Network
    from simulator.scoring.reading.ledger import MembershipLine

Line = TypeVar("Line", bound="Numbered")


@dataclass(frozen=True, slots=True)
class Revisions:
    """All life cycle records in the order of their file."""

    lines: Sequence[RevisionLine]
    outage: NDArray[np.int32]
    """Number of the outage, in the order in which they first appear."""
    updated_at: NDArray[np.int64]
    customers_out: NDArray[np.int64]
    place: NDArray[np.int64]
    first: NDArray[np.int64]
    """Row of the first record of each outage."""
    last: NDArray[np.int64]
    """Row of the last record of each outage."""


@dataclass(frozen=True, slots=True)
class Outages:
    """Each outage as its last record has it."""

    ids: Sequence[str]
    status: Sequence[str]
    service: NDArray[np.bool_]
    place: NDArray[np.int64]
    device: NDArray[np.int32]
    """Position; -1 for a usage point."""
    detected_at: NDArray[np.int64]
    """The instant of the first revision."""
    started_at: NDArray[np.int64]
    sustained_at: NDArray[np.int64]
    """`NEVER` while it is not known to be sustained."""
    restored_at: NDArray[np.int64]
    """`NEVER` while it is open, and where it ends without a restoration."""
    over_at: NDArray[np.int64]
    """`restored_at`, or the instant of the record that ended it otherwise; `NEVER` while it is open."""
    customers_affected: NDArray[np.int64]
    confidence: NDArray[np.float64]
    """NaN where the record has none."""
    confirmed: NDArray[np.bool_]
    """By a telemetered position, a crew or an operator."""
    planned: NDArray[np.bool_]
    """It says that it belongs to a planned work."""
    standing_place: NDArray[np.int64]
    """Where it stood before the record that ended it; its place while it is open."""
    stood_ms: NDArray[np.int64]
    """How long it had been published there by then; 0 while it is open."""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Those that can be right or wrong by their last record: not merged, cancelled or momentary."""
        return np.array([status not in SET_ASIDE for status in self.status], np.bool_)

    @property
    def merged(self) -> NDArray[np.bool_]:
        """Those that became part of another."""
        return np.array([status == "merged" for status in self.status], np.bool_)


@dataclass(frozen=True, slots=True)
class Restorations:
    """All restoration records in the order of their file."""

    lines: Sequence[RestorationLine]
    outage: NDArray[np.int32]
    """Number of the outage; -1 if the life cycle does not have it."""
    device: NDArray[np.int32]
    """Position; -1 for a usage point."""
    restored_at: NDArray[np.int64]
    updated_at: NDArray[np.int64]
    customers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Output:
    """What one replay wrote."""

    revisions: Revisions
    outages: Outages
    transfers: Transfers
    restorations: Restorations
    states: Sequence[Numbered]
    """The records of the current state topic."""
    ledger: LedgerIntervals | None = None
    """None where it was not read."""


def read_output(folder: Path, network: Network) -> Output:
    """Read a replay's output. Raises `FaultsError` for missing files and unreadable lines."""
    topics = (OUTAGE_LIFECYCLE, OUTAGE_RESTORATION, OUTAGE_STATE)
    paths = [folder / f"{topic}.jsonl" for topic in topics]
    if missing := [
        f"{path} is missing; give the folder that faultline replay wrote" for path in paths if not path.is_file()
    ]:
        raise FaultsError(missing)
    ledger = read_ledger(folder / f"{OUTAGE_MEMBERSHIP}.jsonl")
    lines = _read(paths[0], RevisionLine)
    return lay_output(lines, _read(paths[1], RestorationLine), _read(paths[2], StateLine), network, ledger)


def lay_output(
    lines: Sequence[RevisionLine],
    restorations: Sequence[RestorationLine],
    states: Sequence[Numbered],
    network: Network,
    ledger: Sequence[MembershipLine] | None = None,
) -> Output:
    """Put the records of an output into columns."""
    number: dict[str, int] = {}
    outage = np.array([number.setdefault(line.outage_id, len(number)) for line in lines], np.int32)
    first, last = np.full(len(number), len(lines), np.int64), np.zeros(len(number), np.int64)
    np.minimum.at(first, outage, np.arange(len(lines)))
    np.maximum.at(last, outage, np.arange(len(lines)))
    updated_at = parse_times([line.updated_at for line in lines])
    customers_out = np.array([line.customers_out for line in lines], np.int64)
    service = np.array([line.device_kind == "service" for line in lines], np.bool_)
    place = named_places(network, [line.device_id for line in lines], service)
    revisions = Revisions(lines, outage, updated_at, customers_out, place, first, last)
    return Output(
        revisions,
        _outages(revisions, list(number), network),
        lay_transfers(lines, outage, updated_at, number),
        _restorations(restorations, number, network),
        states,
        None if ledger is None else LedgerIntervals.of(ledger, number, network),
    )


def _outages(revisions: Revisions, ids: list[str], network: Network) -> Outages:
    last = [revisions.lines[row] for row in revisions.last]
    status = [line.status for line in last]
    restored_at = parse_optional_times([line.restored_at for line in last])
    ended_at, standing_place, stood_ms = _ends(revisions)
    return Outages(
        ids=ids,
        status=status,
        service=np.array([line.device_kind == "service" for line in last], np.bool_),
        place=revisions.place[revisions.last],
        device=network.find_devices([line.device_id for line in last]),
        detected_at=revisions.updated_at[revisions.first],
        started_at=parse_times([line.started_at for line in last]),
        sustained_at=parse_optional_times([line.sustained_at for line in last]),
        restored_at=restored_at,
        over_at=np.where(restored_at < NEVER, restored_at, ended_at),
        customers_affected=np.array([line.customers_affected for line in last], np.int64),
        confidence=np.array([np.nan if line.confidence is None else line.confidence for line in last], np.float64),
        confirmed=np.array([line.evidence == "confirmed" for line in last], np.bool_),
        planned=np.array([line.planned is not None for line in last], np.bool_),
        standing_place=standing_place,
        stood_ms=stood_ms,
    )


def _ends(revisions: Revisions) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Find for each outage when it was said to be over, where it stood until then, and for how long."""
    outages = len(revisions.first)
    ended_at, stood_ms = np.full(outages, NEVER, np.int64), np.zeros(outages, np.int64)
    place, since = np.full(outages, -1, np.int64), np.zeros(outages, np.int64)
    for row, (line, outage) in enumerate(zip(revisions.lines, revisions.outage.tolist(), strict=True)):
        if ended_at[outage] < NEVER:
            continue
        at = revisions.updated_at[row]
        if line.status in FINAL:
            ended_at[outage], stood_ms[outage] = at, at - since[outage] if since[outage] else 0
        elif not since[outage] or place[outage] != revisions.place[row]:
            place[outage], since[outage] = revisions.place[row], at
    never_open = since == 0
    place[never_open] = revisions.place[revisions.last][never_open]
    return ended_at, place, stood_ms


def _restorations(lines: Sequence[RestorationLine], number: dict[str, int], network: Network) -> Restorations:
    return Restorations(
        lines=lines,
        outage=np.array([number.get(line.outage_id, -1) for line in lines], np.int32),
        device=network.find_devices([line.device_id for line in lines]),
        restored_at=parse_times([line.restored_at for line in lines]),
        updated_at=parse_times([line.updated_at for line in lines]),
        customers=np.array([line.customers_restored for line in lines], np.int64),
    )


def _read(path: Path, form: type[Line]) -> list[Line]:
    try:
        return msgspec.json.Decoder(form).decode_lines(path.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FaultsError([f"{path} is no output of a replay: {error}; replay again"]) from None
