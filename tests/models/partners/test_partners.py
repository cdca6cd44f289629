"""What partners and regulators are told, against plain sums over the outages, with restarts."""

from __future__ import annotations

from itertools import count
from typing import Any
from uuid import UUID

import orjson
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.records.followed_record import RecordReader
from dataflows.partners.declaration import LOG, route
from models.contracts.registry import output_of
from models.contracts.topics import OUTAGE_STATE
from models.partners.output import LARGE_LOSSES, PARTNER_OUTAGES
from models.partners.partners import Partners
from models.partners.policy import PartnerPolicy
from models.partners.records import LargeLossRecord, PartnerOutageRecord, PartnerOutageTombstone
from models.timeline.life import Life
from models.timeline.moment import Followed, Moment
from models.times.iso8601 import format_time
from tests.worlds.lifecycles import START, name_of, revision

POLICY = PartnerPolicy(area_kind="county", loss_customers=100, loss_seconds=600)
MINUTE = 60


def area(kind: str, area_id: str, out: int, served: int = 500) -> dict[str, Any]:
    return {"kind": kind, "area_id": area_id, "customers_out": out, "customers_served": served}


class Utility:
    """Lives from moment to moment, and is saved and opened again wherever that is asked for."""

    def __init__(self) -> None:
        self.numbers, self.reader = count(1), RecordReader(output_of(OUTAGE_STATE))
        self.life = self._open(None)

    def _open(self, saved: Any) -> Life:
        return Life(lambda own: Partners(POLICY, own), (PARTNER_OUTAGES, LARGE_LOSSES), "test", saved)

    def restart(self) -> None:
        self.life = self._open(orjson.loads(orjson.dumps(self.life.save())))

    def at(self, minute: float, *states: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        entries = [orjson.loads(orjson.dumps(route(self.reader.take(state))[1])) for state in states]
        records = tuple(Followed(LOG.topic, number, "utility", entry) for number, entry in enumerate(entries))
        written = self.life.take(Moment(next(self.numbers), round((START + MINUTE * minute) * 1000), records))
        for name, record in written:
            contract = PartnerOutageRecord if name == PARTNER_OUTAGES.name else LargeLossRecord
            (PartnerOutageTombstone if record.get("tombstone") else contract).model_validate(record)
        return written


def test_an_outage_is_told_in_the_terms_of_cim_and_names_no_place() -> None:
    crews = [
        {"crew_id": "7", "kind": "line", "status": status, "at": format_time(START * 1000), "eta": None}
        for status in ("en_route", "completed")
    ]
    areas = [area("county", "06001", 9), area("county", "06003", 20), area("postal", "9", 1, served=40)]
    state = revision(
        1, START, crews=crews, areas=areas, etr_public=format_time(START * 1000 + 1), etr_stage="outage",
        cause={"code": "wildlife", "utility_cause": "S7", "source": "crew"},
    )  # fmt: skip
    ((_, told),) = Utility().at(1, state)
    assert told["community_descriptor"] == "06003"
    assert (told["original_customers_served"], told["meters_affected"], told["status_kind"]) == (500, 30, "enroute")
    assert (told["outage_kind"], told["cause"]) == ("predicted", "wildlife")
    assert told["estimated_restoration_time"] == state["etr_public"]
    assert [one["community_descriptor"] for one in told["areas"]] == ["06001", "06003"]  # few live in the third
    assert UUID(told["m_rid"]).version == 8
    whole = orjson.dumps(told).decode()
    assert not any(word in whole for word in ('"n0"', "device", "S7", '"7"', "longitude"))


def test_what_the_public_is_not_told_partners_are_not_told_either() -> None:
    utility = Utility()
    assert utility.at(1, revision(1, START, sustained_at=None)) == []
    assert len(utility.at(2, revision(1, START, sequence=2, sustained_at=None, evidence="confirmed"))) == 1
    held: dict[str, Any] = {"acknowledged_at": None, "publication_held": True, "disputed_by": [], "commands": []}
    ((_, gone),) = utility.at(3, revision(1, START, sequence=3, operators=held))
    assert gone["tombstone"]
    assert utility.at(4, revision(1, START, sequence=4, status="momentary", customers_out=0)) == []


def losses(written: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    return [record for name, record in written if name == LARGE_LOSSES.name]


def test_a_large_loss_is_told_once_it_has_lasted_and_when_it_is_over() -> None:
    utility = Utility()
    planned = {"work_id": "w", "kind": "maintenance", "device_id": "n0", "planned_from": format_time(START * 1000)}
    planned |= {"planned_to": format_time(START * 1000 + 1)}
    cause = {"code": "weather", "utility_cause": None, "source": "operator"}
    utility.at(0, revision(1, START, customers_out=60), revision(2, START, 2, customers_out=900, planned=planned))
    assert losses(utility.at(2, revision(3, START + 120, 3, customers_out=50, areas=[area("county", "a", 50)]))) == []
    assert losses(utility.at(8, revision(1, START, 4, customers_out=120, cause=cause))) == []
    (reached,) = losses(utility.at(20))
    assert (reached["state"], reached["updated_at"]) == ("reached", format_time((START + 12 * MINUTE) * 1000))
    assert reached["began_at"] == reached["loss_id"] == format_time((START + 2 * MINUTE) * 1000)
    assert reached["report_due_at"] == format_time((START + 362 * MINUTE) * 1000)
    assert (reached["customers_out"], reached["customers_out_most"], reached["outages_open"]) == (170, 170, 2)
    assert (reached["causes"], [one["area_id"] for one in reached["areas"]]) == (["weather"], ["a"])
    (over,) = losses(utility.at(30, revision(1, START, 5, customers_out=20)))
    assert (over["state"], over["ended_at"], over["customers_out_most"]) == ("over", over["updated_at"], 170)
    assert losses(utility.at(90)) == []


@given(
    st.lists(st.tuples(st.dictionaries(st.integers(0, 4), st.integers(0, 70), max_size=3), st.booleans()), max_size=30)
)
def test_restarts_show_nowhere_and_the_watch_is_right(steps: list[tuple[dict[int, int], bool]]) -> None:
    utility, undisturbed, sequence = Utility(), Utility(), count(1)
    out: dict[int, int] = {}
    since: int | None = None
    told = False
    for minute, (changed, restart) in enumerate(steps):
        states = [
            revision(number, START, next(sequence), customers_out=customers, status="detected")
            for number, customers in sorted(changed.items())
        ]
        written = utility.at(3 * minute, *states)
        assert undisturbed.at(3 * minute, *states) == written
        reached = since is not None and not told and 3 * minute - since >= 10
        out |= changed
        enough = sum(out.values()) >= POLICY.loss_customers
        expected = ["reached"] if reached and (enough or 3 * minute - (since or 0) > 10) else []
        told = told or bool(expected)
        expected += ["over"] if told and not enough else []
        assert [record["state"] for record in losses(written)] == expected
        since = (3 * minute if since is None else since) if enough else None
        told = told and enough
        partners = {
            record["outage_id"]: record["meters_affected"] for name, record in written if name != "large_losses"
        }
        assert partners.items() <= {name_of(number): customers for number, customers in out.items()}.items()
        if restart:
            utility.restart()
