from pathlib import Path

import pytest

from adapters.model.delivery_file import DeliveryFileFaultsError, read_delivery
from models.outages.weights.delivery import DeliveryRate


def test_a_number_is_the_rate_of_all() -> None:
    assert read_delivery("0.7") == [DeliveryRate("*", "*", 0.7)]


def test_a_table_is_read_in_order(tmp_path: Path) -> None:
    table = tmp_path / "rates.csv"
    table.write_text("rate,source,collector_id\n0.9,*,*\n0.4,mesh, C7 \n")
    assert read_delivery(str(table)) == [DeliveryRate("*", "*", 0.9), DeliveryRate("mesh", "C7", 0.4)]


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ("source,rate\nmesh,0.4\n", ["column collector_id is missing"]),
        (
            "source,collector_id,rate\nmesh,C7,much\nmesh\n*,*,1\n",
            ["line 2: 'mesh,C7,much'", "line 3: 'mesh,None,None'"],
        ),
        ("", ["column source", "column collector_id", "column rate"]),
    ],
)
def test_every_wrong_line_is_told(tmp_path: Path, content: str, faults: list[str]) -> None:
    table = tmp_path / "rates.csv"
    table.write_text(content)
    with pytest.raises(DeliveryFileFaultsError) as refusal:
        read_delivery(str(table))
    assert len(refusal.value.faults) == len(faults)
    assert all(fault in told for fault, told in zip(faults, refusal.value.faults, strict=True))


def test_what_is_neither_rate_nor_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\xff\xd8\xff")
    for given in ("much", "nan", "-1", "85", str(tmp_path), str(tmp_path / "picture.csv")):
        with pytest.raises(DeliveryFileFaultsError, match="delivery"):
            read_delivery(given)
