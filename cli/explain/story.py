"""How an outage came about: evidence, decisions and revisions by instant, and the decision that placed it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dataflows.outages.tracing import CODES
from models.evidence.kinds import DEVICE_REPORTS, EVIDENCE_KINDS, QUALITIES
from models.network.network import DEVICE_KINDS
from models.outages.state.trace import DEEDS, RULES, Decision
from models.outages.weights.scores import UNITS_PER_NAT, probability
from models.times.iso8601 import format_time, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataflows.outages.tracing import Traced
    from models.network.network import Network

BEFORE_MS: Final = 120_000
AFTERMATH_MS: Final = 600_000
"""A closing above is named so long after it."""
ENDINGS: Final = ("ended", "device-closed", "repaired", "merged")


class Place(NamedTuple):
    """A device or a usage point, and what it feeds."""

    device: int
    """Position; of a usage point, the device that feeds it."""
    points: tuple[int, int]


class Circumstance(NamedTuple):
    """What stood around a decision: `kind` for counting, `text` for reading."""

    kind: str
    text: str


class Step(NamedTuple):
    """What stands at one instant: what was heard since the step before, what was decided, what was said."""

    at: int
    heard: list[dict[str, Any]]
    decisions: list[Decision]
    records: list[dict[str, Any]]


def place_of(network: Network, name: str) -> Place:
    """Find a device, or a usage point alone."""
    device = int(network.find_devices([name])[0])
    if device >= 0:
        return Place(device, (int(network.point_start[device]), int(network.point_end[device])))
    point = int(network.find_points([name])[0])
    return Place(int(network.point_device[point]), (point, point + 1))


def path_of(network: Network, device: int) -> list[int]:
    """A device and all above it, from below."""
    path = [device]
    while (parent := int(network.parent[path[-1]])) >= 0:
        path.append(parent)
    return path


@dataclass(frozen=True, slots=True)
class Story:
    """One outage in the light of a trace."""

    traced: Traced
    outage_id: str

    @property
    def records(self) -> list[dict[str, Any]]:
        """Its revisions."""
        return [record for record in self.traced.records if record["outage_id"] == self.outage_id]

    @property
    def decisions(self) -> list[Decision]:
        """All that was decided of it, repetitions once, and what others gave to it."""
        mine = [one for one in self.traced.decisions if self.outage_id in {one.outage_id, one.other}]
        return [one for n, one in enumerate(mine) if not n or not _repeats(one, mine[n - 1])]

    @property
    def place(self) -> Place:
        """The widest place that it ever had."""
        network = self.traced.network
        places = {one.place for one in self.decisions if one.outage_id == self.outage_id}
        places |= {record["device_id"] for record in self.records}
        return max((place_of(network, name) for name in sorted(places)), key=lambda one: one.points[1] - one.points[0])

    def steps(self) -> Iterator[Step]:
        """Instant by instant."""
        decisions, records, heard = self.decisions, self.records, list(self._heard())
        instants = {one.at for one in decisions} | {parse_time(record["updated_at"]) for record in records}
        before = min(instants, default=0) - BEFORE_MS
        for at in sorted(instants):
            # An instant knows what was in the log before it.
            yield Step(
                at,
                [row for row in heard if before <= row["log_time"] < at],
                [one for one in decisions if one.at == at],
                [record for record in records if parse_time(record["updated_at"]) == at],
            )
            before = at

    def _heard(self) -> Iterator[dict[str, Any]]:
        """What points below, devices on the path and crews there said, by log time."""
        network, place = self.traced.network, self.place
        rows: list[dict[str, Any]] = []
        said = self.traced.points.about(*place.points)
        for at, observed_at, point, kind in zip(*(column.tolist() for column in said), strict=True):
            rows.append(_row(at, observed_at, network.point_ids[point], EVIDENCE_KINDS[kind]))
        near = {*path_of(network, place.device), *range(place.device, int(network.device_end[place.device]))}
        told = self.traced.devices
        for at, observed_at, device, code in zip(*(column.tolist() for column in told), strict=True):
            if device in near:
                position = f"SCADA {DEVICE_REPORTS[code % CODES]} ({QUALITIES[code // CODES]})"
                rows.append(_row(at, observed_at, network.device_ids[device], position))
        rows += self._crews(near)
        yield from sorted(rows, key=lambda row: (row["log_time"], row["observed_at"], row["who"]))

    def _crews(self, near: set[int]) -> Iterator[dict[str, Any]]:
        network = self.traced.network
        for row in self.traced.crew:
            device = int(network.device_position[row.device]) if row.device >= 0 else -1
            if device in near or row.event.outage_id == self.outage_id:
                who = network.device_ids[device] if device >= 0 else self.outage_id
                yield _row(row.log_time, row.observed_at, who, f"crew {row.event.status}")

    def deed(self) -> Decision | None:
        """The decision that said last where the outage is."""
        deeds = [one for one in self.decisions if one.rule in DEEDS and one.outage_id == self.outage_id]
        return deeds[-1] if deeds else None

    def circumstances(self) -> list[Circumstance]:
        """What stood around that decision: what was open or had just closed there, who spoke."""
        deed = self.deed()
        if deed is None:
            return []
        return [*self._held(deed), *self._closed_before(deed), *self._switched(deed), *_spoken(deed)]

    def _held(self, deed: Decision) -> list[Circumstance]:
        network, mine = self.traced.network, place_of(self.traced.network, deed.place)
        found = []
        for name in deed.around:
            other = place_of(network, self._where(name, deed.at))
            if other.points == mine.points:
                found.append(Circumstance("second", f"a second outage of its customers, whom {name} held"))
            else:
                found.append(Circumstance("below an open one", f"below {name}, open then"))
        return found

    def _where(self, outage_id: str, at: int) -> str:
        return [one.place for one in self.traced.decisions if one.outage_id == outage_id and one.at <= at][-1]

    def _closed_before(self, deed: Decision) -> list[Circumstance]:
        """Outages of its class or above that had ended, or whose device had closed, shortly before."""
        network, mine = self.traced.network, place_of(self.traced.network, deed.place).points
        for one in reversed(self.traced.decisions):
            early = deed.at - AFTERMATH_MS <= one.at <= deed.at
            if not early or one.rule not in ENDINGS or one.outage_id == self.outage_id:
                continue
            first, last = place_of(network, one.place).points
            if first <= mine[0] and mine[1] <= last:
                same = (first, last) == mine
                text = f"{(deed.at - one.at) // 1000} s after {one.outage_id} at {one.place}: {one.rule}"
                return [Circumstance("after its own end" if same else "after a closing above", text)]
        return []

    def _switched(self, deed: Decision) -> list[Circumstance]:
        """Closings of the device or one above that SCADA had told of, from shortly before the start on."""
        network, path = (
            self.traced.network,
            path_of(self.traced.network, place_of(self.traced.network, deed.place).device),
        )
        found = []
        for device in path:
            told = self.traced.devices.about(device, device + 1)
            near = (told.observed_at >= deed.started_at - BEFORE_MS) & (told.log_time <= deed.at)
            closed = told.observed_at[near & (told.code % CODES == DEVICE_REPORTS.index("closed"))]
            if closed.size:
                after = (deed.started_at - int(closed[-1])) / 1000
                text = f"SCADA had {network.device_ids[device]} closed {after:+.1f} s before its start"
                found.append(Circumstance("SCADA closed above", text))
        return found

    def document(self) -> dict[str, Any]:
        """All of it in JSON types."""
        network, deed, place = self.traced.network, self.deed(), self.place
        return {
            "outage_id": self.outage_id,
            "last": self.records[-1] if self.records else None,
            "path": [
                {"device_id": network.device_ids[one], "kind": DEVICE_KINDS[network.device_kind[one]]}
                for one in path_of(network, place.device)
            ],
            "placed_by": decision_document(deed) if deed else None,
            "circumstances": [one._asdict() for one in self.circumstances()],
            "steps": [
                {
                    "at": format_time(step.at),
                    "heard": [
                        row | {key: format_time(row[key]) for key in ("log_time", "observed_at")} for row in step.heard
                    ],
                    "decisions": [decision_document(one) for one in step.decisions],
                    "revisions": [_said(record) for record in step.records],
                }
                for step in self.steps()
            ],
        }


def _repeats(one: Decision, before: Decision) -> bool:
    return one.rule == before.rule == "device-closed" and one.outage_id == before.outage_id


def _spoken(deed: Decision) -> list[Circumstance]:
    text = f"{deed.heard.out} of {sum(deed.heard)} points below say out, {deed.heard.on} on"
    found = [Circumstance("one report" if deed.heard.out == 1 else "reports", text)]
    return found + ([Circumstance("device", deed.device_fact)] if deed.device_fact else [])


def _row(log_time: int, observed_at: int, who: str, what: str) -> dict[str, Any]:
    return {"log_time": log_time, "observed_at": observed_at, "who": who, "what": what}


def decision_document(one: Decision) -> dict[str, Any]:
    """A decision in JSON types."""
    return {
        "at": format_time(one.at),
        "rule": one.rule,
        "means": RULES.get(one.rule, one.rule),
        "outage_id": one.outage_id,
        "place": one.place,
        "status": one.status,
        "started_at": format_time(one.started_at),
        "customers_out": one.customers_out,
        "probability": probability(one.posterior),
        "heard": one.heard._asdict(),
        "device_fact": one.device_fact,
        "around": list(one.around),
        "weighed": [{"what": each.what, "nats": round(each.score / UNITS_PER_NAT, 2)} for each in one.weighed],
        "other": one.other,
    }


def _said(record: dict[str, Any]) -> dict[str, Any]:
    names = ("revision", "status", "device_id", "confidence", "started_at", "customers_affected", "customers_out")
    return {name: record[name] for name in (*names, "change")}


def counted(heard: list[dict[str, Any]]) -> str:
    """What was heard, by kind."""
    return ", ".join(f"{count:,} {what}" for what, count in sorted(Counter(row["what"] for row in heard).items()))
