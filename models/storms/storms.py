"""Storms of a whole utility, instant by instant: a function of the outages' current state and operators' orders alone.

    outages ──► open by rule, declared or ordered ──► an outage is of the first declared or ordered storm in whose time
                it began, else of the rule's that is open ──► totals, told at most once a minute ──► few out for hours,
                or closed by order: over

Zones lie in partitions that never ask each other, so the outages cannot say it themselves (decision 0022).
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from models.storms.orders import Order, carry_out
from models.storms.output import OUTAGE_STORMS, STORM_ANSWERS, STORMS
from models.storms.storm import Storm, name_of
from models.storms.sums import Shown, Sums
from models.timeline.moment import Followed, Said
from models.times.iso8601 import format_time
from models.times.offsets import ahead_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.storms.policy import Declared, StormPolicy

DATE: Final = len("2026-07-01")


class Storms:
    """All storms of a partition: the log has one key, so it is one partition's."""

    def __init__(
        self, policy: StormPolicy, offsets: Sequence[tuple[int, int]], saved: Mapping[str, Any] | None = None
    ) -> None:
        """Begin with nothing, or with what `save` gave.

        `offsets` say from when on (seconds since the epoch) the utility's clocks are how many seconds ahead of UTC.
        """
        self._policy, self._offsets = policy, offsets
        self._storms: dict[str, Storm] = {}
        self._outages: dict[str, Shown] = {}
        """Those that count."""
        self._storm_of: dict[str, str] = {}
        self._all = Sums()
        if saved:
            self._storms = {key: Storm.restore(fields) for key, fields in saved["storms"].items()}
            self._outages = {key: Shown(*fields) for key, fields in saved["outages"].items()}
            self._storm_of = dict(saved["storm_of"])
            for shown in self._outages.values():
                self._all.add(shown)

    def due(self) -> int | None:
        """Give the instant (ms) at which the next storm is told of, ends or is forgotten, if nothing else happens."""
        return min((at for storm in self._storms.values() if (at := self._next(storm)) is not None), default=None)

    def live(self, instant: int, records: Sequence[Followed]) -> Iterator[Said]:
        """Take states of outages at an instant (ms), in order, and say what there is to say then."""
        assigned: dict[str, str | None] = {}
        orders = [Order(**followed.record) for followed in records if isinstance(followed.record, dict)]
        states = [followed.record for followed in records if not isinstance(followed.record, dict)]
        for state in states:
            self._take(state, assigned)
        yield from self._obey(orders, instant, assigned)
        touched = self._outages if self._open(instant) or orders else [state[0] for state in states]
        for shown in [self._outages[name] for name in touched if name in self._outages]:
            if shown.outage_id not in self._storm_of and (storm := self._storm_for(shown)) is not None:
                self._join(storm, shown, assigned)
        for outage_id, storm_id in sorted(assigned.items()):
            named = {"outage_id": outage_id}
            if storm_id is not None:
                named |= {"storm_id": storm_id, "storm_name": self._storms[storm_id].name}
            yield Said(OUTAGE_STORMS.name, named, gone=storm_id is None)
        for storm in sorted(self._storms.values(), key=lambda one: one.storm_id):
            self._end(storm, instant)
            if storm.changed and instant >= storm.told_at + self._policy.tell_seconds * 1000:
                yield self._tell(storm, instant)
        for storm_id in [key for key, storm in self._storms.items() if self._is_forgotten(storm, instant)]:
            del self._storms[storm_id]

    def going_on(self) -> set[str]:
        """The storms that are not over."""
        return {name for name, storm in self._storms.items() if not storm.over}

    def members(self, storm_id: str) -> list[str]:
        """The outages of a storm, in their order."""
        return sorted(outage_id for outage_id, of in self._storm_of.items() if of == storm_id)

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        return {
            "storms": {key: storm.save() for key, storm in self._storms.items()},
            "outages": {key: list(shown) for key, shown in self._outages.items()},
            "storm_of": self._storm_of,
        }

    def _take(self, state: Sequence[Any], assigned: dict[str, str | None]) -> None:
        """Put what is said of an outage in the place of what was said before."""
        shown = None if len(state) == 1 else Shown(*state)
        outage_id = state[0]
        before = self._outages.pop(outage_id, None)
        storm = self._storms.get(self._storm_of.get(outage_id, ""))
        if before is not None:
            self._all.add(before, -1)
            if storm is not None and shown is not None:
                storm.sums.add(before, -1)
                storm.changed = True
        if shown is not None and shown.counts:
            self._outages[outage_id] = shown
            self._all.add(shown)
            if storm is not None:
                storm.sums.add(shown)
        elif self._storm_of.pop(outage_id, None) is not None:
            assigned[outage_id] = None

    def _obey(self, orders: Sequence[Order], instant: int, assigned: dict[str, str | None]) -> Iterator[Said]:
        """Carry out what operators order, and answer each order."""
        for order in orders:
            storm, answer = carry_out(self._storms, order, instant)
            if storm is not None:
                self._follow(storm, assigned)
            yield Said(STORM_ANSWERS.name, answer)

    def _follow(self, storm: Storm, assigned: dict[str, str | None]) -> None:
        """After an order each outage of a storm says its name; who began after its end is not of it."""
        for outage_id in [name for name, storm_id in self._storm_of.items() if storm_id == storm.storm_id]:
            shown = self._outages[outage_id]
            gone = storm.ended_at is not None and shown.started_at >= storm.ended_at
            assigned[outage_id] = None if gone else storm.storm_id
            if gone:
                del self._storm_of[outage_id]
                storm.sums.add(shown, -1)

    def _storm_for(self, shown: Shown) -> Storm | None:
        """Of which storm an outage is that is of none yet."""
        for storm in self._by_operators():
            if storm.covers(shown.started_at):
                return storm
        ruled = self._ruled()
        belongs = ruled is not None and (shown.is_open or shown.started_at >= ruled.started_at)
        return ruled if belongs else None

    def _by_operators(self) -> list[Storm]:
        """Those that were declared, in the order of the policy, and then those that were ordered, as they began."""
        names = [name_of("operator", declared.name) for declared in self._policy.declared]
        ordered = [storm for storm in self._storms.values() if storm.by_command]
        ordered.sort(key=lambda storm: (storm.started_at, storm.storm_id))
        return [self._storms[name] for name in names if name in self._storms] + ordered

    def _ruled(self) -> Storm | None:
        """The one that opened by rule and has not ended."""
        return next((storm for storm in self._storms.values() if storm.by_rule and storm.ended_at is None), None)

    def _join(self, storm: Storm, shown: Shown, assigned: dict[str, str | None]) -> None:
        self._storm_of[shown.outage_id] = assigned[shown.outage_id] = storm.storm_id
        storm.sums.add(shown)
        storm.changed = True

    def _open(self, instant: int) -> bool:
        """Open what has come to be a storm; whether any outage may be of another one than before.

        While a storm by operators is open none opens by rule.
        """
        news = [self._declare(declared, instant) for declared in self._policy.declared]
        open_now = any(storm.covers(instant) for storm in self._by_operators())
        if open_now or self._ruled() is not None or not self._is_storm():
            return any(news)
        openers = [shown for name, shown in self._outages.items() if shown.is_open and name not in self._storm_of]
        first = min(openers, key=lambda shown: (shown.started_at, shown.outage_id), default=None)
        if first is None:
            return any(news)
        name = f"storm of {self._day(instant)}"
        storm = Storm(name_of("rule", first.outage_id, str(instant)), name, by_rule=True, started_at=first.started_at)
        self._storms[storm.storm_id] = storm
        return True

    def _day(self, instant: int) -> str:
        """The day of an instant on the utility's clocks."""
        return format_time(instant + ahead_at(self._offsets, instant // 1000) * 1000)[:DATE]

    def _declare(self, declared: Declared, instant: int) -> bool:
        """Open a storm whose time has come, or bring it up to what is declared now; whether anything is new."""
        storm_id = name_of("operator", declared.name)
        told = declared.start, declared.end, declared.exclusion_reason
        storm = self._storms.get(storm_id)
        if storm is None and declared.start <= instant and not self._is_past(declared, instant):
            self._storms[storm_id] = Storm(storm_id, declared.name, False, *told)  # noqa: FBT003 (it was declared)
            return True
        if storm is not None and told != (storm.started_at, storm.ended_at, storm.exclusion_reason):
            storm.started_at, storm.ended_at, storm.exclusion_reason = told
            storm.changed, storm.over = True, False
            return True
        return False

    def _is_past(self, declared: Declared, instant: int) -> bool:
        return declared.end is not None and instant >= declared.end + self._policy.forget_seconds * 1000

    def _is_storm(self) -> bool:
        policy, everything = self._policy, self._all
        closed = [storm.sums for storm in self._storms.values() if storm.closed_by_command]
        outages, out = (sum(map(attrgetter(name), closed)) for name in ("open", "customers_out"))
        if everything.open - outages >= policy.open_outages and everything.customers_out - out >= policy.open_customers:
            return True
        areas = everything.areas.get(policy.area_kind, {}) if policy.area_kind else {}
        known = [sums.areas.get(policy.area_kind or "", {}) for sums in closed]
        return any(
            out - sum(areas[area_id][0] for areas in known if area_id in areas)
            >= max(policy.area_customers, policy.area_share * served)
            for area_id, (out, served) in areas.items()
        )

    def _end(self, storm: Storm, instant: int) -> None:
        """End a storm by rule when few have been out for long: it was over when they came to be few."""
        if storm.ended_at is not None:
            if instant >= storm.ended_at and not storm.over:
                storm.over = storm.changed = True
        elif not storm.by_rule:
            return
        elif storm.sums.customers_out >= self._policy.end_customers:
            storm.calm_since = None
        elif storm.calm_since is None:
            storm.calm_since = instant
        elif instant >= storm.calm_since + self._policy.end_seconds * 1000:
            storm.ended_at, storm.over, storm.changed = storm.calm_since, True, True

    def _next(self, storm: Storm) -> int | None:
        policy = self._policy
        if storm.changed:
            return storm.told_at + policy.tell_seconds * 1000
        times = []
        if storm.by_rule and storm.ended_at is None and storm.calm_since is not None:
            times.append(storm.calm_since + policy.end_seconds * 1000)
        if storm.ended_at is not None:
            times.append(max(storm.ended_at, storm.told_at) + policy.forget_seconds * 1000)
        return min(times, default=None)

    def _is_forgotten(self, storm: Storm, instant: int) -> bool:
        if storm.changed or not storm.over:
            return False
        return instant >= max(storm.ended_at or 0, storm.told_at) + self._policy.forget_seconds * 1000

    def _tell(self, storm: Storm, instant: int) -> Said:
        storm.told_at, storm.changed = instant, False
        sums = storm.sums
        if sums.customers_out > storm.most:
            storm.most, storm.most_at = sums.customers_out, instant
        return Said(
            STORMS.name,
            {
                "storm_id": storm.storm_id,
                "name": storm.name,
                "opened_by": "rule" if storm.by_rule else "operator",
                "status": "over" if storm.over else "open",
                "started_at": format_time(storm.started_at),
                "ended_at": None if storm.ended_at is None else format_time(storm.ended_at),
                "exclusion_reason": storm.exclusion_reason,
                "outages": sums.outages,
                "outages_open": sums.open,
                "customers_out": sums.customers_out,
                "customers_affected": sums.customers_affected,
                "customers_out_most": storm.most,
                "most_at": None if storm.most_at is None else format_time(storm.most_at),
                "areas": sums.areas_out(),
            },
        )
