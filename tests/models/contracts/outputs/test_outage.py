"""The records that the engine writes are held to their contracts."""

from typing import Any

import pytest
from pydantic import ValidationError

from models.contracts.outputs.outage import OutageRecord
from models.contracts.outputs.restoration import RestorationRecord

OUTAGE_ID = "mfzwizltoqzdg43bmrqwgz3fmu"
OUTAGE: dict[str, Any] = {
    "event_id": f"{OUTAGE_ID}:2",
    "schema_version": 1,
    "organisation": "default",
    "sequence": 7,
    "outage_id": OUTAGE_ID,
    "revision": 2,
    "change": ["customers_out", "customers_restored", "status"],
    "status": "partially_restored",
    "zone_id": "north",
    "substation_id": "north",
    "feeder_id": "north-1",
    "device_id": "fuse-3",
    "device_kind": "fuse",
    "equivalent_device_ids": [],
    "found_device_id": None,
    "supply_device_id": None,
    "phases_out": "ABC",
    "evidence": "inferred",
    "confidence": 0.97,
    "alternatives": [{"device_id": "recloser-1", "probability": 0.02}],
    "out_since": "2026-07-01T18:04:05.250Z",
    "started_at": "2026-07-01T18:04:05.250Z",
    "detected_at": "2026-07-01T18:04:40.000Z",
    "sustained_at": None,
    "updated_at": "2026-07-01T18:08:00.000Z",
    "restored_at": None,
    "customers_affected": 40,
    "customers_out": 30,
    "customers_restored": 10,
    "customers_transferred": 0,
    "priority_customers": {"critical": 0, "key": 0},
    "priority_out": {"life_support": None, "critical": 0, "key": 0},
    "customers_by_class": [{"customer_class": None, "customers_out": 30}],
    "restoration_steps": [{"at": "2026-07-01T18:07:00.000Z", "device_id": "fuse-3", "customers_restored": 10}],
    "areas": [{"kind": "county", "area_id": "06001", "customers_out": 30, "customers_served": 400}],
    "place": {"longitude": 8.5, "latitude": 47.4, "bounding_box": [8.5, 47.4, 8.6, 47.5]},
    "customers_served": {"feeder": 400, "zone": 900},
    "nested_in": None,
    "merged_into": None,
    "transferred_to": None,
    "parent_id": None,
    "follows": None,
    "planned": None,
    "cause": {"code": "vegetation", "utility_cause": "T-4", "source": "crew"},
    "crews": [{"crew_id": "7", "kind": "line", "status": "repairing", "at": "2026-07-01T18:06:00.000Z", "eta": None}],
    "estimate_from": "2026-07-01T19:00:00.000Z",
    "estimate_to": "2026-07-01T21:30:00.000Z",
    "estimate_probability": 0.8,
    "estimate_source": "table",
    "etr_public": "2026-07-01T20:15:00.000Z",
    "etr_stage": "outage",
    "operators": {
        "acknowledged_at": None,
        "publication_held": False,
        "disputed_by": ["scada"],
        "commands": [{"command_id": "c1", "kind": "confirm", "at": "2026-07-01T18:06:00.000Z"}],
    },
    "degraded": False,
    "network_version": "0f3a",
}
RESTORATION: dict[str, Any] = {
    "event_id": f"{OUTAGE_ID}:2:partial:inferred",
    "schema_version": 1,
    "organisation": "default",
    "sequence": 1,
    "outage_id": OUTAGE_ID,
    "revision": 2,
    "kind": "partial",
    "basis": "inferred",
    "restored_at": "2026-07-01T18:07:31.000Z",
    "updated_at": "2026-07-01T18:08:00.000Z",
    "customers_restored": 10,
    "customers_out": 30,
    "device_id": "fuse-3",
    "usage_point_ids": ["p-1", "p-2"],
}


def test_the_samples_keep_their_contracts() -> None:
    assert OutageRecord.model_validate(OUTAGE).model_dump() == OUTAGE
    assert RestorationRecord.model_validate(RESTORATION).model_dump() == RESTORATION


@pytest.mark.parametrize("field", sorted(OUTAGE))
def test_every_field_is_always_present(field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        OutageRecord.model_validate({name: value for name, value in OUTAGE.items() if name != field})


@pytest.mark.parametrize(
    "wrong",
    [
        {"event_id": f"{OUTAGE_ID}:3"},
        {"customers_out": 31},
        {"customers_out": 50, "customers_restored": -10},
        {"customers_out": 30.0},
        {"status": "merged"},
        {"merged_into": OUTAGE_ID},
        {"status": "repaired"},
        {"transferred_to": OUTAGE_ID},
        {"customers_transferred": 1},
        {"detected_at": "2026-07-01T18:04:05.000Z"},
        {"sustained_at": "2026-07-01T18:04:05.000Z"},
        {"change": ["customers"]},
        {"status": "suspected"},
        {"started_at": "2026-07-01T18:04:05Z"},
        {"started_at": 1782929045250},
        {"outage_id": OUTAGE_ID.upper(), "event_id": f"{OUTAGE_ID.upper()}:2"},
        {"confidence": float("nan")},
        {"colour": "red"},
    ],
)
def test_an_outage_that_does_not_add_up_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OutageRecord.model_validate(OUTAGE | wrong)


@pytest.mark.parametrize(
    "wrong", [{"kind": "full"}, {"basis": "assumed"}, {"usage_point_ids": ["p"] * 1001}, {"restored_at": None}]
)
def test_a_restoration_that_does_not_add_up_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RestorationRecord.model_validate(RESTORATION | wrong)
