"""Words: every message can be said in every language and channel; templates are tried and fenced before their use."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.contracts.customers.notification import CHANNELS
from models.contracts.topics import OUTAGE_LIFECYCLE
from models.messages.built_in import LANGUAGES
from models.messages.codes import OF_OUTAGES, TABLE, message_of_mistake, message_of_outage
from models.messages.samples import AS_OF, samples
from models.messages.sms import parts_of
from models.messages.words import MessageWords, Speaker, Told
from tests.worlds.ledgers import Town, followed
from tests.worlds.lifecycles import START

UTC = [(0, 0)]
SPEAKER = Speaker(MessageWords(), UTC)


def speaker(*languages: dict[str, Any], **more: Any) -> Speaker:
    return Speaker(MessageWords.model_validate({"languages": list(languages), **more}), UTC)


@pytest.mark.parametrize("language", [one["language"] for one in LANGUAGES])
@pytest.mark.parametrize("code", TABLE)
def test_every_message_can_be_said_with_what_it_is_about(language: str, code: Any) -> None:
    for parameters in samples(code):
        assert parameters.keys() - {"since"} <= set(TABLE[code].parameters)
        for channel in CHANNELS:
            said = SPEAKER.say(Told(code, parameters, AS_OF), language, channel)
            assert (said.language, said.faults) == (language, ())
            assert ("18:04" in said.text) == (parameters["since"] is not None)
            if code == "estimate":
                assert "20:30" in said.text
            assert parts_of(said.text) <= 3


@given(st.randoms(use_true_random=False))
def test_whatever_is_told_of_an_outage_can_be_said(draw: random.Random) -> None:
    town = Town(draw)
    for minute in range(20):
        for topic, record in town.step((START + 60 * minute) * 1000):
            if topic == OUTAGE_LIFECYCLE:
                message = message_of_outage(followed([(topic, record)])[0].record)
                for one in (message, message_of_mistake(message)):
                    if one.code is not None:
                        told = Told(one.code, {**one.parameters, "since": record["started_at"]}, record["updated_at"])
                        assert one.parameters.keys() <= set(TABLE[one.code].parameters)
                        assert SPEAKER.say(told, "de-AT", "sms").faults == ()
                assert message.code is None or message.code in OF_OUTAGES


def test_own_words_go_first_and_built_in_ones_say_the_rest() -> None:
    own = speaker({"language": "en", "text": {"restored": "On."}, "channels": {"sms": {"restored": "On!"}}})
    told = Told("restored", {"since": AS_OF}, AS_OF)
    assert [own.say(told, "en-GB", channel).text for channel in ("app", "sms")] == ["On.", "On!"]
    assert own.say(told, "de", "app").language == "de"
    assert own.say(told, "pt", "app").language == "en"
    assert own.say(Told("cancelled", {"since": None}, AS_OF), "en", "sms").text.startswith("We told you of an outage")


def test_what_fails_all_the_same_is_said_in_built_in_words_and_told() -> None:
    own = speaker({"language": "en", "text": {"restored": "{{ since if '18' in since else since[99].x }}"}})
    said = own.say(Told("restored", {"since": "2026-07-01T03:04:05.250Z"}, "2026-07-01T05:00:00.000Z"), "en", "app")
    assert said.text == "Your power has been back since 03:04."
    assert said.faults[0].startswith("en.app.restored: UndefinedError")


def test_times_are_those_of_the_utilitys_clocks_with_the_day_if_it_is_another() -> None:
    noon = 1_793_000_000  # in October 2026, when clocks are put back
    berlin = Speaker(MessageWords(), [(0, 7200), (1_792_890_000, 3600)])
    since, as_of = "2026-10-24T22:30:00.000Z", "2026-10-25T12:00:00.000Z"
    assert noon > 1_792_890_000
    assert berlin.say(Told("restored", {"since": since}, as_of), "de", "app").text.endswith("00:30 wieder da.")
    text = berlin.say(Told("restored", {"since": "2026-10-24T21:30:00.000Z"}, as_of), "de", "app").text
    assert text == "Ihr Strom ist seit 24.10.2026 23:30 wieder da."
    assert "13:00" in berlin.say(Told("restored", {"since": as_of}, as_of), "de", "app").text


@pytest.mark.parametrize("wrong", [
    ("text.restored: UndefinedError", {"restored": "{{ etr_public }}"}),
    ("text.planned: ", {"planned": "{{ etr_public[:2] }}{{ etr_public.upper() }}"}),
    ("text.restored: SecurityError", {"restored": "{{ ''.__class__.__mro__[1].__subclasses__() }}"}),
    ("leaves an empty text", {"cancelled": "{% if since %}x{% endif %}"}),
    ("1000 are the most", {"restored": "{{ 'x' * 2000 }}"}),
    ("is no template", {"restored": "{{ since"}),
], ids=lambda one: one[0])  # fmt: skip
def test_words_that_cannot_be_said_are_refused(wrong: tuple[str, dict[str, str]]) -> None:
    with pytest.raises(ValidationError) as refused:
        speaker({"language": "en", "text": wrong[1]})
    assert wrong[0] in str(refused.value)


@pytest.mark.parametrize("wrong", [
    ("has no text for announced, assessing", {"languages": [{"language": "fr", "text": {"restored": "Oui."}}]}),
    ("has one twice", {"languages": [{"language": "en"}, {"language": "en"}]}),
    ("default pt has no words", {"default": "pt"}),
    ("pattern", {"languages": [{"language": "en", "time": "%c"}]}),
    ("restord", {"languages": [{"language": "en", "text": {"restord": "On."}}]}),
], ids=lambda one: one[0])  # fmt: skip
def test_a_file_that_makes_no_sense_is_refused(wrong: tuple[str, dict[str, Any]]) -> None:
    with pytest.raises(ValidationError) as refused:
        MessageWords.model_validate(wrong[1])
    assert wrong[0] in str(refused.value)


def test_short_messages_are_counted_by_their_alphabet() -> None:
    assert [parts_of(text) for text in ("a" * 160, "a" * 161, "a" * 307, "€" * 80, "€" * 81)] == [1, 2, 3, 1, 2]
    assert [parts_of(text) for text in ("á" * 70, "á" * 71, "😀" * 35, "😀" * 36)] == [1, 2, 1, 2]
