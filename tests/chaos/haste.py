"""The alerts as they are shipped, with all their times divided, so that a test can wait for them."""

from __future__ import annotations

import re
from dataclasses import replace

from adapters.prometheus.declaration import Alert, Group, Recording
from adapters.prometheus.objectives import BURNING, RECORDING
from adapters.prometheus.rules import RUNBOOKS, all_groups, render
from dataflows.service.flows import find_flows

HASTE = 30
LONGEST_MS = 15_000
"""Nobody waits longer: a quarter of an hour, half of one and an hour are told apart by the rules' own tests."""
WINDOW = re.compile(r"(?<=\[)(\d+)([smhd])(?=\])")
BUCKET = re.compile(r'le="(\d+\.\d)"')
LIMIT = re.compile(r"(_(?:standing|silence|age)_seconds\) > )(\d+)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def hastened_rules() -> str:
    """Give all rules as a file, but for what looks at the month's allowance hastened."""
    return render(map(hastened, all_groups(find_flows())), RUNBOOKS)


def burning_rules() -> str:
    """Give all rules as a file: windows and waits of what looks at the month's allowance hastened, all else shipped."""
    groups = [burning(group) if group in (RECORDING, BURNING) else group for group in all_groups(find_flows())]
    return render(groups, RUNBOOKS)


def burning(group: Group) -> Group:
    """Divide the windows and waits of a group; what is late or old stays so many seconds."""
    return Group(group.name, tuple(_sooner(rule) for rule in group.rules))


def _sooner(rule: Recording | Alert) -> Recording | Alert:
    rule = replace(rule, expression=_windows(rule.expression))
    return replace(rule, wait=f"{_wait(rule)}ms") if isinstance(rule, Alert) else rule


def hastened(group: Group) -> Group:
    """Divide the times of a group's alerts: their windows, their limits in seconds and their waits."""
    if group in (RECORDING, BURNING):
        return group
    return Group(group.name, tuple(_hastened(rule) for rule in group.rules if isinstance(rule, Alert)))


def _hastened(alert: Alert) -> Alert:
    expression = LIMIT.sub(lambda found: f"{found[1]}{int(found[2]) / HASTE:g}", _windows(alert.expression))
    expression = BUCKET.sub(lambda found: f'le="{float(found[1]) / HASTE}"', expression)
    return replace(alert, expression=expression, wait=f"{min(_wait(alert), LONGEST_MS)}ms")


def _windows(expression: str) -> str:
    return WINDOW.sub(lambda found: f"{_shorter(found)}ms", expression)


def _wait(alert: Alert) -> int:
    """Give how long an alert waits (ms)."""
    found = re.fullmatch(r"(\d+)([smhd])", alert.wait)
    assert found is not None
    return _shorter(found)


def _shorter(found: re.Match[str]) -> int:
    return int(found[1]) * SECONDS[found[2]] * 1000 // HASTE
