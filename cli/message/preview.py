"""What `faultline message preview` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import orjson

from adapters.messages.words_file import read_words
from adapters.process.time_zone import utility_offsets
from dataflows.service.given_settings import find_settings
from models.contracts.customers.notification import CHANNELS, Channel
from models.messages.codes import TABLE, Code
from models.messages.samples import AS_OF, samples
from models.messages.sms import parts_of
from models.messages.words import Speaker, Told, Worded
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Wanted(NamedTuple):
    """What is to be shown; no languages are all."""

    languages: Sequence[str]
    channels: Sequence[Channel]
    codes: Sequence[Code]


class Preview(NamedTuple):
    """A message as a channel says it."""

    language: str
    channel: Channel
    code: Code
    text: str
    parts: int | None
    """Short messages that it takes; None of other channels."""


def chosen(languages: Sequence[str] | None, channels: Sequence[str] | None, codes: Sequence[str] | None) -> Wanted:
    """Check what is asked for. Raises `FaultsError` with every fault."""
    faults = [f"channel {one} is none of {', '.join(CHANNELS)}" for one in channels or () if one not in CHANNELS]
    faults += [f"code {one} is unknown; see faultline message codes" for one in codes or () if one not in TABLE]
    if faults:
        raise FaultsError(faults)
    return Wanted(
        languages or (),
        cast("Sequence[Channel]", channels or CHANNELS),
        cast("Sequence[Code]", codes or tuple(TABLE)),
    )


def previews(words_file: Path | None, records: Path | None, wanted: Wanted, config: Path | None) -> Iterator[Preview]:
    """Say what is wanted. Raises `FaultsError`."""
    words = read_words(words_file)
    zone = find_settings({"config": config}).get("time_zone")
    speaker = Speaker(words, utility_offsets(zone.value if zone else None))
    _refuse_unspoken(speaker, wanted.languages)
    messages = list(_of_records(records) if records else _made_up())
    if not any(told.code in wanted.codes for told in messages):
        raise FaultsError([f"{records}: no customer there is told any of {', '.join(wanted.codes)}; give other lines"])
    for language in wanted.languages or speaker.languages:
        for channel in wanted.channels:
            for told in messages:
                if told.code in wanted.codes:
                    said = _said(speaker, told, language, channel)
                    parts = parts_of(said.text) if channel == "sms" else None
                    yield Preview(said.language, channel, told.code, said.text, parts)


def _refuse_unspoken(speaker: Speaker, languages: Sequence[str]) -> None:
    unspoken = [one for one in languages if speaker.nearest(one) is None]
    there = ", ".join(speaker.languages)
    if unspoken:
        raise FaultsError(
            [f"language {one} has no words; give one of {there}, or write them (--words)" for one in unspoken]
        )


def _said(speaker: Speaker, told: Told, language: str, channel: Channel) -> Worded:
    try:
        return speaker.say(told, language, channel)
    except ValueError as fault:
        raise FaultsError([f"message as of {told.as_of}: {fault}; give lines of the topic as they are"]) from fault


def _made_up() -> Iterator[Told]:
    for code in TABLE:
        for parameters in samples(code):
            yield Told(code, parameters, AS_OF)


def _of_records(path: Path) -> Iterator[Told]:
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            record: dict[str, Any] = orjson.loads(line)
            code, parameters, as_of = (record[name] for name in ("message_code", "message_parameters", "as_of"))
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            if b'"tombstone"' in line:
                continue
            raise FaultsError([f"{path}, line {number}: is no state of a customer ({error})"]) from error
        if code is None:
            continue
        if code not in TABLE:
            reason = f"message_code {code} is unknown; see faultline message codes"
            raise FaultsError([f"{path}, line {number}: {reason}"])
        yield Told(code, parameters, as_of)
