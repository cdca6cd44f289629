"""Accounts as they come: what is taken of them, and what is said of those that cannot be read."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from models.contracts.inputs.call import CallEvent
from models.notifications.outside.accounts import Account, Accounts
from models.notifications.outside.reading import AccountReader, read_reply
from models.notifications.outside.replies import meaning_of
from models.timeline.tables import RefusedRecordError, Taken
from tests.worlds.accounts import ZONES, account, contact

SECRET = "Wilhelmina"


def read(record: Any, key: str = "A") -> Taken:
    reader = AccountReader(lambda ids: [int(one[2:]) if one[2:].isdigit() else -1 for one in ids], ZONES.knows)
    return reader(key, record if isinstance(record, bytes) else orjson.dumps(record))


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (SECRET.encode(), "the record: json invalid"),
        (account("B", [1]), "account_id is not the record's key"),
        (account("A", [1], contacts=[contact("c", channel=SECRET)]), "contacts.#.channel: literal error"),
        (account("A", [1], contacts=[contact("c", address={SECRET: SECRET})]), "contacts.#.address: string type"),
        (account("A", [1], contacts=[contact(SECRET), contact(SECRET)]), "the record: contact twice"),
        (account("A", [1], quiet_from="25:00", quiet_to="06:00"), "quiet_from: string pattern mismatch"),
        (account("A", [1], quiet_from="22:00"), "the record: quiet hours"),
        (account("A", [1], time_zone=f"Europe/{SECRET}"), "time_zone is not known here"),
        (account("A", [1], preferences={"kinds": [SECRET]}), "preferences.kinds.#: literal error"),
        ({"account_id": "A", SECRET: SECRET}, "contacts: missing; usage_point_ids: missing"),
    ],
)
def test_what_cannot_be_read_takes_the_account_out_and_tells_nothing_of_it(record: Any, reason: str) -> None:
    with pytest.raises(RefusedRecordError) as refused:
        read(record)
    assert reason in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.instead == Taken("A", ["account", None])


def test_usage_points_that_are_nowhere_are_told_of_and_the_others_are_taken() -> None:
    with pytest.raises(RefusedRecordError, match="1 of 4 usage points") as refused:
        read(account("A", [7, 7, 9]) | {"usage_point_ids": ["UP7", "UP7", f"UP-{SECRET}", "UP9"]})
    assert refused.value.instead is not None
    taken = Account.of(refused.value.instead.said[1])
    assert (taken.names, taken.numbers) == (["UP7", "UP9"], [7, 9])
    assert SECRET not in str(refused.value.instead)


def test_of_an_account_all_but_its_addresses_is_taken() -> None:
    fields = {"class": "critical", "language": "de", "quiet_from": "22:00", "quiet_to": "06:30"}
    said = read(account("A", [7], contacts=[contact("c", address=SECRET), contact("d", language="fr")], **fields)).said
    assert SECRET not in str(said)
    taken = Account.of(said[1])
    assert [one.language for one in taken.contacts] == ["de", "fr"]
    assert (taken.customer_class, taken.quiet) == ("critical", [1320, 390])


def test_usage_points_are_found_by_account_as_accounts_come_change_and_go() -> None:
    accounts = Accounts()
    for name, points in (("A", [1, 2]), ("B", [2, 3]), ("A", [3])):
        accounts.take(name, read(account(name, points), name).said[1])
    assert [list(accounts.of_point(point)) for point in (1, 2, 3)] == [[], ["B"], ["B", "A"]]
    assert not accounts.take("B", read(account("B", [2, 3]), "B").said[1]), "it says the same again"
    assert accounts.take("B", None)
    assert Accounts(accounts.save()).numbers() == {3}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *((text, "stop") for text in ("STOP", "Stop!", "please stop.", "unsubscribe me", "opt-out", "STOPP", "Baja")),
        *((text, None) for text in ("", "will the crew stop at our house today", "the cancelled order")),
        *((text, "still_out") for text in ("No", "still OUT", "Immer noch aus!", "no hay luz")),
        *((text, "power_back") for text in ("yes", "Ja.", "SÍ")),
        ("start", "start"),
    ],
)
def test_what_replies_mean(text: str, meaning: str | None) -> None:
    assert meaning_of(text) == meaning


def reply(text: str, **fields: Any) -> Taken:
    times = {"observed_at": "2026-07-01T10:00:00Z", "received_at": "2026-07-01T10:00:05Z"}
    record = {"event_id": "r1", "account_id": "A", "contact_id": "c", "text": text, **times, **fields}
    return read_reply("A", orjson.dumps(record))


def test_a_reply_leaves_its_meaning_and_none_of_its_words() -> None:
    at = 1782900005000
    assert reply("STOP") == Taken("A", ["reply", "c", "stop", at])
    assert reply(f"{SECRET} is at home") == Taken("A", None)
    still_out = reply("still out", usage_point_ids=["UP1", "UP2"])
    assert still_out.said is None
    assert [(one.topic, one.key, one.at) for one in still_out.passed] == [
        ("customer.call.events.v1", name, at) for name in ("UP1", "UP2")
    ]
    (call,) = reply("yes").passed
    read_call = CallEvent.model_validate_json(call.value)
    assert (read_call.account_id, read_call.usage_point_id, read_call.kind) == ("A", None, "power_back")
    with pytest.raises(RefusedRecordError, match="text: string type"):
        reply({SECRET: SECRET})  # type: ignore[arg-type]
