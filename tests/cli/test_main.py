import subprocess
import sys
from importlib.metadata import distributions, version
from pathlib import Path

import pytest

from cli.commands import COMMANDS
from cli.packages import PACKAGES, foreign_packages

HOME = Path(__file__).parents[2]
SLOW = ("bytewax", "models.network.network", "numba", "numpy", "pyarrow", "pydantic", "scipy")


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=HOME, env=environment, capture_output=True, text=True, check=False
    )


def faultline(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return python("-c", "from cli.main import main; main()", *arguments, **environment)


def test_the_packages_imported_are_our_own() -> None:
    assert foreign_packages() == []


def test_no_dependency_claims_a_name_of_ours() -> None:
    claimed = {
        f"{distribution.name} installs {file.parts[0]}"
        for distribution in distributions()
        for file in distribution.files or ()
        if file.parts[0] in {*PACKAGES, "console", *(f"{name}.py" for name in PACKAGES)}
        and distribution.name != "faultline"
    }
    assert claimed == set()


@pytest.mark.parametrize("foreign", ["models", "adapters"])
def test_another_distributions_package_is_refused_with_the_reason(tmp_path: Path, foreign: str) -> None:
    """The foreign package stands first on the path, as it would in a shared environment."""
    (tmp_path / foreign).mkdir()
    (tmp_path / foreign / "__init__.py").touch()
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from cli.main import main; main()"
    refused = python("-c", code, "--version", PYTHONPATH=str(HOME))
    assert refused.returncode == 2
    assert f'package "{foreign}" comes from {tmp_path / foreign}' in refused.stderr
    assert "make setup" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_version_and_help_load_nothing_heavy() -> None:
    assert faultline("--version").stdout.strip() == f"faultline {version('faultline')}"
    code = "import sys; from cli.main import main\ntry: main()\nfinally: print(*sys.modules, sep='\\n')"
    loaded = python("-c", code, "--help").stdout
    assert all(name in loaded for name in COMMANDS)
    assert not set(SLOW) & set(loaded.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    explained = faultline(command, "--help")
    assert explained.returncode == 0, explained.stderr
    assert "Usage" in explained.stdout


def test_an_unknown_command_is_refused_with_a_suggestion() -> None:
    refused = faultline("feeds")
    assert refused.returncode == 2
    assert "Did you mean 'feed'?" in refused.stderr


def test_a_refusal_is_plain_lines_and_code_2(tmp_path: Path) -> None:
    refused = faultline("score", "--truth", str(tmp_path / "a"), "--output", str(tmp_path / "b"))
    assert refused.returncode == 2
    assert [line.split(":")[0] for line in refused.stderr.splitlines()] == ["faultline", "faultline"]
