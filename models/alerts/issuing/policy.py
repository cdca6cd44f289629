"""When the public is warned, by whom and in which words: the policy, as its file gives it.

Its defaults warn by territory, in English, with the status Test: that a warning is meant has to be written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from models.alerts.issuing.texts import plain
from models.alerts.values import ABSOLUTE, IDENTIFIER, LANGUAGE
from models.messages.templates import compile_template

if TYPE_CHECKING:
    from jinja2 import Template


def _holdable(text: str) -> str:
    if plain(text, len(text)) != text.strip():
        raise ValueError("has a character that XML cannot hold; take it out")
    return text.strip()


Text = Annotated[str, AfterValidator(_holdable)]
Words = Annotated[str, AfterValidator(lambda text: compile_template(text) and text)]
"""A template; what is no template is refused when the policy is read."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Code(_Part):
    """A code of a list: what the list is called, and the code."""

    name: Text = Field(min_length=1, max_length=100, description="`valueName`, as in SAME.")
    value: Text = Field(min_length=1, max_length=200, description="`value`.")


class Area(_Part):
    """What the public calls an area, by the id that the tables give it."""

    name: Text = Field(min_length=1, max_length=200, description="Name in texts; by default the id.")
    geocodes: list[Code] = Field(default=[], max_length=100, description="Codes of the area.")


class Language(_Part):
    """The words of one language; each text is a template (docs/cap.md has what it may name)."""

    language: str = Field("en-US", pattern=f"^{LANGUAGE.pattern}$", description="As in RFC 3066.")
    event: Words = Field("Power outage", description="What happens.")
    headline: Words = Field(
        "Power outage in {{ area }}: about {{ customers }} customers", description="While it lasts."
    )
    description: Words = Field(
        "About {{ customers }} customers in {{ area }} are without power, the first of them since {{ since }}."
        "{% if restoration %} It is expected back by {{ restoration }}.{% endif %}",
        description="While it lasts.",
    )
    instruction: Words = Field(
        "Keep away from fallen lines, and report them. Switch off stoves and irons that were on. "
        "Look after neighbours who depend on electric medical devices.",
        description="While it lasts.",
    )
    clear_headline: Words = Field(
        "Power is back in {{ area }}{% if outages %} but for a few customers{% endif %}", description="When it is over."
    )
    clear_description: Words = Field(
        "{% if outages %}Power is back in {{ area }} but for {{ customers }} customers"
        "{% else %}The power outage in {{ area }} is over{% endif %}. "
        "If you are still without power, please report it.",
        description="When it is over.",
    )


class AlertPolicy(_Part):
    """All that can be told. Numbers are customers, seconds and shares of an area's customers."""

    sender: Text = Field(pattern=f"^{IDENTIFIER.pattern}$", description="Who warns, unique in the world: an address.")
    sender_name: Text = Field(min_length=1, max_length=200, description="Who warns, for people.")
    status: Literal["Actual", "Exercise", "System", "Test", "Draft"] = Field(
        "Test", description="`Actual` only if the public is to act on it; Test until that is written here."
    )
    by: Literal["territory", "zone", "outage"] = Field(
        "territory",
        description="One alert for each of these; where the tables have no territory the zone stands for it.",
    )
    least_customers: int = Field(500, ge=1, description="An alert begins with so many without power,")
    least_share: float = Field(0.2, gt=0, le=1, description="or with this share of the area, and")
    least_anyway: int = Field(50, ge=1, description="never with fewer than so many.")
    end_customers: int = Field(
        20, ge=1, description="It is over when fewer are without power: by default than hide each other."
    )
    changed_share: float = Field(0.2, gt=0, le=1, description="An update is due when so much of the number changed.")
    update_seconds: int = Field(600, ge=60, description="Least time between two messages about an area.")
    expires_seconds: int = Field(6 * 3600, ge=3600, description="How long a message holds; it is renewed before that.")
    clear_seconds: int = Field(1800, ge=300, description="How long an all-clear holds.")
    include_planned: bool = Field(default=False, description="Whether outages that were announced count.")
    crowd: int = Field(20, ge=5, description="A polygon holds the homes of at least so many customers.")
    buffer_metres: int = Field(75, ge=75, le=5000, description="How far a polygon goes beyond the middles of squares.")
    incident: Text = Field("", max_length=100, description="Name of the storm, in `incidents`.")
    codes: list[Text] = Field(default=[], max_length=20, description="`code`, as profiles want it.")
    event_codes: list[Code] = Field(default=[], max_length=20, description="`eventCode`, as profiles want it.")
    web: Text = Field("", pattern=f"^(?:{ABSOLUTE.pattern})?$", description="Where more is to be read.")
    contact: Text = Field("", max_length=200, description="Whom to ask.")
    languages: list[Language] = Field(
        default=[Language()], min_length=1, max_length=5, description="An `info` each, in this order."
    )
    areas: dict[str, Area] = Field(default={}, description="By id of the territory or zone.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.end_customers > self.least_anyway:
            raise ValueError("end_customers is above least_anyway: an alert would be over as it begins")
        if self.expires_seconds < 2 * self.update_seconds:
            raise ValueError("expires_seconds is below twice update_seconds: a message could not be renewed in time")
        if len({words.language for words in self.languages}) < len(self.languages):
            raise ValueError("languages has one twice; each stands once")
        return self


def as_templates(words: Language) -> dict[str, Template]:
    """Give the compiled templates of a language, by the name of the text."""
    fields = set(Language.model_fields) - {"language"}
    return {name: compile_template(getattr(words, name)) for name in sorted(fields)}
