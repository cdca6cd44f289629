"""What `faultline config show` tells."""

from __future__ import annotations

import os
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from dataflows.service.flows import OWN, find_flows
from dataflows.service.given_settings import CONFIG, all_settings, check_given, gather_settings
from dataflows.service.settings import VARIABLES

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
    """Give all settings."""
    given, _ = gather_settings({"config": config}, environment)
    lines = []
    for name, field in all_settings().items():
        value, source = _default(field)
        if name in given:
            value, source = given[name].shown(name), given[name].source
        lines.append(Line(name, value, source, field.description or ""))
    return lines


class Findings(NamedTuple):
    """What is not right."""

    faults: list[str]
    """What is given and cannot be used: it keeps a flow from starting."""
    missing: list[str]
    """What is not given, and may come with an option."""

    @classmethod
    def of(cls, config: Path | None, environment: Mapping[str, str] = os.environ) -> Findings:
        """Look at the settings of all flows, and for variables that nothing reads."""
        names = [name for name in sorted(environment) if name.startswith(VARIABLES) and not _is_known(name)]
        given, file_faults = gather_settings({"config": config}, environment)
        faults = [*map(_unknown, names), *file_faults]
        for flow in find_flows().values():
            faults += check_given(flow.settings, given).faults
        distinct = dict.fromkeys(faults)
        missing = [fault for fault in distinct if " is missing; " in fault]
        return cls([fault for fault in distinct if fault not in missing], missing)


def _default(field: FieldInfo) -> tuple[str, str]:
    if field.is_required():
        return "", "missing"
    default = field.default.value if isinstance(field.default, Enum) else field.default
    return "" if default is None else str(default), "default"


def _is_known(variable: str) -> bool:
    return variable in OTHERS or variable.removeprefix(VARIABLES).lower() in all_settings()


def _unknown(variable: str) -> str:
    near = get_close_matches(variable, [VARIABLES + name.upper() for name in all_settings()], 1, 0.8)
    mend = f"did you mean {near[0]}?" if near else "take it away, or look for its name above"
    return f"variable {variable} is no setting and nothing reads it; {mend}"
