"""The rules of section 3.3.4.1. Whose key is trusted is not in the message: who verifies has to say it.

The standard forbids to refuse a message because its signature cannot be verified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.alerts.element import SIGNATURE, walk
from models.alerts.findings import Broken, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.alerts.element import Element

ENVELOPED: Final = Rule(
    "signature-enveloped", "3.3.4.1", "A signature is enveloped: it signs the message in which it stands."
)
VERIFIED: Final = Rule(
    "signature-verified",
    "3.3.4.1",
    "A signature is that of the message as it stands, by a certificate that is trusted where any is named.",
    advice=True,
)
RULES: Final = (ENVELOPED,)
_ENVELOPED: Final = SIGNATURE + "enveloped-signature"


def signature_faults(alert: Element) -> Iterator[Broken]:
    """Find signatures of another kind."""
    for child in alert.children:
        if child.namespace != SIGNATURE:
            continue
        transforms = [one for one in walk(child) if one.name == "Transform" and one.namespace == SIGNATURE]
        if not any(one.attributes.get("Algorithm") == _ENVELOPED for one in transforms):
            reason = f"has no transform {_ENVELOPED}: it signs something else than this message"
            yield Broken(ENVELOPED, child, reason)
