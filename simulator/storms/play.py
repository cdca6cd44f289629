"""A storm as a utility lives through it: troubles strike, protection operates, crews switch, repair and close.

It is played event by event. A trouble where there is power makes protection operate; where there is none it lies there
until the part is fed again, and then shows as a nested fault. Crews take the largest outages first. Damage on a trunk
is isolated: what is above it is closed in, what is below it is fed over ties where the other side is alive.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from simulator.chance import between, chance
from simulator.course import NEVER, NONE, Course, Fault
from simulator.options import DAYS
from simulator.protection import RECLOSING, respond
from simulator.storms.crews import Crews, Job
from simulator.storms.grid import Grid
from simulator.storms.isolation import isolating_device, tie_feeds
from simulator.storms.troubles import TRUNK_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from models.network.network import Network
    from simulator.options import StormOptions
    from simulator.storms.troubles import Trouble

_REPORT_SECONDS: Final = (120, 600)
_SWITCHING_SECONDS: Final = (60, 360)
_TIE_SECONDS: Final = (20, 90)
_LEAST_REPAIR_MS: Final = 1_200_000
"""Of damage that is switched around: longer than the switching."""
_AFTER_MS: Final = 10_000
"""How long after a reclosing sequence the next trouble on the same line comes."""


def play(
    network: Network,
    options: StormOptions,
    troubles: Sequence[Trouble],
    unlisted_ties: tuple[tuple[int, int], ...] = (),
) -> Course:
    """Play troubles, in any order, until all is restored; crews know ties that stand in no table."""
    return _Storm(network, options, troubles, unlisted_ties).run()


class _Storm:
    """The events that are still to come, and what they do."""

    def __init__(
        self,
        network: Network,
        options: StormOptions,
        troubles: Sequence[Trouble],
        unlisted_ties: tuple[tuple[int, int], ...],
    ) -> None:
        self.network = network
        self.grid = Grid(network, unlisted_ties)
        self.lots = chance(options.seed, "storm")
        self.crews = Crews(options, troubles, self.grid.course)
        self.busy_until: dict[int, int] = {}
        """By device: the end of its reclosing sequence."""
        self.patient = options.preset in DAYS
        """Crews switch only while no device is in a sequence of its own, and try ties again after a close-in."""
        self.quiet_from = 0
        """No sequence is under way from then on."""
        self.events: list[tuple[int, int, Callable[[int], None]]] = []
        self.scheduled = 0
        for trouble in sorted(troubles, key=lambda trouble: (trouble.at, trouble.place, trouble.usage_point)):
            self.schedule(trouble.at, lambda at, trouble=trouble: self.strike(trouble, at))  # type: ignore[misc]

    def run(self) -> Course:
        while self.events:
            at, _, event = heappop(self.events)
            event(at)
        return self.grid.course

    def schedule(self, at: int, event: Callable[[int], None]) -> None:
        heappush(self.events, (at, self.scheduled, event))
        self.scheduled += 1

    def strike(self, trouble: Trouble, at: int) -> None:
        """Let a trouble happen: at once, after a reclosing sequence in progress, or unseen where there is no power."""
        busy_until = max(self.busy_until.get(device, 0) for device in self.grid.upwards(trouble.place))
        if busy_until > at:
            self.schedule(busy_until + _AFTER_MS, lambda later: self.strike(trouble, later))
        elif not self.grid.is_live(trouble.place):
            if trouble.permanent and not trouble.planned and not self.spared(trouble):
                self.grid.leave_damage(trouble)
        elif trouble.planned:
            self.begin_planned_work(trouble, at)
        else:
            self.show(trouble, at)

    def spared(self, trouble: Trouble) -> bool:
        """Return whether a dead trunk is spared more damage, so that what there is can be switched around."""
        return self.patient and int(self.network.device_kind[trouble.place]) in TRUNK_KINDS

    def show(self, trouble: Trouble, at: int) -> None:
        """Let protection answer a trouble where there is power."""
        if trouble.usage_point != NONE:
            self.open_service(trouble, at)
            return
        device = self.grid.protecting(trouble.place)
        if device == NONE:
            return
        if trouble.open_ms is not None:
            self.open_for_a_while(trouble, device, at, at + trouble.open_ms)
            return
        kind, recloser = int(self.network.device_kind[device]), self.grid.protecting(device, RECLOSING)
        response = respond(self.lots, kind, device, recloser, at, permanent=trouble.permanent)
        number = NONE
        if response.device != NONE:
            number = self.grid.open(_fault(trouble, response.device, response.stays[0][0]), response.stays)
            self.keep_busy(response.device, response.stays[-1][0])
            self.report(number, trouble, response.stays[-1][0])
        if response.dips:
            dip = _fault(trouble, response.recloser, response.dips[0][0], response.dips[-1][1])
            self.grid.dip(dip, response.dips, response.device, number)
            self.keep_busy(response.recloser, response.dips[-1][1])

    def open_for_a_while(self, trouble: Trouble, device: int, at: int, closed_at: int) -> None:
        """Open a device that closes by itself."""
        self.grid.dip(_fault(trouble, device, at, closed_at), ((at, closed_at),), NONE, NONE)
        self.keep_busy(device, closed_at)

    def keep_busy(self, device: int, until: int) -> None:
        self.busy_until[device] = until
        self.quiet_from = max(self.quiet_from, until + _AFTER_MS)

    def waits(self, at: int, event: Callable[[int], None]) -> bool:
        """Put a crew's switching off until no sequence is under way."""
        if not self.patient or at >= self.quiet_from:
            return False
        self.schedule(self.quiet_from, event)
        return True

    def open_service(self, trouble: Trouble, at: int, nested_in: int = NONE) -> None:
        if trouble.usage_point not in self.grid.open_services:
            fault = Fault(NONE, trouble.usage_point, "fault", at, NEVER, trouble.cause, NONE, nested_in)
            self.report(self.grid.open(fault, ((at, NEVER),)), trouble, at)

    def begin_planned_work(self, trouble: Trouble, at: int) -> None:
        if trouble.place in self.grid.open_faults:  # alive all the same: a tie feeds what is below it
            return
        fault = Fault(trouble.place, NONE, "planned", at, NEVER, trouble.cause, trouble.place)
        job = Job(self.grid.open(fault, ((at, NEVER),)), [trouble], 0)
        self.crews.work_planned(job, at)
        self.schedule(at + trouble.repair_ms, lambda later: self.finish(job, later))

    def energise(self, device: int, at: int, closed: int) -> None:
        """Let what lies damaged below a device show as it is fed again; the lower devices open on the close-in."""
        for trouble in self.grid.damage_below(device):
            if not self.grid.is_live(trouble.place):
                continue
            opens = self.grid.protecting(trouble.place)
            if trouble.usage_point != NONE:
                self.grid.remove_damage(trouble)
                self.open_service(trouble, at, closed)
            elif opens != NONE:
                self.grid.remove_damage(trouble)
                self.report(self.grid.open(_fault(trouble, opens, at, NEVER, closed), ((at, NEVER),)), trouble, at)

    def report(self, number: int, trouble: Trouble, at: int) -> None:
        """Hand an outage to the crews once it is known."""
        fault = self.grid.course.faults[number]
        if fault.usage_point == NONE:
            below = slice(int(self.network.point_start[fault.device]), int(self.network.point_end[fault.device]))
        else:
            below = slice(fault.usage_point, fault.usage_point + 1)
        job = Job(number, [trouble], int(self.network.customers[below].sum()))
        self.schedule(at + between(self.lots, *_REPORT_SECONDS), lambda known_at: self.call_in(job, known_at))

    def call_in(self, job: Job, at: int) -> None:
        self.crews.add(job)
        self.send_crews(at)

    def send_crews(self, at: int) -> None:
        while (job := self.crews.next_job()) is not None:
            found_at = self.crews.travel(job, at)
            self.schedule(found_at, lambda later, job=job: self.begin_repair(job, later))  # type: ignore[misc]

    def begin_repair(self, job: Job, at: int) -> None:
        """Switch around the damage where that helps, and repair it."""
        opened = self.grid.course.faults[job.fault].device
        repair_ms = sum(trouble.repair_ms for trouble in job.damage)
        if opened != NONE and int(self.network.device_kind[opened]) in TRUNK_KINDS:
            damaged = [trouble.place for trouble in job.damage + self.grid.unprotected_damage(opened)]
            cut = isolating_device(self.grid, opened, damaged)
            cut_at = at + between(self.lots, *_SWITCHING_SECONDS)
            if cut != NONE:
                self.schedule(cut_at, lambda later: self.isolate(job, opened, cut, later))
            tie_at = cut_at + between(self.lots, *_SWITCHING_SECONDS)
            self.schedule(tie_at, lambda later: self.feed_over_ties(job, opened, damaged, later))
            repair_ms = max(repair_ms, _LEAST_REPAIR_MS)
        self.schedule(at + repair_ms, lambda later: self.finish(job, later))

    def isolate(self, job: Job, opened: int, cut: int, at: int) -> None:
        """Open the isolating device, and soon after close the one above it."""
        if self.waits(at, lambda later: self.isolate(job, opened, cut, later)):
            return
        if cut not in self.grid.open_faults:
            job.cut = self.grid.isolate(cut, job.damage[0].place, at, job.fault)
            self.schedule(at + between(self.lots, *_SWITCHING_SECONDS), lambda later: self.close_in(job, opened, later))

    def close_in(self, job: Job, opened: int, at: int) -> None:
        """Feed what is above the isolating device again, unless it is damaged or dead itself by now."""
        if self.waits(at, lambda later: self.close_in(job, opened, later)):
            return
        above = int(self.network.parent[opened])
        if self.grid.is_live(above) and not self.grid.unprotected_damage(opened):
            self.grid.close(job.fault, at)
            closed, job.fault, job.cut = job.fault, job.cut, NONE
            self.crews.move(job, at)
            self.energise(opened, at, closed)
            if self.patient:
                cut = self.grid.course.faults[job.fault].device
                damaged = [trouble.place for trouble in job.damage + self.grid.unprotected_damage(cut)]
                tie_at = at + between(self.lots, *_SWITCHING_SECONDS)
                self.schedule(tie_at, lambda later: self.feed_over_ties(job, cut, damaged, later))

    def feed_over_ties(self, job: Job, opened: int, damaged: Sequence[int], at: int) -> None:
        if self.waits(at, lambda later: self.feed_over_ties(job, opened, damaged, later)):
            return
        if self.patient and self.grid.open_faults.get(opened) != job.fault:
            return
        for feed in tie_feeds(self.grid, opened, damaged):
            opened_at = at - between(self.lots, *_TIE_SECONDS)
            number = self.grid.isolate(feed.device, job.damage[0].place, opened_at, job.fault)
            self.grid.start_feed(feed.tie, feed.device, feed.source, at)
            job.fed.append(number)
            self.energise(feed.device, at, number)

    def finish(self, job: Job, at: int) -> None:
        """Close what was opened, unless more damage has come to light: that is repaired first."""
        if self.waits(at, lambda later: self.finish(job, later)):
            return
        opened = [number for number in (job.fault, job.cut, *job.fed) if number != NONE]
        devices = [self.grid.course.faults[number].device for number in opened]
        more = [trouble for device in devices if device != NONE for trouble in self.grid.unprotected_damage(device)]
        if more:
            for trouble in more:
                self.grid.remove_damage(trouble)
            job.damage += more
            self.schedule(at + sum(trouble.repair_ms for trouble in more), lambda later: self.finish(job, later))
            return
        for number, device in zip(opened, devices, strict=True):
            if device in self.grid.feeds:
                self.grid.end_feed(device, at)
            self.grid.close(number, at)
        if devices[0] != NONE and self.grid.is_live(devices[0]):
            self.energise(devices[0], at, job.fault)
        self.schedule(self.crews.complete(job, at), lambda later: self.release(job, later))

    def release(self, job: Job, at: int) -> None:
        self.crews.release(job)
        self.send_crews(at)


def _fault(trouble: Trouble, device: int, opened_at: int, closed_at: int = NEVER, nested_in: int = NONE) -> Fault:
    return Fault(device, NONE, "fault", opened_at, closed_at, trouble.cause, trouble.place, nested_in)
