"""Whether state, notification, alert and API agree: the same outage, read as of the same moment, field by field.

The life cycle is what all of them are about. A state is held to the revision that it names, a notification to the
states of its usage points as of its own instant, an alert (one an outage) to its outage's last revision by then and to
how many are out by the states, an answer of the API to the record of the topic, all of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final
from xml.etree import ElementTree as ET

from benchmarks.live_status.channels import Course
from models.contracts.customers.notification import WORK_CODES
from models.contracts.outputs.outage import FINAL_STATUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.live_status.channels import Channels, Record

RESTORED: Final = {"restored", "probably_restored_please_confirm"}
OF_REVISION: Final = {"zone_id": "zone_id", "basis": "evidence", "planned": "planned", "etr_public": "etr_public"} | {
    "etr_stage": "etr_stage"
}
"""Fields of who is out, by the revision's names."""
CAP: Final = "{urn:oasis:names:tc:emergency:cap:1.2}"
DESCRIPTION: Final = "{{ since }}/{{ restoration }}"
"""What the alerts' policy says, so that the times can be read."""


class Agreement:
    """Holds the channels to each other; `customers` are those of each usage point."""

    def __init__(self, channels: Channels, customers: Mapping[str, int]) -> None:
        self._channels, self._customers = channels, customers
        self._revisions = {(one.record["outage_id"], one.record["revision"]): one.record for one in channels.revisions}
        self._outages = Course(channels.revisions, "outage_id")
        self._states = Course(channels.states, "usage_point_id")
        self.compared: Counter[str] = Counter()
        """Fields that were held to each other, by channel."""

    def differences(self) -> Iterator[str]:
        """Name what does not agree."""
        for one in self._channels.states:
            yield from self._state(one.record)
        for one in self._channels.notifications:
            if one.record["message_code"] not in WORK_CODES:
                yield from self._notification(one.record)
        yield from self._alerts()
        yield from self._answers()

    def _hold(self, channel: str, name: str, field: str, found: object, wanted: object) -> Iterator[str]:
        self.compared[channel] += 1
        if found != wanted:
            yield f"{channel} {name}: {field} is {found!r}, elsewhere {wanted!r}"

    def _state(self, state: Record) -> Iterator[str]:
        name = state["event_id"]
        revision = self._revisions.get((state["outage_id"], state["revision"]))
        if revision is None:
            yield f"state {name}: there is no revision {state['revision']} of {state['outage_id']}"
            return
        yield from self._hold("state", name, "zone_id", state["zone_id"], revision["zone_id"])
        for field, named in OF_REVISION.items() if state["power"] == "out" else ():
            yield from self._hold("state", name, field, state[field], revision[named])

    def _notification(self, told: Record) -> Iterator[str]:
        name = told["notification_id"]
        found = [self._states.at(point, told["updated_at"]) for point in told["usage_point_ids"]]
        states = [one.record for one in found if one is not None]
        if len(states) < len(found):
            yield f"notification {name}: a usage point has no state"
        if told["message_code"] == "digest" or not states:
            return
        yield from self._hold("notification", name, "as_of", told["as_of"], max(one["as_of"] for one in states))
        if told["outage_id"] is not None:
            for field in ("outage_id", "revision"):
                yield from self._hold("notification", name, field, told[field], _only(states, field))
        yield from self._words(name, told, states)

    def _words(self, name: str, told: Record, states: list[Record]) -> Iterator[str]:
        code, parameters = told["message_code"], told["parameters"]
        known = [one["since"] for one in states if one["since"] is not None]
        if code in RESTORED:
            sure = all(one["message_code"] == "restored" for one in states)
            wanted, since = "restored" if sure else "probably_restored_please_confirm", max(known, default=None)
            yield from self._hold("notification", name, "power", "on", _only(states, "power"))
        else:
            wanted, since = _code(states, code), min(known, default=None)
        yield from self._hold("notification", name, "message_code", code, wanted)
        yield from self._hold("notification", name, "since", parameters.get("since"), since)
        for field in parameters.keys() - {"since", "otherwise"}:
            said = {one["message_parameters"].get(field) for one in states}
            yield from self._hold("notification", name, field, {parameters[field]}, said)

    def _alerts(self) -> Iterator[str]:
        out = self._out_at([one.record["updated_at"] for one in self._channels.alerts])
        for (_, alert), customers in zip(self._channels.alerts, out, strict=True):
            name, outage = alert["identifier"], alert["area_id"].rpartition("/")[2]
            last = self._outages.at(outage, alert["updated_at"])
            if last is None:
                yield f"alert {name}: there is no outage {outage} yet"
            elif not alert["outage_ids"]:
                gone = last.record["status"] in FINAL_STATUSES or last.record["planned"] is not None
                gone = gone or bool((last.record["operators"] or {}).get("publication_held"))
                yield from self._hold("alert", name, "over", alert["over"], gone)
            else:
                yield from self._alert(name, alert, last.record, customers[outage])

    def _alert(self, name: str, alert: Record, outage: Record, out: int) -> Iterator[str]:
        yield from self._hold("alert", name, "outage_ids", alert["outage_ids"], [outage["outage_id"]])
        yield from self._hold("alert", name, "customers_out", alert["customers_out"], outage["customers_out"])
        yield from self._hold("alert", name, "customers out by the states", alert["customers_out"], out)
        text = ET.fromstring(alert["xml"]).findtext(f".//{CAP}description") or ""  # noqa: S314 (our own)
        if "/" in text:
            since, _, promised = text.partition("/")
            yield from self._hold("alert", name, "since", since, _minute(outage["out_since"]))
            due = outage["etr_public"]
            known = due if due is not None and due > alert["updated_at"] else None
            yield from self._hold("alert", name, "restoration", promised, _minute(known))

    def _out_at(self, instants: list[str]) -> list[dict[str, int]]:
        """Count customers out by outage at some instants, which ascend not always."""
        order = sorted(range(len(instants)), key=instants.__getitem__)
        states = sorted((one.record for one in self._channels.states), key=lambda one: one["updated_at"])
        by: dict[str, str] = {}
        count: Counter[str] = Counter()
        found: list[dict[str, int]] = [{} for _ in instants]
        done = 0
        for place in order:
            while done < len(states) and states[done]["updated_at"] <= instants[place]:
                point, weight = states[done]["usage_point_id"], self._customers.get(states[done]["usage_point_id"], 1)
                if (before := by.pop(point, None)) is not None:
                    count[before] -= weight
                if states[done]["power"] == "out":
                    by[point] = states[done]["outage_id"]
                    count[by[point]] += weight
                done += 1
            found[place] = defaultdict(int, count)
        return found

    def _answers(self) -> Iterator[str]:
        by_id = {one.record["event_id"]: one.record for one in self._channels.states}
        for answer in self._channels.answers:
            if "event_id" not in answer:  # it has never been out
                continue
            wanted: Any = by_id.get(answer["event_id"])
            if wanted is not None and answer["stale"]:
                wanted = wanted | {"stale": True}
            yield from self._hold("API", answer["event_id"], "record", answer, wanted)


def _only(states: list[Record], field: str) -> Any:  # noqa: ANN401 (any field)
    """What all have alike, else all of it."""
    found = [one[field] for one in states]
    return found[0] if all(one == found[0] for one in found) else found


def _code(states: list[Record], code: str) -> Any:  # noqa: ANN401 (a code, or all of them)
    """What all say; who was never told that power is back is told what all others are, in place of `still_out`."""
    said = [{one["message_code"], one["message_parameters"].get("otherwise")} - {None} for one in states]
    return code if all(code in some for some in said) else said


def _minute(time: str | None) -> str:
    """As the alerts' words have it."""
    return "" if time is None else f"{time[:10]} {time[11:16]} UTC"
