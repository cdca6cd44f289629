"""From a message to the words of a channel, in a language: templates over what the message holds, and nothing else.

Words that fail cost nobody the message: the built-in ones stand in for them, and it is told which failed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.contracts.customers.notification import Channel
from models.messages.built_in import LANGUAGES
from models.messages.codes import OF_OUTAGES, TABLE, Code
from models.messages.samples import AS_OF, samples
from models.messages.templates import compile_template, fill_in
from models.times.iso8601 import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TIMES: Final = frozenset({"since", "as_of", "planned_from", "planned_to", "etr_public"})
LONGEST: Final = 1000
"""Characters of a text."""
_CLOCK: Final = r"^(?:%[HMIpdmYy]|[^%])*$"
Template = Annotated[str, AfterValidator(lambda text: compile_template(text) and text)]
Texts = dict[Code, Template]


class Language(BaseModel):
    """The words of one language; what it leaves out is said in the built-in ones."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    language: str = Field(pattern="^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$", description="As in RFC 5646: en, pt-BR.")
    time: str = Field("%H:%M", max_length=40, pattern=_CLOCK, description="A time of the same day: %H %M %I %p.")
    date: str = Field(
        "%Y-%m-%d %H:%M", max_length=40, pattern=_CLOCK, description="A time of another day: also %d %m %Y %y."
    )
    text: Texts = Field(default={}, description="By message, for all channels.")
    channels: dict[Channel, Texts] = Field(default={}, description="By channel and message, where they differ.")

    @model_validator(mode="after")
    def _can_be_said(self) -> Self:
        if faults := list(self._faults()):
            raise ValueError("; ".join(faults))
        return self

    def template(self, code: Code, channel: Channel) -> str | None:
        """Give the words of a message."""
        return self.channels.get(channel, {}).get(code, self.text.get(code))

    def _faults(self) -> Iterator[str]:
        tables = {"text": self.text, **{f"channels.{name}": some for name, some in self.channels.items()}}
        for where, texts in tables.items():
            for code, text in texts.items():
                for parameters in samples(code):
                    try:
                        _say(self, text, Told(code, {**parameters, "otherwise": "…"}, AS_OF), [(0, 0)])
                    except ValueError as fault:
                        yield f"{where}.{code}: {fault}"
                        break


class MessageWords(BaseModel):
    """All words of a utility."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    default: str = Field("en", description="Language of who has none, or one without words.")
    languages: list[Language] = Field(default=[], max_length=50, description="Each once.")

    @model_validator(mode="after")
    def _speaks(self) -> Self:
        names = [one.language for one in self.languages]
        if len(set(names)) < len(names):
            raise ValueError("languages has one twice; each stands once")
        built_in = {one["language"] for one in LANGUAGES}
        if self.default not in {*names, *built_in}:
            raise ValueError(f"default {self.default} has no words; give it a table of languages")
        for one in self.languages:
            lacking = TABLE.keys() - one.text.keys()
            if one.language not in built_in and lacking:
                raise ValueError(f"language {one.language} has no text for {', '.join(sorted(lacking))}")
        return self


class Told(NamedTuple):
    """A message as the state of a customer has it."""

    code: Code
    parameters: Mapping[str, str | None]
    as_of: str


class Worded(NamedTuple):
    """What a channel says."""

    text: str
    language: str
    faults: tuple[str, ...]
    """Words that failed, and why."""


class Speaker:
    """Says messages in the words of a utility, and in its clock's time."""

    def __init__(self, words: MessageWords, offsets: Sequence[tuple[int, int]]) -> None:
        """`offsets` say from when on (seconds since the epoch) clocks are how many seconds ahead of UTC."""
        self._offsets = offsets
        self._built_in = {one["language"]: Language.model_validate(one) for one in LANGUAGES}
        self._own = {one.language: one for one in words.languages}
        self._default = words.default

    def say(self, told: Told, language: str, channel: Channel) -> Worded:
        """Say a message in a language, or in the nearest that there are words of."""
        spoken = self._spoken(language)
        faults: list[str] = []
        for words in (self._own.get(spoken), self._built_in.get(spoken), self._built_in["en"]):
            text = None if words is None else words.template(told.code, channel)
            if words is None or text is None:
                continue
            try:
                said = _say(words, text, self._with_others(told, spoken, channel), self._offsets)
            except ValueError as fault:
                faults.append(f"{words.language}.{channel}.{told.code}: {fault}")
            else:
                return Worded(said, words.language, tuple(faults))
        raise ValueError(f"{told.code} cannot be said of {dict(told.parameters)}: {'; '.join(faults)}")

    @property
    def languages(self) -> list[str]:
        """Those that there are words of, in order."""
        return sorted(self._own.keys() | self._built_in.keys())

    def nearest(self, language: str) -> str | None:
        """Give the language that there are words of and that is nearest to one: itself, or what it is a kind of."""
        known, parts = self.languages, language.split("-")
        ever_shorter = ("-".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((one for one in ever_shorter if one in known), None)

    def _spoken(self, language: str) -> str:
        return self.nearest(language) or self._default

    def _with_others(self, told: Told, language: str, channel: Channel) -> Told:
        """What all others are told comes as words into the words of who was told wrongly."""
        if told.code != "still_out":
            return told
        code = next((one for one in OF_OUTAGES if one == told.parameters.get("otherwise")), None)
        if code is None:
            raise ValueError(f"otherwise is none of {', '.join(OF_OUTAGES)}")
        other = self.say(Told(code, told.parameters, told.as_of), language, channel)
        return told._replace(parameters={**told.parameters, "otherwise": other.text})


def _say(language: Language, text: str, told: Told, offsets: Sequence[tuple[int, int]]) -> str:
    values = {**told.parameters, "as_of": told.as_of}
    now = parse_time(told.as_of)
    for name in TIMES & values.keys():
        if (value := values[name]) is not None:
            values[name] = _time(language, parse_time(value), now, offsets)
    said = " ".join(fill_in(compile_template(text), values).split())
    if not said or len(said) > LONGEST:
        raise ValueError("leaves an empty text" if not said else f"has {len(said)} characters; {LONGEST} are the most")
    return said


def _time(language: Language, at: int, now: int, offsets: Sequence[tuple[int, int]]) -> str:
    local, today = _local(at, offsets), _local(now, offsets)
    return local.strftime(language.time if local.date() == today.date() else language.date)


def _local(at: int, offsets: Sequence[tuple[int, int]]) -> datetime:
    ahead = next((ahead for since, ahead in reversed(offsets) if since * 1000 <= at), 0)
    return datetime.fromtimestamp(at // 1000 + ahead, UTC)
