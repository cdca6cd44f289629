"""Whether a message is one of CAP 1.2: the schema and all rules of section 3 (conformance, section 4.2).

Section 3 forbids more than the schema does, and a few things that it forgets make an actual public warning useless
("beyond"): these are asked of such warnings alone, so that a Cancel or an Ack of somebody else is what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.alerts.element import CAP, paths
from models.alerts.findings import Finding, Rule
from models.alerts.rules import alert as alert_rules
from models.alerts.rules import area as area_rules
from models.alerts.rules import info as info_rules
from models.alerts.rules import resource as resource_rules
from models.alerts.rules import signature as signature_rules
from models.alerts.rules.profiles import PROFILES
from models.alerts.structure import RULES as STRUCTURE_RULES
from models.alerts.structure import structure_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.alerts.element import Element
    from models.alerts.findings import Broken
    from models.alerts.places import Box

RULES: Final[tuple[Rule, ...]] = (
    *STRUCTURE_RULES,
    *alert_rules.RULES,
    *info_rules.RULES,
    *resource_rules.RULES,
    *area_rules.RULES,
    *signature_rules.RULES,
    *info_rules.SENSE_RULES,
    area_rules.OUTSIDE,
)
"""All rules but those of profiles and of reading."""


def validate(alert: Element, profile: str | None = None, territory: Box | None = None) -> list[Finding]:
    """Give all that is wrong with a message, in the order of its lines; `profile` is a key of `PROFILES`."""
    where = paths(alert)
    found = [
        Finding(
            broken.rule.name,
            broken.section or broken.rule.section,
            where[id(broken.element)],
            broken.element.line,
            broken.reason,
            broken.rule.advice,
        )
        for broken in _broken(alert, profile, territory)
    ]
    return sorted(found, key=lambda finding: finding.line)


def is_valid(findings: list[Finding]) -> bool:
    """Whether nothing but advice was found."""
    return all(finding.advice for finding in findings)


def _broken(alert: Element, profile: str | None, territory: Box | None) -> Iterator[Broken]:
    yield from structure_faults(alert)
    if (alert.namespace, alert.name) != (CAP, "alert"):
        return
    yield from alert_rules.alert_faults(alert)
    yield from info_rules.info_faults(alert)
    yield from resource_rules.resource_faults(alert)
    yield from area_rules.area_faults(alert, territory)
    yield from signature_rules.signature_faults(alert)
    yield from info_rules.sense_faults(alert)
    if profile is not None:
        yield from PROFILES[profile][1](alert)
