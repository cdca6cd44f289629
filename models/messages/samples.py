"""Messages as they may come, by code: what words are tried with before they are used, and shown with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.contracts.customers.notification import WORK_CODES
from models.messages.codes import CREW_STATUSES, OF_OUTAGES

if TYPE_CHECKING:
    from models.messages.codes import Code

    Parameters = dict[str, str | None]

AS_OF: Final = "2026-07-01T18:20:00.000Z"
_SINCE: Final = "2026-07-01T18:04:05.250Z"
_TIMES: Final[Parameters] = {
    "planned_from": "2026-07-01T18:00:00.000Z",
    "planned_to": "2026-07-01T22:00:00.000Z",
    "etr_public": "2026-07-01T20:30:00.000Z",
}
_TIMELESS: Final = frozenset({"unknown", "digest", "third_party", *WORK_CODES})
_STAGES: Final = ("outage", "area", "crew")


def samples(code: Code) -> list[Parameters]:
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
    elif code == "digest":
        promised: Parameters = {"out": "2", "total": "3", "etr_public": _TIMES["etr_public"]}
        own = [promised, *({**promised, "out": out, "etr_public": None} for out in ("1", "0"))]
    elif code in WORK_CODES:
        window = {name: _TIMES[name] for name in ("planned_from", "planned_to")}
        own = [{**window, "work": work} for work in ("shut_off", "planned")]
    elif code == "third_party":
        own = [{"otherwise": "…"}]
    elif code == "still_out":
        own = [{**some, "otherwise": one} for one in OF_OUTAGES for some in samples(one)]
    since = None if code in _TIMELESS else _SINCE
    return [{**some, "since": since} for some in own]
