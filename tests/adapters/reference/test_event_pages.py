from pathlib import Path

from adapters.reference.event_pages import contract_pages

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_the_committed_reference_is_what_the_contracts_say() -> None:
    stale = [
        path
        for path, text in contract_pages().items()
        if not (REFERENCE / path).is_file() or (REFERENCE / path).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `make reference`"


def test_no_schema_is_left_of_a_contract_that_is_gone() -> None:
    assert {f"schemas/{file.name}" for file in (REFERENCE / "schemas").iterdir()} <= contract_pages().keys()
