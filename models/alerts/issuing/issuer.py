"""When an area's alert begins, is updated, renewed and ends: a function of the outages' life cycle alone.

    outages of an area ──► many without power ──► Alert ──► Update … ──► Update with AllClear
                                                     └──────────────────► Cancel, if there never was one

Each message refers to the one before it, which is the one that holds; between two about an area the policy's least time
passes, whatever happens: the later one then tells what is so by then.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from models.alerts.element import CAP
from models.alerts.issuing.book import NEVER_WAS, AreaBook, Issued, OpenOutage, Revision, from_plain, to_plain
from models.alerts.issuing.composing import Facts, Header, MessageType, compose
from models.alerts.issuing.output import ALERTS
from models.alerts.issuing.shape import polygons
from models.alerts.writing import write_message
from models.contracts.outputs.outage import FINAL_STATUSES
from models.digest import base32
from models.timeline.moment import Followed, Said
from models.times.iso8601 import parse_time
from models.times.offsets import UTC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from models.alerts.issuing.areas import Areas
    from models.alerts.issuing.policy import AlertPolicy
    from models.times.offsets import Offsets

    Sign = Callable[[bytes], bytes]

OUTPUT: Final = ALERTS.name
NEVER: Final = 1 << 62
LATE: Final = 3600
"""A promise that is so many seconds later than the one that was told is worth a message."""
RENEWAL: Final = 2
"""A message is renewed when one part in so many of its time is left."""


class Issuer:
    """The alerts of all areas of a partition."""

    def __init__(
        self,
        policy: AlertPolicy,
        areas: Areas,
        offsets: Offsets = UTC,
        saved: Mapping[str, Any] | None = None,
        sign: Sign | None = None,
    ) -> None:
        """Begin with nothing, or with what `save` gave; `offsets` are those of the utility's clocks.

        `sign` gives a message with its signature in it, the same of the same.
        """
        self._policy, self._offsets, self._sign = policy, offsets, sign
        self._areas = areas
        self._books = {area: from_plain(book) for area, book in saved["books"].items()} if saved else {}
        self._area_of: dict[str, str] = dict(saved["area_of"]) if saved else {}
        self._everybody = areas.all_homes()

    def due(self) -> int | None:
        """Give the instant (ms) at which something is to be said next, if nothing else happens."""
        return min((book.due * 1000 for book in self._books.values() if book.due is not None), default=None)

    def live(self, instant: int, records: Sequence[Followed]) -> Iterator[Said]:
        """Take revisions of outages at an instant (ms), in order, and say what there is to say then."""
        now = instant // 1000
        touched = {area for followed in records for area in self._take(_revision(followed.record))}
        touched |= {area for area, book in self._books.items() if book.due is not None and book.due <= now}
        for area in sorted(touched):
            yield from self._review(area, self._books[area], now)
            if not self._books[area].outages and self._books[area].alert is None and self._books[area].due is None:
                del self._books[area]

    def save(self) -> dict[str, Any]:
        """Give all that the next instant depends on."""
        return {"books": {area: to_plain(book) for area, book in self._books.items()}, "area_of": self._area_of}

    def _take(self, record: Revision) -> Iterator[str]:
        """Put a revision into its area's book; yields the areas that it touches."""
        outage = record.outage_id
        before = self._area_of.get(outage)
        if before is not None:
            self._forget(record, self._books[before])
            yield before
        if record.status in FINAL_STATUSES or not self._counts(record):
            return
        area = self._area(record, before)
        self._area_of[outage] = area
        book = self._books.setdefault(area, AreaBook())
        book.outages[outage] = OpenOutage(
            record.device_id,
            record.customers_out,
            parse_time(record.out_since) // 1000,
            record.evidence in {"reported", "confirmed"},
            None if record.etr_public is None else parse_time(record.etr_public) // 1000,
        )
        yield area

    def _forget(self, record: Revision, book: AreaBook) -> None:
        """Take an outage out of a book; its alert was right if it ended as one, or lives on elsewhere."""
        del book.outages[record.outage_id], self._area_of[record.outage_id]
        if book.alert is None or record.status not in FINAL_STATUSES - NEVER_WAS:
            return
        book.alert.real = book.alert.real or record.merged_into not in book.outages

    def _area(self, record: Revision, before: str | None) -> str:
        area = self._areas.area_of(record.device_id, record.zone_id)
        if self._policy.by == "outage":
            return before or f"{area}/{record.outage_id}"
        return area

    def _counts(self, record: Revision) -> bool:
        """Whether the public may be told: it lasts or is certain, is not held back, and not planned, by policy."""
        if record.held:
            return False
        if record.planned and not self._policy.include_planned:
            return False
        return record.sustained_at is not None or record.evidence == "confirmed"

    def _review(self, area: str, book: AreaBook, now: int) -> Iterator[Said]:
        """Say what has to be said about an area now, or know when it may be."""
        wanted = self._wanted(area, book, now)
        if wanted is not None and now < self._rests_until(book):
            book.due = self._rests_until(book)
            return
        if wanted is not None:
            yield self._issue(area, book, now, wanted)
        if book.alert is not None:
            book.due = min(self._renewal(book.alert), book.alert.restoration or NEVER)
        else:
            book.due = self._rests_until(book) if self._rests_until(book) > now else None

    def _rests_until(self, book: AreaBook) -> int:
        return book.last_sent + self._policy.update_seconds if book.last_sent else 0

    def _wanted(self, area: str, book: AreaBook, now: int) -> MessageType | None:
        policy, alert, out = self._policy, book.alert, book.customers_out
        if alert is None:
            return "Alert" if out >= self._threshold(area) else None
        if out < policy.end_customers:
            return "Update" if alert.real or book.outages else "Cancel"
        changed = abs(out - alert.customers_out) >= max(1, round(policy.changed_share * alert.customers_out))
        elsewhere = not set(book.devices) <= set(alert.devices)
        late = alert.restoration is not None and self._is_late(alert.restoration, book, now)
        return "Update" if changed or elsewhere or late or now >= self._renewal(alert) else None

    def _is_late(self, told: int, book: AreaBook, now: int) -> bool:
        """Whether a time that was told has passed, or power is promised for much later by now."""
        return now >= told or (book.restoration(now) or told) >= told + LATE

    def _threshold(self, area: str) -> int:
        """From how many customers on an area has an alert."""
        policy = self._policy
        if policy.by == "outage":
            return policy.least_anyway
        share = int(policy.least_share * self._areas.customers_of(area))
        return max(policy.least_anyway, min(policy.least_customers, share) if share else policy.least_customers)

    def _renewal(self, alert: Issued) -> int:
        return alert.sent + (alert.expires - alert.sent) // RENEWAL

    def _issue(self, area: str, book: AreaBook, now: int, kind: MessageType) -> Said:
        over = book.customers_out < self._policy.end_customers and kind != "Alert"
        before = book.alert
        opened, number = (before.opened, before.number + 1) if before else (now, 1)
        header = Header(
            identifier_of(self._policy.sender, area, opened, number),
            kind,
            now,
            (before.identifier, before.sent) if before else None,
        )
        facts = self._facts(area, book, now, over=over)
        alert, faults = compose(self._policy, self._offsets, header, facts)
        xml = write_message(alert)
        holds = self._policy.clear_seconds if over else self._policy.expires_seconds
        book.last_sent = now
        book.alert = None if over else Issued(
            opened, number, header.identifier, now, now + holds, facts.customers_out,
            book.devices, real=before.real if before else False, since=facts.since, restoration=facts.restoration,
        )  # fmt: skip
        return Said(
            OUTPUT,
            {
                "area_id": area,
                "identifier": header.identifier,
                "message_type": kind,
                "status": self._policy.status,
                "over": over,
                "sent": alert.value("sent"),
                "references": alert.value("references") or None,
                "customers_out": facts.customers_out,
                "outage_ids": sorted(book.outages)[:100],
                "faults": faults[:10],
                "xml": (self._sign(xml) if self._sign else xml).decode(),
            },
        )

    def _facts(self, area: str, book: AreaBook, now: int, *, over: bool) -> Facts:
        territory = area.partition("/")[0] if self._policy.by == "outage" else area
        devices = book.alert.devices if over and book.alert else book.devices
        since = min((outage.out_since for outage in book.outages.values()), default=0)
        if over and book.alert:
            since = book.alert.since
        homes = self._areas.homes_below(devices)
        return Facts(
            territory,
            book.customers_out,
            self._areas.customers_of(territory),
            len(book.outages),
            since,
            any(outage.observed for outage in book.outages.values()),
            over,
            None if over else book.restoration(now),
            polygons(homes, self._everybody, self._policy.crowd, float(self._policy.buffer_metres)),
        )


def _revision(record: Any) -> Revision:  # noqa: ANN401  a record of the life cycle, or what came of it by the log
    return Revision(*record) if isinstance(record, list | tuple) else Revision.of(record)


def identifier_of(sender: str, area: str, opened: int, number: int) -> str:
    """Name a message: 26 letters of base32 over sender, area and when the alert began, and the message's number."""
    text = b"\xff".join((CAP.encode(), sender.encode(), area.encode(), str(opened).encode()))
    name = base32(blake2b(text, digest_size=16).digest())
    return f"{name}.{number}"
