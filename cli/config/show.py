"""What `faultline config show` tells."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from adapters.kafka.connection.connection import shown_value
from dataflows.service.flows import OWN, find_flows
from dataflows.service.given_settings import CONFIG, all_settings, check_settings, find_settings
from dataflows.service.settings import VARIABLES, SettingsFaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

OTHERS: Final = frozenset({CONFIG, OWN, "FAULTLINE_TEST_KAFKA"})
"""Variables of Faultline that are no settings."""


class Line(NamedTuple):
    """A setting in force."""

    name: str
    value: str
    source: str
    """The option, variable or file that it came from; `default` or `missing`."""
    summary: str


def find_lines(config: Path | None, environment: Mapping[str, str] = os.environ) -> list[Line]:
    """Give all settings. Raises `SettingsFaultsError` for a file that cannot be read."""
    given = find_settings({"config": config}, environment)
    lines = []
    for name, field in all_settings().items():
        value, source = _default(field)
        if name in given:
            value, source = _shown(name, given[name].value), given[name].source
        lines.append(Line(name, value, source, field.description or ""))
    return lines


def find_warnings(config: Path | None, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Tell what would keep a flow from starting, and variables that nothing reads."""
    warnings = [_unknown(name) for name in sorted(environment) if name.startswith(VARIABLES) and not _is_known(name)]
    try:
        given = find_settings({"config": config}, environment)
    except SettingsFaultsError as error:
        return warnings + error.faults
    for flow in find_flows().values():
        try:
            check_settings(flow.settings, given)
        except SettingsFaultsError as error:
            warnings += [fault for fault in error.faults if fault not in warnings]
    return warnings


def _default(field: FieldInfo) -> tuple[str, str]:
    if field.is_required():
        return "", "missing"
    return "" if field.default is None else str(field.default), "default"


def _shown(name: str, value: object) -> str:
    return shown_value(name.removeprefix("kafka_"), value) if name.startswith("kafka_") else str(value)


def _is_known(variable: str) -> bool:
    return variable in OTHERS or variable.removeprefix(VARIABLES).lower() in all_settings()


def _unknown(variable: str) -> str:
    near = get_close_matches(variable, [VARIABLES + name.upper() for name in all_settings()], 1, 0.8)
    mend = f"did you mean {near[0]}?" if near else "take it away, or look for its name above"
    return f"variable {variable} is no setting and nothing reads it; {mend}"
