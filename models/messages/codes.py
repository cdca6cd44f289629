"""Which message a customer is told, with what its words are filled in with: decided here and nowhere else.

A channel gets code, parameters and `as_of` from the state of the customer and only renders them, so that no two of them
can disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from models.contracts.customers.notification import NotificationCode

if TYPE_CHECKING:
    from models.contracts.outputs.customer_power import MessageCode
    from models.contracts.outputs.outage import OutageRecord

Code = NotificationCode | Literal["third_party"]

CREW_STATUSES: Final = ("repairing", "on_site", "en_route", "assigned")
"""What a crew does that has an outage to mend, the farthest first."""

WORK: Final = ("planned_from", "planned_to", "work")
"""Parameters of what is told of work to come; `work` is `planned` or `shut_off`."""


class Entry(NamedTuple):
    """A message of the table."""

    reason: str
    """When it is told."""
    parameters: tuple[str, ...] = ()
    """What its words may be filled in with besides `since`."""


TABLE: Final[dict[Code, Entry]] = {
    "planned": Entry("Out, by planned work that was announced.", ("planned_from", "planned_to", "etr_public")),
    "estimate": Entry("Out, and a time is promised by which power is to be back.", ("etr_public", "etr_stage")),
    "crew_assigned": Entry("Out, no time is promised, and a crew has been given the outage.", ("crew_status",)),
    "assessing": Entry("Out for longer than a momentary, or confirmed; no time is promised and no crew known."),
    "detected": Entry("Out, perhaps for a moment only."),
    "still_out": Entry(
        "Out, though it was said that power was back: that was wrong. `otherwise` is what all others are told.",
        ("otherwise", "planned_from", "planned_to", "etr_public", "etr_stage", "crew_status"),
    ),
    "restored": Entry("On again, by its own signal, a call or a crew."),
    "probably_restored_please_confirm": Entry("On again, as those around it are; it has not said so itself."),
    "never_out": Entry("It was said to be out, and was not: the outage is another one's."),
    "cancelled": Entry("It was said to be out, and was not: there was no outage."),
    "unknown": Entry("It was on when its zone was set aside; nobody has looked since."),
    "digest": Entry(
        "Told to a contact whose account has several usage points that stand in several ways: how many are out.",
        ("out", "total", "etr_public"),
    ),
    "announced": Entry("Work is to come for which power will be off; told once in each stage.", WORK),
    "changed": Entry("The time of announced work has moved, or it takes power of other usage points.", WORK),
    "called_off": Entry("Announced work will not be; of a time that was told.", WORK),
    "third_party": Entry(
        "Told to a contact of another household, around what the customer is told: `otherwise`, in words.",
        ("otherwise",),
    ),
}
"""By code. Of those of `OF_OUTAGES` the first that fits is told."""
OF_OUTAGES: Final[tuple[MessageCode, ...]] = ("planned", "estimate", "crew_assigned", "assessing", "detected")
"""What is told to who is out."""


class Message(NamedTuple):
    """What is told of an outage to who is out by it; nothing where the code is None."""

    code: MessageCode | None
    parameters: dict[str, str | None]


def message_of_outage(outage: OutageRecord) -> Message:
    """Choose the message of a revision."""
    if outage.operators is not None and outage.operators.publication_held:
        return Message(None, {})
    if outage.planned is not None:
        times = {"planned_from": outage.planned.planned_from, "planned_to": outage.planned.planned_to}
        return Message("planned", {**times, "etr_public": outage.etr_public})
    if outage.etr_public is not None:
        return Message("estimate", {"etr_public": outage.etr_public, "etr_stage": outage.etr_stage})
    status = next((one for one in CREW_STATUSES if any(crew.status == one for crew in outage.crews)), None)
    if status is not None:
        return Message("crew_assigned", {"crew_status": status})
    lasting = outage.sustained_at is not None or outage.evidence == "confirmed"
    return Message("assessing" if lasting else "detected", {})


def message_of_mistake(message: Message) -> Message:
    """Give what is told to who was told before that power was back: that, and what is told to all others."""
    if message.code is None:
        return message
    return Message("still_out", {**message.parameters, "otherwise": message.code})
