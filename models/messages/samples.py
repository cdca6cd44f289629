"""Messages as they may come, by code: what words are tried with before they are used, and shown with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.messages.codes import CREW_STATUSES, OF_OUTAGES

if TYPE_CHECKING:
    from models.contracts.outputs.customer_power import MessageCode

    Parameters = dict[str, str | None]

AS_OF: Final = "2026-07-01T18:20:00.000Z"
_SINCE: Final = "2026-07-01T18:04:05.250Z"
_TIMES: Final[Parameters] = {
    "planned_from": "2026-07-01T18:00:00.000Z",
    "planned_to": "2026-07-01T22:00:00.000Z",
    "etr_public": "2026-07-01T20:30:00.000Z",
}
_STAGES: Final = ("outage", "area", "crew")


def samples(code: MessageCode) -> list[Parameters]:
    """Give parameters that a message may have, the fullest first."""
    if code in {"never_out", "cancelled"}:
        return [{"since": None}]
    own: list[Parameters] = [{}]
    if code == "planned":
        own = [_TIMES, {**_TIMES, "etr_public": None}]
    elif code == "estimate":
        own = [{"etr_public": _TIMES["etr_public"], "etr_stage": stage} for stage in _STAGES]
    elif code == "crew_assigned":
        own = [{"crew_status": status} for status in CREW_STATUSES]
    elif code == "still_out":
        own = [{**some, "otherwise": one} for one in OF_OUTAGES for some in samples(one)]
    since = _SINCE if code != "unknown" else None
    return [{**some, "since": since} for some in own]
