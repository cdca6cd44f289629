"""What a rule is before it is written into a file for Prometheus."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Severity = Literal["page", "ticket", "none"]
"""`page` wakes somebody, `ticket` waits for the morning, `none` is for machines."""
JOB: Final = "faultline-"
"""What the label `job` begins with; a flow's name follows, or `connector`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A series that is worked out once for alerts and dashboards; named level:metric:operations."""

    name: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert: on blindness or lateness of ours, never on outages. Its runbook is `docs/runbooks/NAME.md`."""

    name: str
    expression: str
    wait: str = "0m"
    """For how long it must be so."""
    severity: Severity
    summary: str
    description: str
    """With the value, in Prometheus's template language."""
    labels: Mapping[str, str] = field(default_factory=dict)


Rule = Recording | Alert


@dataclass(frozen=True, slots=True)
class Group:
    """Rules that are worked out together, in order."""

    name: str
    rules: tuple[Rule, ...]
