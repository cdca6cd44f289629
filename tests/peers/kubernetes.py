"""A real kube-apiserver with its etcd, on loopback, and kubectl that talks to it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from scripts.kafka.broker import dies_with_us
from scripts.kafka.ports import free_ports
from scripts.kubernetes.tools import helm, kubectl, missing_parts, servers
from tests.peers.certificates import Authority
from tests.peers.kafka import eventually

START_SECONDS = 240.0
_CONFIG = """apiVersion: v1
kind: Config
clusters: [{{name: here, cluster: {{server: "https://127.0.0.1:{port}", certificate-authority: "{authority}"}}}}]
users: [{{name: admin, user: {{client-certificate: "{certificate}", client-key: "{key}"}}}}]
contexts: [{{name: here, context: {{cluster: here, user: admin}}}}]
current-context: here
"""


@dataclass(frozen=True)
class Cluster:
    """An API server; alone it schedules and runs nothing of what it is given."""

    config: Path

    def kubectl(self, *arguments: object, content: str | None = None) -> str:
        """Run kubectl: it must succeed, and warn of nothing."""
        ended = self.attempt(*arguments, content=content)
        assert ended.returncode == 0, ended.stderr
        assert "Warning" not in ended.stderr, ended.stderr
        return ended.stdout

    def attempt(self, *arguments: object, content: str | None = None) -> subprocess.CompletedProcess[str]:
        command = self.command(*arguments)
        return subprocess.run(command, input=content, capture_output=True, text=True, timeout=300, check=False)

    def command(self, *arguments: object) -> list[str]:
        """Give the command that runs kubectl here."""
        # What kubectl keeps of a server's kinds it finds again by the port, which another server may have had.
        ours = ("--kubeconfig", self.config, "--cache-dir", self.config.with_name("kubectl"))
        return [str(kubectl()), *map(str, [*ours, *arguments])]

    def helm(self, *arguments: object) -> subprocess.Popen[str]:
        """Start Helm, whose own files stand beside the cluster's."""
        own = {f"HELM_{name}_HOME": str(self.config.with_name("helm")) for name in ("CACHE", "CONFIG", "DATA")}
        command = [str(helm()), "--kubeconfig", str(self.config), *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=os.environ | own, stdout=pipe, stderr=pipe, text=True)

    def get(self, *arguments: object) -> Any:
        """Give what kubectl gets, as JSON."""
        return orjson.loads(self.kubectl("get", *arguments, "--output", "json"))


def skip_without_kubernetes() -> None:
    """Skip the test, naming what is missing."""
    if missing := missing_parts():
        pytest.skip(f"needs python -m scripts.kubernetes.tools: {', '.join(missing)}")


def render(folder: Path) -> str:
    """Give what kustomize makes of a folder."""
    command = [str(kubectl()), "kustomize", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "Warning" not in ended.stderr, ended.stderr
    return ended.stdout


def objects_of(content: str) -> list[dict[str, Any]]:
    """Give the objects that stand in YAML, one after the other."""
    command = [str(kubectl()), "label", "--local", "-f", "-", "read=yes", "--output", "json"]
    parts = [
        subprocess.run(command, input=part, capture_output=True, text=True, check=True).stdout
        for part in content.split("---\n")
    ]
    return [orjson.loads(part) for part in parts]


def named(objects: Sequence[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """Give the one object of a kind and a name."""
    (found,) = [one for one in objects if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


@contextmanager
def api_server(folder: Path) -> Iterator[Cluster]:
    """Run an API server whose data are in a folder."""
    authority = Authority(folder / "authority")
    serving, serving_key = authority.issue("kube-apiserver")
    certificate, key = authority.issue("admin", organisation="system:masters")
    port, etcd, peer = free_ports(3)
    config = folder / "kubeconfig"
    config.write_text(_CONFIG.format(port=port, authority=authority.certificate, certificate=certificate, key=key))
    with ExitStack() as stack:
        serve(
            stack,
            folder / "etcd.log",
            servers() / "etcd",
            data_dir=folder / "etcd",
            listen_client_urls=f"http://127.0.0.1:{etcd}",
            advertise_client_urls=f"http://127.0.0.1:{etcd}",
            listen_peer_urls=f"http://127.0.0.1:{peer}",
            unsafe_no_fsync="true",
        )
        serve(
            stack,
            folder / "kube-apiserver.log",
            servers() / "kube-apiserver",
            etcd_servers=f"http://127.0.0.1:{etcd}",
            bind_address="127.0.0.1",
            secure_port=port,
            tls_cert_file=serving,
            tls_private_key_file=serving_key,
            client_ca_file=authority.certificate,
            service_account_issuer="https://127.0.0.1",
            service_account_key_file=serving,
            service_account_signing_key_file=serving_key,
            service_cluster_ip_range="10.0.0.0/24",
            authorization_mode="RBAC",
            endpoint_reconciler_type="none",
        )
        cluster = Cluster(config)
        eventually(lambda: cluster.attempt("get", "--raw", "/readyz").returncode == 0, START_SECONDS)
        yield cluster


def serve(stack: ExitStack, log: Path, program: Path, **options: object) -> subprocess.Popen[bytes]:
    """Run a server of Kubernetes for as long as the stack is open."""
    flags = [f"--{option.replace('_', '-')}={value}" for option, value in options.items()]
    output = stack.enter_context(log.open("wb"))
    process = subprocess.Popen([*dies_with_us(), str(program), *flags], stdout=output, stderr=output)
    stack.callback(process.wait)
    stack.callback(process.kill)
    return process
