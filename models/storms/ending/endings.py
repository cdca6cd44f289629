"""By when nearly all customers of each open storm have power again: what is known of its outages, and what is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from models.storms.ending.simulation import Crews, Jobs, ends, enough_by, pace_of
from models.storms.output import STORM_ESTIMATES
from models.timeline.moment import Said
from models.times.iso8601 import format_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from models.storms.policy import StormPolicy
    from models.storms.sums import Shown

MINUTE: Final = 60
PROBABILITY: Final = 0.8
Area = tuple[str, str]


@dataclass(slots=True)
class Job:
    """An outage; times in seconds since the epoch."""

    told_at: int
    low: int
    high: int
    """The first range that was told of it."""
    crew_etr: int | None = None
    """What a crew says now."""
    affected: int = 0
    out: int = 0
    areas: list[tuple[str, str, int, int]] = field(default_factory=list)
    """Kind, id, customers out, and the most that were."""
    crews: list[str] = field(default_factory=list)
    """Those at work or on their way."""
    work_began: int | None = None
    over_at: int | None = None


class Endings:
    """The outages with a range, and when each storm was told of last."""

    def __init__(self, policy: StormPolicy, saved: Mapping[str, Any] | None = None) -> None:
        """Begin with nothing, or with what `save` gave."""
        self._step, self._share = policy.estimate_seconds * 1000, policy.estimate_share
        self._jobs: dict[str, Job] = {}
        self._told: dict[str, int] = {}
        if saved:
            self._jobs = {name: Job(**fields) for name, fields in saved["jobs"].items()}
            self._told = dict(saved["told"])

    def due(self) -> int | None:
        """Give the instant (ms) at which the next storm is simulated anew."""
        return min(self._told.values()) + self._step if self._told else None

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        return {"jobs": {name: asdict(job) for name, job in self._jobs.items()}, "told": self._told}

    def forget(self, outage_id: str) -> None:
        """An outage is none, or is forgotten."""
        self._jobs.pop(outage_id, None)

    def take(self, shown: Shown, instant: int) -> None:
        """Put in what is shown of an outage at an instant (ms); one without a range counts once it has one."""
        if not shown.counts:
            self.forget(shown.outage_id)
            return
        job = self._jobs.get(shown.outage_id)
        if job is None:
            if not shown.is_open or shown.estimate is None:
                return
            low, high = shown.estimate
            job = self._jobs[shown.outage_id] = Job(instant // 1000, low, high)
        job.affected, job.out = shown.customers_affected, shown.customers_out
        most = {(kind, area_id): most for kind, area_id, _, most in job.areas}
        now = {(kind, area_id): out for kind, area_id, out, _ in shown.areas}
        job.areas = [(*area, now.get(area, 0), max(now.get(area, 0), most.get(area, 0))) for area in {**most, **now}]
        job.crew_etr = shown.crew_etr
        job.crews = list(shown.crews)
        if job.work_began is None and shown.work_began is not None:
            job.work_began = shown.work_began
        if shown.is_open:
            job.over_at = None
        elif job.over_at is None:
            job.over_at = instant // 1000

    def tell(self, instant: int, storms: AbstractSet[str], members: Callable[[str], Iterable[str]]) -> Iterator[Said]:
        """Say by when storms that go on are over, where it is time; `members` gives the outages of one."""
        for storm_id in sorted({*self._told} - {*storms}):
            del self._told[storm_id]
            yield Said(STORM_ESTIMATES.name, {"storm_id": storm_id}, gone=True)
        for storm_id in sorted(storms):
            if not self._jobs or instant < self._told.get(storm_id, -self._step) + self._step:
                continue
            jobs = [self._jobs[name] for name in members(storm_id) if name in self._jobs]
            if any(job.over_at is None for job in jobs) or storm_id in self._told:
                self._told[storm_id] = instant
                fields = estimate(jobs, instant // 1000, self._share, _seed(storm_id, instant))
                yield Said(STORM_ESTIMATES.name, {"storm_id": storm_id, **fields})


def estimate(jobs: Sequence[Job], now: int, share: float, seed: int) -> dict[str, Any]:
    """Give the fields of a storm's estimate from its outages at an instant (seconds since the epoch)."""
    waiting = [job for job in jobs if job.over_at is None]
    columns, crews = _columns(jobs, now), _crews(jobs)
    pace = pace_of(columns)
    found = ends(columns, pace, crews, seed)
    affected, out = sum(job.affected for job in jobs), sum(job.out for job in waiting)
    mine = np.array([job.out for job in waiting], np.int64)
    return {
        "share": share,
        "outages": len(jobs),
        "outages_open": len(waiting),
        "crews": crews.at_work,
        "pace": round(2 ** (pace / 256), 2),
        "customers_affected": affected,
        "customers_out": out,
        **_times(enough_by(found, mine, _needed(share, affected, out)), now),
        "areas": list(_areas(jobs, found, share, now)),
    }


def _columns(jobs: Sequence[Job], now: int) -> Jobs:
    rows = [
        (
            now - job.told_at,
            job.low - job.told_at,
            job.high - job.told_at,
            job.over_at is None,
            -1 if job.crew_etr is None else max(job.crew_etr - now, 0),
        )
        for job in jobs
    ]
    table = np.array(rows, np.int64).reshape(len(rows), 5)
    age, low, high, is_open, fixed = table.T
    return Jobs(age, low, high, is_open.astype(bool), fixed)


def _crews(jobs: Sequence[Job]) -> Crews:
    """Those at work, and how long the outages that are over have kept theirs, in the mean."""
    there = {crew for job in jobs if job.over_at is None for crew in job.crews}
    kept = [job.over_at - job.work_began for job in jobs if job.over_at is not None and job.work_began is not None]
    return Crews(len(there), max(sum(kept) // len(kept), 0)) if there and kept else Crews()


def _needed(share: float, affected: int, out: int) -> int:
    """How many of those out have to have power so that the share of those affected has it."""
    return -(-affected * round(share * 1000) // 1000) - (affected - out)


def _areas(jobs: Sequence[Job], found: np.ndarray[Any, Any], share: float, now: int) -> Iterator[dict[str, Any]]:
    affected: dict[Area, int] = {}
    out: dict[Area, dict[int, int]] = {}
    column = 0
    for job in jobs:
        for kind, area_id, now_out, most in job.areas:
            affected[kind, area_id] = affected.get((kind, area_id), 0) + most
            if job.over_at is None and now_out:
                out.setdefault((kind, area_id), {})[column] = now_out
        column += job.over_at is None
    for area, by_job in sorted(out.items()):
        mine, missing = np.array(list(by_job.values()), np.int64), sum(by_job.values())
        needed = _needed(share, affected[area], missing)
        yield {
            "kind": area[0],
            "area_id": area[1],
            "customers_affected": affected[area],
            "customers_out": missing,
            **_times(enough_by(found[:, list(by_job)], mine, needed), now),
        }


def _times(levels: tuple[int, int, int] | None, now: int) -> dict[str, Any]:
    """The fields of a distribution: whole minutes, the first rounded down, the others up."""
    if levels is None:
        return {"restored_from": None, "restored_by": None, "restored_to": None, "probability": None}
    low, middle, high = (now + after for after in levels)
    times = low // MINUTE * MINUTE, -(-middle // MINUTE) * MINUTE, -(-high // MINUTE) * MINUTE
    told = [format_time(at * 1000) for at in times]
    return dict(zip(("restored_from", "restored_by", "restored_to"), told, strict=True)) | {"probability": PROBABILITY}


def _seed(storm_id: str, instant: int) -> int:
    return int.from_bytes(blake2b(f"{storm_id} {instant}".encode(), digest_size=8).digest())
