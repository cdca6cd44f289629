"""What replies mean. A wish not to be told any more is heard wherever it can be: 47 CFR 64.1200 (a) (10)."""

from __future__ import annotations

import re
from typing import Final, Literal

Meaning = Literal["stop", "start", "still_out", "power_back"]

_ANYWHERE: Final = frozenset(("stop", "stopall", "stopp", "unsubscribe", "revoke", "abmelden", "abbestellen", "baja"))
"""A short sentence may have words besides, as `please stop`."""
_WHOLE: Final[dict[str, Meaning]] = {
    **dict.fromkeys(("quit", "end", "cancel", "optout", "opt out", "stop all", "arret", "arrêt", "alto"), "stop"),
    **dict.fromkeys(("start", "unstop", "anmelden", "alta"), "start"),
    **dict.fromkeys(("out", "still out", "no", "n", "no power", "power out", "off", "still off"), "still_out"),
    **dict.fromkeys(("nein", "kein strom", "aus", "immer noch aus", "sin luz", "no hay luz"), "still_out"),
    **dict.fromkeys(("yes", "y", "on", "back", "power back", "ja", "sí", "si", "hay luz"), "power_back"),
}
_SHORT: Final = 6
"""Words of a short sentence."""


def meaning_of(text: str) -> Meaning | None:
    """Say what a reply means; None where that is not plain."""
    words = re.findall(r"\w+", text.casefold())
    if len(words) <= _SHORT and not _ANYWHERE.isdisjoint(words):
        return "stop"
    return _WHOLE.get(" ".join(words))
