"""The alerts as they are shipped, with all their times divided, so that a test can wait for them."""

from __future__ import annotations

import re
from dataclasses import replace

from adapters.prometheus.declaration import Alert, Group
from adapters.prometheus.objectives import BURNING, RECORDING
from adapters.prometheus.rules import RUNBOOKS, all_groups, render
from dataflows.service.flows import find_flows

HASTE = 30
LONGEST_MS = 30_000
"""Nobody waits longer: half an hour and an hour are told apart by the rules' own tests."""
DURATION = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])|^(\d+)([smhd])$")
LIMIT = re.compile(r"(_(?:standing|silence|age)_seconds\) > )(\d+)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def hastened_rules() -> str:
    """Give all rules as a file, but for what looks at the month's allowance hastened."""
    return render(map(hastened, all_groups(find_flows())), RUNBOOKS)


def hastened(group: Group) -> Group:
    """Divide the times of a group's alerts: their windows, their limits in seconds and their waits."""
    if group in (RECORDING, BURNING):
        return group
    return Group(group.name, tuple(_hastened(rule) for rule in group.rules if isinstance(rule, Alert)))


def _hastened(alert: Alert) -> Alert:
    expression = DURATION.sub(lambda found: f"{_shorter(found)}ms", alert.expression)
    expression = LIMIT.sub(lambda found: f"{found[1]}{int(found[2]) / HASTE:g}", expression)
    wait = DURATION.sub(lambda found: f"{min(_shorter(found), LONGEST_MS)}ms", alert.wait)
    return replace(alert, expression=expression, wait=wait)


def _shorter(found: re.Match[str]) -> int:
    number, unit = (part for part in found.groups() if part)
    return int(number) * SECONDS[unit] * 1000 // HASTE
