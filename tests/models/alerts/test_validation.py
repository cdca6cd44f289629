"""Every rule is broken by a message that breaks no other one, and nothing is said of correct messages."""

from __future__ import annotations

import pytest

from adapters.cap.reading import parse_message
from models.alerts.places import Box, parse_box
from models.alerts.rules.profiles import PROFILES
from models.alerts.validation import RULES, validate
from tests.worlds.alerts import EXAMPLES, broken_rules, changed

POLYGON = "38.47,-120.14 38.34,-119.95 38.52,-119.74 38.62,-119.89 38.47,-120.14"
AREA = "<area>\n      <areaDesc>The whole country</areaDesc>\n    </area>"
REFERENCES = "<references>net@tremors.example,NET13970876.1,2026-06-11T20:30:00-07:00</references>"
TERRITORY = Box(37, -123, 39, -119)

THE_THIRTEEN = [
    ("UTC as +00:00", "storm", "14:57:00-07:00</sent>", "14:57:00+00:00</sent>", {"time-utc"}),
    ("a space in the identifier", "storm", "STO-1055887203<", "STO 1055887203<", {"identifier-form"}),
    ("a comma in the identifier", "storm", "STO-1055887203<", "STO,1055887203<", {"identifier-form"}),
    ("an Update without references", "tremor", REFERENCES, "", {"references-required"}),
    ("a Cancel with garbage as references", "cancel", ",2026-06-17T14:57:00-00:00<", "<", {"references-form"}),
    ("Restricted without restriction", "storm", ">Public<", ">Restricted<", {"restriction-required"}),
    ("Private without addresses", "storm", ">Public<", ">Private<", {"addresses-required"}),
    ("an Alert without info", "storm", "<info>", "<!--", {"info-required"}),
    ("an open polygon", "storm", " 38.47,-120.14</polygon>", " 38.48,-120.14</polygon>", {"polygon-open"}),
    ("a polygon of three pairs", "storm", POLYGON, "38.4,-120.1 38.5,-120 38.4,-120.1", {"polygon-short"}),
    ("longitude first", "storm", POLYGON, "-120.1,38.4 -119.9,38.3 -119.7,38.5 -120.1,38.4", {"swapped"}),
    ("a circle without radius", "tremor", "-115.5527 0<", "-115.5527<", {"circle-form"}),
    ("no area", "national", AREA, "", {"area-required"}),
    ("expires before sent", "storm", "16:00:00-07:00</expires>", "14:00:00-07:00</expires>", {"expires-past"}),
    ("a ceiling without altitude", "tremor", "<altitude>0</altitude>", "", {"ceiling-alone"}),
    ("an empty areaDesc", "national", "The whole country", " ", {"text-empty"}),
]
"""What the schema lets through (two of them in two forms, and swapped coordinates with one sign)."""

MORE = [
    ("another root", "storm", "cap:1.2", "cap:1.1", {"schema-root"}),
    ("an unknown element", "storm", "<contact>DUTY DESK</contact>", "<phone>1</phone>", {"schema-unknown"}),
    ("wrong case", "storm", "<contact>DUTY DESK</contact>", "<Contact/>", {"schema-unknown"}),
    ("an attribute", "storm", "<info>", '<info id="1">', {"schema-unknown"}),
    (
        "wrong order",
        "storm",
        "<category>Met</category>",
        "<event>x</event><category>Met</category>",
        {"schema-order", "schema-repeated"},
    ),
    ("a missing element", "storm", "<urgency>Immediate</urgency>", "", {"schema-missing"}),
    ("one too many", "storm", "<contact>", "<contact/><contact>", {"schema-repeated"}),
    ("text among elements", "storm", "<info>", "<info>x", {"schema-text"}),
    ("elements in a text", "storm", "DUTY DESK", "<b/>", {"schema-text"}),
    ("a value of CAP 1.0", "storm", "Observed", "Very Likely", {"schema-value"}),
    ("no language", "languages", "en-CA", "english language", {"schema-value"}),
    ("half a byte", "exercise", "<size>5", "<size>5.5", {"schema-value"}),
    ("no height", "tremor", "<altitude>0", "<altitude>low", {"schema-value"}),
    ("UTC as Z", "storm", "14:57:00-07:00</sent>", "14:57:00Z</sent>", {"time-form"}),
    ("a fraction", "storm", "14:57:00-07:00</sent>", "14:57:00.5-07:00</sent>", {"time-form"}),
    ("no offset", "storm", "14:57:00-07:00</sent>", "14:57:00</sent>", {"time-form"}),
    ("no such day", "storm", "2026-06-17T16", "2026-06-31T16", {"time-form"}),
    ("no such hour", "storm", "T16:00:00", "T25:00:00", {"time-form"}),
    ("no such offset", "storm", "16:00:00-07:00", "16:00:00-15:00", {"time-form"}),
    ("an ampersand in the sender", "storm", "STO@", "S&amp;O@", {"sender-form"}),
    ("references of itself", "tremor", "NET13970876.1,", "NET13970876.2,", {"references-earlier"}),
    ("references of later ones", "tremor", "20:30:00-07:00", "20:30:00-12:00", {"references-earlier"}),
    ("an odd quote", "ack", '"big storm" ', '"big storm ', {"list-quotes"}),
    ("a relative address", "national", "https://warnings.example/level?", "level?", {"web-absolute"}),
    ("no MIME type", "national", "image/gif", "GIF", {"mime-type"}),
    ("a negative size", "exercise", "<size>5", "<size>-5", {"size-negative"}),
    ("a relative uri alone", "national", "https://warnings.example/level.gif", "level.gif", {"uri-absolute"}),
    ("no base 64", "exercise", "aGVsbG8=", "hello!", {"deref-base64"}),
    (
        "no digest",
        "exercise",
        "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d",
        "d41d8cd98f00b204e9800998ecf8427e",
        {"digest-form"},
    ),
    ("another content", "exercise", "aGVsbG8=", "aGVsbG9v", {"digest-content"}),
    ("commas with spaces", "storm", "38.47,-120.14 ", "38.47, -120.14 ", {"polygon-form"}),
    ("a hard space", "storm", "38.47,-120.14 ", "38.47,-120.14\u00a0", {"polygon-form"}),
    ("a radius below zero", "tremor", "-115.5527 0<", "-115.5527 -1<", {"circle-negative"}),
    ("off the earth", "storm", "38.34,-119.95", "38.34,-219.95", {"degrees"}),
    ("a ceiling below", "tremor", "<altitude>0<", "<altitude>2000<", {"ceiling-low"}),
    ("a line", "storm", POLYGON, "38.4,-120.1 38.5,-120 38.4,-120.1 38.4,-120.1", {"polygon-flat"}),
    ("a detached signature", "exercise", "xmldsig#enveloped-signature", "xmldsig#base64", {"signature-enveloped"}),
    (
        "a signature before the end",
        "exercise",
        "<info>",
        '<S xmlns="http://www.w3.org/2000/09/xmldsig#"/><info>',
        {"schema-order", "signature-enveloped"},
    ),
    ("an empty eventCode", "storm", "<valueName>SAME", "<valueName>", {"text-empty"}),
]

FAULTS = [*THE_THIRTEEN, *MORE]

ADVICE = [
    ("storm", "SEVERE THUNDERSTORM WARNING", "W" * 161, "headline-length"),
    ("storm", "<valueName>SAME", "<valueName>S.A.M.E.", "name-capitals"),
    ("storm", "DUTY DESK", "DUTY&amp;nbsp;DESK", "entity-text"),
    ("exercise", "<note>Exercise Autumn</note>", "", "note-exercise"),
    ("error", "<note>The polygon was open.</note>", "", "note-error"),
    ("national", "<uri>https://warnings.example/level.gif</uri>", "", "resource-nowhere"),
    ("error", ">Restricted<", ">Public<", "restriction-unused"),
]


def made(example: str, old: str, new: str) -> bytes:
    content = changed(example, old, new)
    return content.replace(b"</info>", b"-->") if new == "<!--" else content


@pytest.mark.parametrize(("what", "example", "old", "new", "rules"), FAULTS, ids=[case[0] for case in FAULTS])
def test_a_fault_is_refused_by_its_rule_alone(what: str, example: str, old: str, new: str, rules: set[str]) -> None:
    assert broken_rules(made(example, old, new)) == rules, what


@pytest.mark.parametrize(("example", "old", "new", "rule"), ADVICE, ids=[case[3] for case in ADVICE])
def test_advice_makes_no_message_invalid(example: str, old: str, new: str, rule: str) -> None:
    found = validate(parse_message(changed(example, old, new)))
    assert [(finding.rule, finding.advice) for finding in found] == [(rule, True)]


def test_no_rule_is_without_a_case() -> None:
    cases = {rule for *_, rules in FAULTS for rule in rules} | {rule for *_, rule in ADVICE}
    assert cases | {"outside-territory"} == {rule.name for rule in RULES}
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_correct_messages_are_accepted(example: str) -> None:
    assert validate(parse_message(EXAMPLES[example])) == []


@pytest.mark.parametrize("status", ["Test", "System", "Draft"])
def test_what_only_makes_no_sense_is_asked_of_actual_public_warnings_alone(status: str) -> None:
    for _, example, old, new, rules in THE_THIRTEEN:
        if rules <= {"info-required", "area-required", "expires-past"}:
            content = made(example, old, new).replace(b">Actual<", f">{status}<".encode())
            assert broken_rules(content) == set()


def test_all_faults_are_found_at_once_each_at_its_line() -> None:
    content = (
        changed("storm", "<urgency>Immediate</urgency>", "").replace(b"Met", b"Storm").replace(b"38.34,", b"98.34,")
    )
    found = validate(parse_message(content))
    assert [(finding.rule, finding.line, finding.where, finding.section) for finding in found] == [
        ("schema-missing", 10, "alert/info", "3.2.2 urgency"),
        ("schema-value", 11, "alert/info/category", "3.2.2 category"),
        ("degrees", 30, "alert/info/area/polygon", "3.3.1"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "rules"),
    [
        ("SAME", "SAME", set()),
        (POLYGON, "-12.1,38.4 -11.9,38.3 -11.7,38.5 -12.1,38.4", {"outside-territory"}),
        (POLYGON, "1,1 1,2 2,2 1,1", {"outside-territory"}),
        (POLYGON, "30,-130 30,-110 50,-110 50,-130 30,-130", set()),
    ],
)
def test_areas_lie_in_the_territory(old: str, new: str, rules: set[str]) -> None:
    assert broken_rules(changed("storm", old, new), territory=TERRITORY) == rules


def test_swapped_coordinates_outside_the_territory_are_named() -> None:
    europe = Box(47, 8, 48, 9)
    swapped = changed("storm", POLYGON, "8.4,47.1 8.5,47.2 8.6,47.1 8.4,47.1")
    assert broken_rules(swapped) == set()  # a place off Africa
    assert broken_rules(swapped, territory=europe) == {"swapped"}
    circle = changed("tremor", "32.9525,-115.5527 0", "8.4,47.5 3")
    assert broken_rules(circle, territory=europe) == {"swapped"}
    assert broken_rules(changed("tremor", "32.9525,-115.5527 0", "46.9,8.5 20"), territory=europe) == set()


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,x", "38,-120,37,-119", "-91,0,0,1", "0,10,1,5"])
def test_a_territory_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no territory"):
        parse_box(text)


PROFILE_FAULTS = [
    ("ipaws", "storm", "IPAWSv1.0", "IPAWS", {"ipaws-code"}),
    ("ipaws", "storm", "<value>SVR", "<value>SEVERE", {"ipaws-event"}),
    ("ipaws", "storm", "<expires>2026-06-17T16:00:00-07:00</expires>", "", {"ipaws-expires"}),
    ("ipaws", "storm", "006109", "6109", set()),
    ("ipaws", "national", "<web>", "<web>", {"ipaws-code", "ipaws-event", "ipaws-expires", "ipaws-geocode"}),
    ("cap-cp", "languages", "0.4</code>", "0.3</code>", {"cap-cp-code"}),
    ("cap-cp", "languages", "<language>fr-CA</language>", "", {"cap-cp-language"}),
    ("cap-cp", "languages", "<value>missingPer", "<value>other", {"cap-cp-event"}),
    ("cap-cp", "languages", "Location:0.3", "Place", {"cap-cp-area"}),
]


@pytest.mark.parametrize(("profile", "example", "old", "new", "rules"), PROFILE_FAULTS, ids=range(len(PROFILE_FAULTS)))
def test_profiles_ask_more(profile: str, example: str, old: str, new: str, rules: set[str]) -> None:
    assert broken_rules(changed(example, old, new)) == set()
    assert broken_rules(changed(example, old, new), profile=profile) == rules


def test_all_info_of_a_profile_are_about_one_event() -> None:
    two = EXAMPLES["storm"].decode().replace("<info>", "<info><category>Fire</category>", 1)
    info = EXAMPLES["storm"].decode().partition("<info>")[2].partition("</info>")[0]
    content = two.replace("</info>", f"</info><info>{info}</info>".replace("SVR", "TOR"), 1).encode()
    assert broken_rules(content) == set()
    assert broken_rules(content, profile="ipaws") == {"ipaws-category", "ipaws-event"}
    cases = {rule for *_, rules in PROFILE_FAULTS for rule in rules} | {"ipaws-category"}
    assert cases == {rule.name for rules, _ in PROFILES.values() for rule in rules}
