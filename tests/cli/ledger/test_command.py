"""`faultline ledger show` on the files of a replay: the interruptions of a point, as restoration records have them."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.worlds.storms import CKT5, faultline, simulate_storm


def test_interruptions_of_a_point_are_shown(tmp_path: Path) -> None:
    storm, output = tmp_path / "storm", tmp_path / "output"
    simulate_storm(storm)
    assert faultline("replay", "--network", CKT5, "--input", storm, "--output", output).returncode == 0
    lines = (output / "outage.restoration.events.v1.jsonl").read_bytes().splitlines()
    record = next(record for line in lines if len((record := orjson.loads(line))["usage_point_ids"]) == 1)
    (point,) = record["usage_point_ids"]
    options = ("ledger", "show", "--usage-point", point, "--network", CKT5, "--input", output)
    shown = [orjson.loads(line) for line in faultline(*options, "--json").stdout.splitlines()]
    mine = [one for one in shown if one["outage_id"] == record["outage_id"]]
    assert [(one["usage_point_id"], one["basis"]) for one in mine] == [(point, record["basis"])]
    assert mine[0]["out_at"] < mine[0]["back_at"] <= record["updated_at"]
    assert f"{point}: out from {mine[0]['out_at']} to {mine[0]['back_at']}, " in faultline(*options).stdout
    unknown = faultline("ledger", "show", "--usage-point", "nobody", "--network", CKT5, "--input", output)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert 'usage point "nobody" is not on the network' in unknown.stderr
    missing = faultline("ledger", "show", "--usage-point", point, "--network", CKT5, "--input", storm)
    assert "outage.membership.events.v1.jsonl is missing; give the folder that faultline replay wrote" in missing.stderr
    membership = output / "outage.membership.events.v1.jsonl"
    membership.write_bytes(membership.read_bytes().replace(b'"network_version":"', b'"network_version":"x'))
    other = faultline(*options)
    assert (other.returncode, other.stdout) == (2, "")
    assert "the ledger's records are of network x" in other.stderr
