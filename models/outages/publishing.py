"""What an instant says: a revision of each outage with news, what was restored, and a farewell to outages long over."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from models.network.canary.names import is_canary
from models.outages.context.last_revision import read_last_revision, write_last_revision
from models.outages.feeding.abnormal import news
from models.outages.feeding.backfeed import watch
from models.outages.state.disputes import disputed_by
from models.outages.state.estimates import estimate_fields
from models.outages.state.membership_writer import (
    corrected,
    hold_start,
    memberships,
    points_of,
    restored,
    returned_points,
    whom,
)
from models.outages.state.record_writer import SCHEMA_VERSION, format_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.evidence.batch import CommandRow, RefusedLine
    from models.outages.state.outage import Outage
    from models.outages.state.partition import Partition
    from models.outages.state.verdict import Verdict

TOPICS: Final = (
    "lifecycle",
    "restorations",
    "membership",
    "states",
    "answers",
    "dead_letters",
    "abnormal",
    "health",
    "clock",
)
Record = dict[str, Any]


@dataclass(slots=True)
class Published:
    """What one batch of evidence led to, in order; each list is numbered from 1 without gaps, batch after batch."""

    lifecycle: list[Record] = field(default_factory=list)
    restorations: list[Record] = field(default_factory=list)
    membership: list[Record] = field(default_factory=list)
    """Entries of the ledger."""
    states: list[Record] = field(default_factory=list)
    """Life cycle records once more, and tombstones of outages that are forgotten."""
    answers: list[Record] = field(default_factory=list)
    """To operators' commands."""
    dead_letters: list[RefusedLine] = field(default_factory=list)
    first_dead_letter: int = 1
    """Number of the first of these dead letters."""
    abnormal: list[Record] = field(default_factory=list)
    """What stands otherwise than normally, and what does no more."""
    health: list[Record] = field(default_factory=list)
    """What became of zones in which the engine failed."""
    clock: list[Record] = field(default_factory=list)
    """Instants that are complete, and up to which record of each list."""
    canary_lifecycle: list[Record] = field(default_factory=list)
    """Of outages in canary zones, which are in no other list: nobody's power is out."""
    canary_restorations: list[Record] = field(default_factory=list)
    backfeed: list[Record] = field(default_factory=list)
    """Who says to have power where nobody may."""

    def add(self, later: Published) -> None:
        """What came of the instants after these."""
        for part in fields(self):
            if part.name != "first_dead_letter":
                getattr(self, part.name).extend(getattr(later, part.name))


CANARY: Final = ("canary_lifecycle", "canary_restorations")
"""Numbered from the first record on, as `backfeed` is: where there are no canary zones, no state speaks of them."""


def no_sequences() -> dict[str, int]:
    """The last number of each list, before the first record."""
    return dict.fromkeys(TOPICS, 0)


class Publisher:
    """Numbers and collects what is said while a batch is lived through."""

    def __init__(self, partition: Partition, sequences: dict[str, int]) -> None:
        self.partition, self._estimates = partition, partition.estimates
        self.sequences = sequences
        self.published = Published(first_dead_letter=sequences["dead_letters"] + 1)

    def go_on(self, partition: Partition) -> None:
        """Publish what is said of another partition from now on: of the same zones, fed otherwise."""
        self.partition, self._estimates = partition, partition.estimates

    def say(self, outage: Outage, now: int) -> None:
        """Publish the next revision of an outage, if there is news."""
        partition = self.partition
        if outage.suspected:
            return
        before = outage.published, outage.revision, outage.estimate
        try:
            disputed = disputed_by(partition, outage)
            operators = outage.operator_facts() if disputed else outage.operators
            place = outage.device, outage.service_point, outage.started_at
            context = partition.context.facts(outage.outage_id, *place, operators, disputed)
            if self._estimates is not None:
                outage.estimate = self._estimates.review(outage, now)
            here = points_of(partition, outage)
            hold_start(partition, outage, here)
            said = {**context, **estimate_fields(outage.estimate), **whom(partition, outage, here)}
            held = partition.context.borne_out.share(outage.zone)
            record = partition.writer.outage(outage, now, said, degraded=partition.degraded, borne_out=held)
            if not record:
                self._estimated(outage)
                return
            restorations = list(partition.writer.restorations(outage, now))
            members = memberships(partition, outage, here, now)
        except Exception:
            outage.published, outage.revision, outage.estimate = before
            raise
        partition.backfeed.revised.add(outage.zone)
        returned = returned_points(partition, outage, members)
        if members or outage.final:
            told = restored(outage)
            partition.context.ledger.note(outage.outage_id, here, told, partition.points, final=outage.final)
        outage.steps = partition.writer.steps(outage)
        outage.restorations.clear()
        if outage.zone in partition.canaries:
            self._say_canary(record, restorations)
        else:
            self._say_real(record, restorations, members)
        self._estimated(outage)
        if outage.final:
            partition.remember(outage, returned, now)

    def _say_canary(self, record: Record, restorations: Iterable[Record]) -> None:
        published = self.published
        published.canary_lifecycle.append(record | {"sequence": self._next("canary_lifecycle")})
        for said in restorations:
            published.canary_restorations.append(said | {"sequence": self._next("canary_restorations")})

    def _say_real(self, record: Record, restorations: Iterable[Record], members: Iterable[Record]) -> None:
        published = self.published
        numbered = record | {"sequence": self._next("lifecycle")}
        published.lifecycle.append(numbered)
        for said in restorations:
            published.restorations.append(said | {"sequence": self._next("restorations")})
        for entry in members:
            published.membership.append(entry | {"sequence": self._next("membership")})
        number = self._next("states")
        published.states.append(numbered if number == numbered["sequence"] else numbered | {"sequence": number})

    def _estimated(self, outage: Outage) -> None:
        if self._estimates is not None:
            self._estimates.published(outage)

    def correct(self, name: str, before: bytes, now: int) -> None:
        """Publish the last revision of an outage that is over once more, put right."""
        partition, known = self.partition, read_last_revision(before).facts
        last = read_last_revision(partition.ended[name].last_revision)
        last.revision += 1
        record = last.facts | {
            "event_id": f"{name}:{last.revision}",
            "revision": last.revision,
            "change": sorted(field for field, value in last.facts.items() if known.get(field) != value),
            "updated_at": format_time(now),
        }
        members: list[Record] = []
        if {"started_at", "restored_at"} & set(record["change"]):
            members = corrected(partition, (name, last.revision, partition.ended[name].zone), last, known, now)
        self.tell_end(record)
        for said in members if partition.ended[name].zone not in partition.canaries else ():
            self.published.membership.append(said | {"sequence": self._next("membership")})
        partition.remember_anew(name, write_last_revision(last), now)

    def answer(self, row: CommandRow, verdict: Verdict, now: int) -> None:
        """Answer an operator's command."""
        revision = verdict.outage.revision if verdict.outage is not None else None
        if revision is None and verdict.outage_id is not None:
            revision = read_last_revision(self.partition.ended[verdict.outage_id].last_revision).revision
        record = {
            "event_id": row.event.command_id,
            "schema_version": SCHEMA_VERSION,
            "organisation": self.partition.writer.organisation,
            "sequence": self._next("answers"),
            "command_id": row.event.command_id,
            "result": "refused" if verdict.reason else "passed_on" if verdict.storm_order else "done",
            "reason": verdict.reason,
            "message": verdict.message,
            "outage_id": verdict.outage_id,
            "revision": revision,
            "zone_id": row.zone_id or None,
            "storm_order": verdict.storm_order,
            "updated_at": format_time(now),
        }
        self.published.answers.append(record)

    def tell_end(self, record: Record) -> None:
        """Publish the end of an outage that is not known here."""
        if is_canary(record["zone_id"]):
            self._say_canary(record, ())
            return
        self.published.lifecycle.append(record | {"sequence": self._next("lifecycle")})
        self.published.states.append(record | {"sequence": self._next("states")})

    def tell_abnormal(self, now: int) -> None:
        """Publish what stands otherwise than normally from now on, or does no more."""
        for record in news(self.partition, now):
            self.published.abnormal.append(record | {"sequence": self._next("abnormal")})

    def tell_backfeed(self, now: int) -> None:
        """Publish who says "on" in a section that is open or under clearance."""
        for record in watch(self.partition, now):
            self.published.backfeed.append(record | {"sequence": self._next("backfeed")})

    def tell_health(self, record: Record) -> None:
        """Publish what became of a zone."""
        self.published.health.append(record | {"sequence": self._next("health")})

    def tell_clock(self, record: Record) -> None:
        """Publish that an instant is complete."""
        self.published.clock.append(record | {"sequence": self._next("clock")})

    def refuse(self, letters: list[RefusedLine]) -> None:
        """Publish dead letters."""
        self.sequences["dead_letters"] += len(letters)
        self.published.dead_letters += letters

    def bury(self, now: int) -> None:
        """Publish a tombstone of each outage that has been over for long enough, and forget it."""
        partition = self.partition
        while (due := partition.next_farewell()) is not None and due <= now:
            name, ended = partition.forget()
            if ended.zone in partition.canaries:
                continue
            tombstone = partition.writer.tombstone(name, ended.zone, now)
            self.published.states.append(tombstone | {"sequence": self._next("states")})

    def _next(self, topic: str) -> int:
        self.sequences[topic] = self.sequences.get(topic, 0) + 1
        return self.sequences[topic]
