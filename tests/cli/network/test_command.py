"""`faultline network`, as a person calls it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

NETWORKS = Path(__file__).parents[2] / "data" / "networks"


def faultline(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from cli.main import main; main()", "network", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3])


def test_check_tells_all_faults_and_exits_with_2() -> None:
    folder = NETWORKS / "faulty"
    done = faultline("check", "--network", folder)
    report = (folder / "report.txt").read_text().splitlines()
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"faultline: {folder}/{fault}" for fault in report]
    assert done.stdout == ""
    assert faultline("check", "--network", folder / "nowhere").returncode == 2


def test_check_and_show_a_sound_network(tmp_path: Path) -> None:
    done = faultline("check", "--network", NETWORKS / "ckt5")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("no faults in 757 devices and 1,379 usage points\n")
    network = tmp_path / "network"
    assert faultline("compile", "--network", NETWORKS / "ckt5", "--output", network).returncode == 0
    shown = json.loads(faultline("show", "--network", network, "--json").stdout)
    kinds = {kind: count for kind, count in shown["devices_by_kind"].items() if count}
    assert kinds == {"breaker": 1, "fuse": 109, "switch": 63, "transformer": 584}
    assert (shown["zones"], shown["usage_points"], shown["meters"], shown["customers"]) == (1, 1379, 1379, 1379)
    lines = faultline("show", "--network", network).stdout.splitlines()
    assert f"classes\t{shown['classes']}" in lines


def test_compile_carries_numbers_on(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    shutil.copytree(NETWORKS / "epri_m1", folder)
    first, second = tmp_path / "first", tmp_path / "second"
    assert faultline("compile", "--network", folder, "--evidence-partitions", "3", "--output", first).returncode == 0
    points = folder / "usage_points.csv"
    header, gone, *rest = points.read_text().splitlines()
    points.write_text("\n".join([header, gone.replace("epri_m1/0x00899528_1,", "new,", 1), *rest]))
    done = faultline("compile", "--network", folder, "--previous", first, "--output", second)
    assert done.returncode == 0
    assert "usage points: 1,467 kept, 1 new, 1 gone" in done.stdout.splitlines()
    assert faultline("check", "--network", second).returncode == 0
    content = bytearray(second.read_bytes())
    content[-100_000] ^= 1
    second.write_bytes(content)
    assert faultline("check", "--network", second).returncode == 2
