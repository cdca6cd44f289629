"""All that keeps a flow from starting, at once: its settings, and what the sound ones among them name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from adapters.kafka.connection.reach import unreachable
from dataflows.service.given_settings import check_given, gather_settings
from dataflows.service.preparation import Gathered
from dataflows.service.settings import SettingsFaultsError, find_connection

if TYPE_CHECKING:
    from dataflows.service.flows import Flow
    from dataflows.service.given_settings import Given
    from dataflows.service.settings import ServiceSettings


def find_sound_settings(flow: Flow, options: Mapping[str, Any], *, broker: bool = True) -> Any:  # noqa: ANN401 (of the flow)
    """Find the settings of a flow. Raises `SettingsFaultsError`.

    Where some are wrong, what the others name is looked at as well: the network, the model, with `broker` the broker.
    What only follows from a fault is not told: a setting is not missing where the file that may have it is unreadable.
    """
    given, file_faults = gather_settings(options)
    checked = check_given(flow.settings, given)
    if checked.settings is not None and not checked.faults and not file_faults:
        return checked.settings
    unread = bool(file_faults) and not any(setting.source == str(options.get("config")) for setting in given.values())
    faults = [fault for fault in checked.faults if not (unread and " is missing; " in fault)]
    gathered = Gathered()
    gathered.faults += file_faults + faults
    sound = {name: setting.value for name, setting in given.items() if name not in checked.wrong}
    for name in sound.keys() & flow.settings.model_fields.keys():
        kind: Any = flow.settings.model_fields[name].annotation
        sound[name] = TypeAdapter(kind).validate_python(sound[name])
    gathered.faults += check_things(flow, sound)
    if broker and not any(fault.startswith(("kafka:", "setting kafka")) for fault in faults) and "kafka" in given:
        gathered.faults += _broker_faults(given)
    raise SettingsFaultsError(gathered.faults)


def check_things(flow: Flow, values: Mapping[str, Any] | ServiceSettings) -> list[str]:
    """Give the faults of what settings name, by itself and together with others; nothing is written."""
    given = values if isinstance(values, Mapping) else values.model_dump()
    named = dict.fromkeys(flow.checks) | dict(given)
    gathered = Gathered()
    for name, check in flow.checks.items():
        before = len(gathered.faults)
        if (value := named.get(name)) is not None:
            gathered.find(partial(check, value))
        if len(gathered.faults) > before:
            del named[name]
    if flow.check_together is not None:
        gathered.find(partial(flow.check_together, named))
    return gathered.faults


def _broker_faults(given: Mapping[str, Given]) -> list[str]:
    values = {name: setting.value for name, setting in given.items()}
    return unreachable(find_connection(str(values["kafka"]), values))
