"""Each flow has a policy of its own, and what it names of the network has to be there."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from adapters.metrics import table
from dataflows.alerts import declaration as alerts
from dataflows.customers import declaration as customers
from dataflows.notifications import declaration as notifications
from dataflows.partners import declaration as partners
from dataflows.service.start_check import find_sound_settings
from dataflows.storms import declaration as storms
from models.contracts import registry
from models.refusal import FaultsError
from tests.worlds.storms import HOME

NETWORK = HOME / "tests" / "data" / "golden" / "network"
WARNS = 'sender = "out@power.example"\nsender_name = "Power"\n'


def test_no_two_flows_share_the_setting_of_their_policy() -> None:
    flows = [one.FLOW for one in (alerts, customers, notifications, partners, storms)]
    own = {f"{flow.name}_policy" for flow in flows}
    assert {name for flow in flows for name in flow.settings.model_fields if name.endswith("policy")} == own
    assert all(f"{flow.name}_policy" in flow.options and f"{flow.name}_policy" in flow.checks for flow in flows)


@pytest.mark.parametrize("of", [partners, storms])
def test_a_kind_of_area_that_is_not_there_is_refused(of: ModuleType, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    name = f"{of.FLOW.name}_policy"
    named: dict[str, Any] = {"network": NETWORK, name: policy}
    policy.write_text('area_kind = "municipality"\n')
    of.FLOW.check_together(named)
    policy.write_text('area_kind = "kingdom"\n')
    with pytest.raises(FaultsError, match=r"area_kind kingdom: no area is of this kind; give one of .*municipality"):
        of.FLOW.check_together(named)
    of.FLOW.check_together({**named, "network": None})


def test_a_key_without_its_certificate_is_told_with_all_other_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = [(registry, name) for name in ("_OUTPUTS", "_LOGS", "_TABLES", "_READERS", "_WRITERS")]
    for module, name in [*declared, (table, "_BY_FLOW")]:  # other tests do not know of this flow
        monkeypatch.setattr(module, name, copy(getattr(module, name)))
    monkeypatch.setenv("FAULTLINE_FLOWS", "dataflows.alerts.declaration")
    given = {"network": str(NETWORK), "alerts_key_file": str(tmp_path / "key"), "process": "x"}
    given |= {"alerts_policy": str(tmp_path / "none.toml")}
    with pytest.raises(FaultsError) as refused:
        find_sound_settings(alerts.FLOW, given, broker=False)
    told = "\n".join(refused.value.faults)
    for words in ("setting kafka is missing", "setting process", "none.toml: no such file", "go together"):
        assert words in told


def test_each_area_that_is_not_there_is_refused(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text(f'{WARNS}[areas.nowhere]\nname = "X"\n[areas.atlantis]\nname = "Y"\n')
    settings = alerts.AlertsSettings(kafka="x:1", state=tmp_path, network=NETWORK, alerts_policy=policy)
    with pytest.raises(FaultsError) as refused:
        alerts.equip(settings)
    assert [fault.partition("areas.")[2].partition(":")[0] for fault in refused.value.faults] == ["atlantis", "nowhere"]
