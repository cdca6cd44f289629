"""Instants, one after the other: evidence is merged, outages and zones are looked at, news is published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from models.contracts.topics import CALL_EVENTS
from models.evidence.backlog import OFFSET, ORIGIN
from models.evidence.watermarks import instant_of, origin_partition, origin_topic
from models.outages.evidence.clocks import DOUBTS, MOST_AHEAD, believe_crew, believe_devices, believe_points
from models.outages.evidence.merge import join_devices, join_points, stirred
from models.outages.feeding.turning import turn, verdict_of
from models.outages.instant_clock import InstantClock
from models.outages.publishing import Publisher
from models.outages.quarantine import SetAside, health, take_back
from models.outages.rules import crew_reports as crews
from models.outages.rules import planned_works as works
from models.outages.rules.crew_places import end_context, place_crew, release_crew, renew
from models.outages.rules.operators import commands as operators
from models.outages.rules.review import review
from models.outages.rules.scada_positions import hear_scada
from models.outages.state.left_out import is_told, tell
from models.outages.state.zone_repair import fail
from models.outages.versions.settling import leave, part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.evidence.backlog import Due, PendingRow
    from models.evidence.batch import CommandRow, CrewRow, RefusedLine, WorkRow
    from models.outages.engine_state import EngineState
    from models.outages.feeding.turning import Turned
    from models.outages.state.verdict import Verdict

FAR: Final = 1 << 62
MOST_LATE: Final = 7 * 24 * 3_600_000
"""A command that came longer ago (ms) by its own account did not."""


class Instants:
    """One walk over the instants that a batch made complete."""

    def __init__(
        self, state: EngineState, due: Due, lived: int, going: tuple[int, NDArray[np.bool_]] | None = None
    ) -> None:
        """`going` are an instant and the points that leave the network at it."""
        self.state, self.partition, self.due = state, state.partition, due
        self.going = going
        self._believe_clocks()
        self.publisher = Publisher(state.partition, state.sequences)
        self.clock = InstantClock(state.completed, self.publisher, state.evidence_partition)
        self.point_at, self.device_at = 0, 0
        self.point_changed = np.zeros(len(due.points[0]), np.uint8)
        self.device_changed = np.zeros(len(due.devices[0]), np.uint8)
        self.touched = np.zeros(len(due.points[0]), np.int32)
        self.said_out = np.zeros(len(due.points[0]), np.uint8)
        self.crew = sorted(due.crew, key=lambda waits: (instant_of(waits.log_time), *crews.order(waits.row)))
        self.works = sorted(due.works, key=lambda waits: (instant_of(waits.log_time), *works.order(waits.row)))
        self.commands = sorted(
            due.commands, key=lambda waits: (instant_of(waits.log_time), *operators.order(waits.row))
        )
        self.answers: list[tuple[CommandRow, Verdict]] = []
        self.deferred = list(due.deferred)
        told = is_told(self.partition, list(state.watermarks.left_out)) and not state.quarantine.resumed()
        self.turns_at = FAR if told else instant_of(lived)
        """The instant from which other origins are left out, or zones taken back; `lived` was the last one before."""
        self._hold()

    def _believe_clocks(self) -> None:
        """Put the times that cannot be right in order, and count them."""
        due, laws = self.due, self.partition.clock_laws
        point, kind, observed, started, *rest = due.points
        if len(point):
            observed, started, doubts = believe_points(laws, kind, observed, started, *rest[-2:])
            due.points = (point, kind, observed, started, *rest)
            self._count_doubts(rest[ORIGIN - 4], doubts)
        device, position, quality, observed, *rest = due.devices
        if len(device):
            observed, doubts = believe_devices(laws, observed, rest[-1])
            due.devices = (device, position, quality, observed, *rest)
            self._count_doubts(rest[ORIGIN - 4], doubts)
        due.crew = [
            waits._replace(row=replace(waits.row, observed_at=self._believe(waits, waits.row.event.received_at)))
            for waits in due.crew
        ]
        due.works = [
            waits._replace(row=waits.row._replace(observed_at=self._believe(waits, waits.row.received_at)))
            for waits in due.works
        ]
        due.commands = [
            waits._replace(row=waits.row._replace(observed_at=self._believe_command(waits))) for waits in due.commands
        ]

    def _believe(
        self, waits: PendingRow[CrewRow] | PendingRow[WorkRow] | PendingRow[CommandRow], received_at: int
    ) -> int:
        """When what a report of a crew or a planning says was so, or a command was given."""
        observed_at, doubt = believe_crew(self.partition.clock_laws, waits.row.observed_at, received_at)
        if doubt:
            self.state.clock_doubts[waits.origin, "arrival"] += 1
        return observed_at

    def _believe_command(self, waits: PendingRow[CommandRow]) -> int:
        """When a command was given: by a clock that is far from the log's, as while a storm is played, now."""
        received_at = waits.row.event.received_at
        if waits.log_time - MOST_LATE <= received_at <= waits.log_time + MOST_AHEAD:
            return self._believe(waits, received_at)
        self.state.clock_doubts[waits.origin, "arrival"] += 1
        return waits.log_time

    def _count_doubts(self, origins: NDArray[np.uint16], doubts: NDArray[np.uint8]) -> None:
        rows = np.flatnonzero(doubts)
        if not len(rows):
            return
        names = list(self.state.backlog.places)
        for reason, bits in DOUBTS.items():
            for origin, count in enumerate(np.bincount(origins[rows][doubts[rows] & bits == bits]).tolist()):
                if count:
                    self.state.clock_doubts[names[origin], reason] += count

    def begin(self, until: int) -> None:
        """These are the first instants, up to one: what turns with them turns at the first with something to do."""
        turns, self.turns_at = self.turns_at, FAR
        if turns != FAR:
            self.turns_at = min(self.next(), until)

    def next(self) -> int:
        """The earliest instant with something to do."""
        timers = self.partition.timers
        candidates = [timers[0][0] if timers else FAR, self.turns_at, self.going[0] if self.going else FAR]
        if self.point_at < len(self.due.point_instants):
            candidates.append(int(self.due.point_instants[self.point_at]))
        if self.device_at < len(self.due.device_instants):
            candidates.append(int(self.due.device_instants[self.device_at]))
        if (step := self.partition.next_estimate()) is not None:
            candidates.append(step)
        if (farewell := self.partition.next_farewell()) is not None:
            candidates.append(farewell)
        if (backfeed := self.partition.backfeed.next_due()) is not None:
            candidates.append(backfeed)
        few = self.crew, self.works, self.commands, self.deferred
        candidates += [instant_of(rows[0].log_time) for rows in few if rows]
        return min(candidates)

    def live(self, now: int) -> None:
        """Everything that happens at one instant."""
        self.partition.now = now
        self.clock.begin(now)
        self.clock.pass_until(now - 1)
        if now >= self.turns_at:
            self._turn(now)
        joins = self._join_points, self._join_devices, self._join_crew, self._join_works, self._join_commands
        for step in (self._timers, *joins):
            step(now)
            self._set_aside(now)
        if (turned := turn(self.partition, now)) is not None:
            self._go_on(turned)
        self._set_aside(now)
        review(self.partition, now)
        if turned is not None:
            part(self.partition)
        self._set_aside(now)
        if self.going is not None and now >= self.going[0]:
            leave(self.partition, self.going[1])
            self.going = None
        self._publish(now)
        self._set_aside(now)
        self.clock.lived(now)

    def _go_on(self, turned: Turned) -> None:
        """Go on where the network is fed otherwise from this instant on: all positions are others."""
        partition, places = turned
        self.partition = self.state.partition = partition
        self.publisher.go_on(partition)
        self.due.move(places.points, places.devices, self.point_at, self.device_at)
        self.state.quarantine.move(partition, places)
        if self.going is not None:
            self.going = self.going[0], self.going[1][np.argsort(places.points)]
        self.answers = [(row, verdict_of(partition, verdict)) for row, verdict in self.answers]

    def _turn(self, now: int) -> None:
        """Other origins are left out from now on, and zones are taken back that were set aside."""
        self.turns_at = FAR
        tell(self.partition, list(self.state.watermarks.left_out))
        for zone in self.state.quarantine.resumed():
            take_back(self.partition, zone, self.state.quarantine.zones.pop(zone))
        self._set_aside(now)

    def _set_aside(self, now: int) -> None:
        """Zones that failed are told of, and what is due in them waits."""
        failures, state = self.partition.failures, self.state
        if not failures:
            return
        for zone, failure in failures.items():
            self._aside(zone).unsaid = failure.unsaid
            revision, place = state.quarantine.revise(zone), (state.evidence_partition, state.offset)
            self.publisher.tell_health(health(self.partition, zone, revision, failure.error, place, now))
        failures.clear()
        self._hold()

    def _aside(self, zone: int) -> SetAside:
        return self.state.quarantine.zones.setdefault(zone, SetAside())

    def _hold(self) -> None:
        if self.partition.quarantined:
            self.state.quarantine.hold(self.partition, self.due, self.point_at, self.device_at)

    def _timers(self, now: int) -> None:
        partition = self.partition
        if partition.estimates is not None:
            due_estimates = partition.estimates.take_due(now, partition.quarantined)
            known = partition.by_name
            partition.dirty.update((name, known[name]) for name in due_estimates if name in known)
        due = partition.due_areas(now)
        partition.to_review.update(area for area in due if area >= 0)
        partition.to_tell.update(~area for area in due if area < 0)

    def _join_points(self, now: int) -> None:
        due, partition = self.due, self.partition
        first = self.point_at
        last = int(np.searchsorted(due.point_instants, now, side="right"))
        if first == last:
            return
        self.point_at = last
        count = join_points(
            partition.points,
            (*due.points[:5], due.points[-1]),
            due.point_order,
            (first, last),
            partition.scores.coherence,
            self.point_changed,
            self.touched,
            self.said_out,
        )
        forest = partition.forest
        touched, said_out = self.touched[:count], self.said_out[:count]
        area_of, areas = (forest.point_device, partition.areas.of_device), len(partition.areas.device)
        partition.backfeed.hear(partition.network.point_number[touched])
        new, shown = stirred(partition.points, area_of, touched, said_out, areas)
        partition.to_review.update(new.tolist())
        partition.to_tell.update(shown.tolist())

    def _join_devices(self, now: int) -> None:
        due, partition = self.due, self.partition
        first = self.device_at
        last = int(np.searchsorted(due.device_instants, now, side="right"))
        if first == last:
            return
        self.device_at = last
        join_devices(partition.devices, due.devices[:4], due.device_order, (first, last), self.device_changed)
        rows = due.device_order[first:last]
        for device in np.unique(due.devices[0][rows[self.device_changed[rows] > 0]]).tolist():
            self._hear_scada(device)

    def _hear_scada(self, device: int) -> None:
        try:
            hear_scada(self.partition, device)
        except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
            fail(self.partition, int(self.partition.network.device_zone[device]), error)

    def _join_crew(self, now: int) -> None:
        letters: list[RefusedLine] = []
        while self.deferred and instant_of(self.deferred[0].log_time) <= now:
            letters.append(self.deferred.pop(0).row)
        self.partition.holders = {}  # crews move no outages
        while self.crew and instant_of(self.crew[0].log_time) <= now:
            if (letter := self._hear_crew(self.crew.pop(0))) is not None:
                letters.append(letter)
        self.partition.holders = None
        self.publisher.refuse(sorted(letters, key=_place))

    def _hear_crew(self, waits: PendingRow[CrewRow]) -> RefusedLine | None:
        totals, row = self.state.totals[waits.origin], waits.row
        zone, told = crews.zone_of(self.partition, row), self.state.crews
        counts = waits.noted or crews.is_news(told, row)
        letter = crews.refuse(self.partition, row, origin_partition(waits.origin))
        if zone in self.partition.quarantined:
            self._set_crew_aside(waits, zone, noted=counts and letter is None)
            return None
        if not crews.concerns(self.partition, row):
            self.state.foreign_reports += 1
            self._note_elsewhere(row)
            return None
        if letter is not None:
            self._note_elsewhere(row)  # as it does for the zones of other engines, to which it is a report about none
            totals.refused += 1
            return letter
        if counts and self._use_crew(waits, zone):
            totals.used += 1
        return None

    def _set_crew_aside(self, waits: PendingRow[CrewRow], zone: int, *, noted: bool) -> None:
        """Keep a report until its zone is taken back; for what its crew says elsewhere it has been heard."""
        if noted:
            self._note_elsewhere(waits.row)
        self._aside(zone).crew.append(waits._replace(noted=noted))

    def _note_elsewhere(self, row: CrewRow) -> None:
        """Remember a report that is about nothing here: if it is its crew's latest, the crew is nowhere here."""
        if crews.is_news(self.state.crews, row):
            crews.note(self.state.crews, row)
            release_crew(self.partition, row.event.crew_id)

    def _use_crew(self, waits: PendingRow[CrewRow], zone: int) -> bool:
        """Take in one report; False if its zone failed, where it is heard once more."""
        try:
            outage = crews.hear_crew(self.partition, self.state.crews, waits.row)
        except Exception as error:
            if zone < 0:
                raise
            fail(self.partition, zone, error)
            self._set_crew_aside(waits, zone, noted=True)
            return False
        if self.state.crews[waits.row.event.crew_id] == list(crews.order(waits.row)):  # else it was set aside meanwhile
            place_crew(self.partition, waits.row, outage)
        if outage is not None:
            self.partition.to_review.add(outage.area)
            self.state.partition.dirty.update({outage.outage_id: outage} if not outage.suspected else {})
        return True

    def _join_works(self, now: int) -> None:
        """Take in planned works: open outages of a zone are published anew where they say something else by now."""
        partition, changed = self.partition, set()
        while self.works and instant_of(self.works[0].log_time) <= now:
            waits = self.works.pop(0)
            if (zone := works.join_work(partition, waits.row)) >= 0:
                self.state.totals[waits.origin].used += 1
                changed.add(zone)
        if changed:
            works.works_changed(partition, changed, now)

    def _join_commands(self, now: int) -> None:
        """Carry out what operators order; the answers follow what it changes."""
        while self.commands and instant_of(self.commands[0].log_time) <= now:
            waits = self.commands.pop(0)
            zone = self.partition.zone_of.get(waits.row.zone_id, -1)
            if zone in self.partition.quarantined:
                self._aside(zone).commands.append(waits)
                continue
            try:
                verdict = operators.carry_out(self.partition, waits.row, now)
            except Exception as error:
                if zone < 0:
                    raise
                fail(self.partition, zone, error)
                self._aside(zone).commands.append(waits)
                continue
            if verdict is not None:
                self.answers.append((waits.row, verdict))
                self.state.totals[waits.origin].used += 1

    def _answer(self, now: int) -> None:
        for name, before in self.partition.corrected.items():
            self.publisher.correct(name, before, now)
        self.partition.corrected.clear()
        for row, verdict in self.answers:
            self.publisher.answer(row, verdict, now)
        self.answers.clear()

    def _publish(self, now: int) -> None:
        partition = self.partition
        renew(partition)
        for outage in sorted(partition.dirty.values(), key=lambda outage: (outage.zone, outage.order, outage.revision)):
            if outage.zone in partition.failures:
                continue
            try:
                self.publisher.say(outage, now)
            except Exception as error:  # noqa: BLE001  whatever it is, it is this zone's
                fail(partition, outage.zone, error)
            else:
                del partition.dirty[outage.outage_id]
                if outage.final:
                    end_context(partition, outage)
        partition.context.ledger.settle()
        self._answer(now)
        self.publisher.tell_abnormal(now)
        self.publisher.tell_backfeed(now)
        self.publisher.bury(now)

    def count(self) -> None:
        """Add the lines that changed something to the totals, and the rows that did not to the copies."""
        names = list(self.state.backlog.places)
        for columns, changed in ((self.due.points, self.point_changed), (self.due.devices, self.device_changed)):
            rows = np.flatnonzero(changed)
            without = np.bincount(columns[ORIGIN][changed == 0])
            for index in np.flatnonzero(without).tolist():
                self.state.unchanged[names[index]] += int(without[index])
            origins, offsets = columns[ORIGIN][rows], columns[OFFSET][rows]
            for index in np.unique(origins).tolist():
                mine = offsets[origins == index]
                used = np.unique(mine).size if origin_topic(names[index]) == CALL_EVENTS else mine.size
                self.state.totals[names[index]].used += int(used)


def _place(refused: RefusedLine) -> tuple[int, int]:
    return refused.partition, refused.offset
