"""Providers: no changes where the registry can be reached, a mirror elsewhere."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from scripts import golang, providers
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOWHERE = "http://127.0.0.1:1/"  # nothing listens on port 1
PLATFORM = "_".join(golang.system())


@contextmanager
def serving(body: bytes) -> Iterator[str]:
    """Serve one body for every request and yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Machine:
    """A machine that has an AWS provider and Go.

    Attributes:
        root: The folder that has the AWS provider.
        built: What Go has built.
    """

    root: Path
    built: list[Path]

    def environment(self, registry: str = NOWHERE) -> dict[str, str]:
        """Return the variables for this machine."""
        return providers.environment(registry, [self.root])


@pytest.fixture
def machine(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make the machine."""
    version = tmp_path / "opt/some/registry.terraform.io/hashicorp/aws/9.9.9" / PLATFORM
    version.mkdir(parents=True)
    (version / "terraform-provider-aws_v9.9.9_x5").touch()
    built: list[Path] = []

    def build(_module: golang.Module, _package: str, program: Path, *_: str) -> None:
        assert program.is_relative_to(own_cache)
        program.parent.mkdir(parents=True)
        program.touch()
        built.append(program)

    monkeypatch.setattr(golang, "build", build)
    return Machine(tmp_path / "opt", built)


def test_reachable_registry_changes_nothing(own_cache: Path) -> None:
    """Where the registry can be reached, nothing is set and nothing is written."""
    with serving(b'{"providers.v1": "/v1/providers/"}') as registry:
        assert providers.environment(registry) == {}
    assert not own_cache.exists()


def test_login_page_is_not_the_registry(machine: Machine) -> None:
    """A network that serves its login page for every request counts as unreachable."""
    with serving(b"<html>Welcome to our hotel</html>") as registry:
        assert machine.environment(registry)


@pytest.mark.parametrize("host", ["registry.terraform.io", "registry.opentofu.org"])
@pytest.mark.parametrize("provider", ["aws", "external"])
def test_mirror_has_each_provider_for_both_programs(
    own_cache: Path, machine: Machine, host: str, provider: str
) -> None:
    """Terraform and OpenTofu each find both providers below the name of their registry."""
    machine.environment()
    files = own_cache.glob(f"providers/{host}/hashicorp/{provider}/*/{PLATFORM}/*-{provider}_v*")
    assert len(list(files)) == 1


def test_configuration_names_the_mirror(own_cache: Path, machine: Machine) -> None:
    """The variable names a configuration, which names the mirror."""
    variables = machine.environment()
    assert list(variables) == ["TF_CLI_CONFIG_FILE"]
    text = (own_cache / "terraform.tfrc").read_text(encoding="utf-8")
    assert variables["TF_CLI_CONFIG_FILE"] == str(own_cache / "terraform.tfrc")
    assert f'path = "{own_cache / "providers"}"' in text


def test_provider_is_built_once(machine: Machine) -> None:
    """If two processes need the mirror at the same time, one builds and one waits."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(machine.environment, [NOWHERE, NOWHERE]))
    assert len(machine.built) == 1


@pytest.mark.usefixtures("own_cache")
def test_missing_aws_provider_is_named(tmp_path: Path) -> None:
    """Without an AWS provider on the machine, the error says how to get one."""
    with pytest.raises(ScriptError, match="terraform providers mirror"):
        providers.environment(NOWHERE, [tmp_path])
