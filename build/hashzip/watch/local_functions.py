"""The functions of a project in the local AWS: made, changed, and taken away."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hashzip.aws import errors
from hashzip.errors import HashzipError
from hashzip.project.targets import Function
from hashzip.watch import host_package

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hashzip.aws.client import Endpoint
    from hashzip.builders.build_plan import BuildPlan
    from hashzip.watch.host_package import Zip

# The local AWS does not look at it.
_ROLE = "arn:aws:iam::000000000000:role/hashzip-watch"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What functions get beside their code, as `hashzip.toml` has none of it.

    Attributes:
        memory: In MB.
        timeout: In seconds.
        environment: Variables, which win over those of `hashzip.toml`.
        cors: Whether browsers may call from other origins.
    """

    memory: int = 128
    timeout: int = 3
    environment: Mapping[str, str]
    cors: bool = False


class LocalFunctions:
    """The functions in the local AWS.

    Args:
        place: The local AWS.
        folder: Where zips are kept.
        settings: For each function.
    """

    def __init__(self, place: Endpoint, folder: Path, settings: Settings) -> None:
        self._place = place
        self._client = place.client("lambda")
        self._folder = folder
        self._settings = settings
        self._zips: dict[str, Zip] = {}
        self._layers: dict[str, tuple[str, str]] = {}
        self._known: dict[str, dict[str, object]] = {}
        self.urls: dict[str, str] = {}

    def push(self, plan: BuildPlan) -> float:
        """Make a function what its plan says; the next invocation is of the new code.

        Returns:
            How long it took to build, in seconds.

        Raises:
            HashzipError: It cannot be built.
        """
        with errors.translated(self._place, plan.target.name):
            return self._push(plan)

    def _push(self, plan: BuildPlan) -> float:
        start = time.perf_counter()
        name = plan.target.name
        before = self._zips.get(name)
        packages = host_package.packages(plan)
        zipped = host_package.pack(plan, self._folder, before)
        configuration = self._configuration(plan, packages)
        seconds = time.perf_counter() - start
        if name not in self._known:
            self._create(name, configuration, zipped)
        else:
            if configuration != self._known[name]:
                self._client.update_function_configuration(FunctionName=name, **configuration)
            if before is None or zipped.artifact.code_sha256 != before.artifact.code_sha256:
                self._update(name, zipped)
        self._zips[name], self._known[name] = zipped, configuration
        return seconds

    def remove(self, name: str) -> None:
        """Take a function away."""
        with errors.translated(self._place, name):
            self._client.delete_function(FunctionName=name)
        for known in (self._known, self._zips, self.urls):
            known.pop(name, None)

    def _create(self, name: str, configuration: Mapping[str, object], zipped: Zip) -> None:
        self._client.create_function(
            FunctionName=name, Role=_ROLE, Code={"ZipFile": zipped.content}, **configuration
        )
        cors = {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"]}
        more = {"Cors": cors} if self._settings.cors else {}
        made = self._client.create_function_url_config(FunctionName=name, AuthType="NONE", **more)
        self.urls[name] = made["FunctionUrl"]

    def _update(self, name: str, zipped: Zip) -> None:
        """Give a function new code: once this is answered, each invocation that begins has it."""
        answer = self._client.update_function_code(FunctionName=name, ZipFile=zipped.content)
        if answer["CodeSha256"] != zipped.artifact.code_sha256:
            raise HashzipError(
                f"{name}: the local AWS has other code than it was sent", "save again"
            )

    def _configuration(self, plan: BuildPlan, packages: Sequence[str]) -> dict[str, object]:
        target = plan.target
        assert isinstance(target, Function)  # noqa: S101 - layers come with their functions
        variables = {**target.environment, **self._settings.environment}
        if packages:
            theirs = [variables["PYTHONPATH"]] if "PYTHONPATH" in variables else []
            variables["PYTHONPATH"] = ":".join([*packages, *theirs])
        return {
            "Runtime": target.runtime,
            "Handler": target.handler,
            "MemorySize": self._settings.memory,
            "Timeout": self._settings.timeout,
            "Environment": {"Variables": variables},
            "Layers": [self._layer(layer) for layer in plan.layers if layer.packed_files],
        }

    def _layer(self, layer: BuildPlan) -> str:
        """Publish the sources of a layer, unless they are what they were; answer its ARN."""
        name = layer.target.name
        known, arn = self._layers.get(name, ("", ""))
        if known != layer.fingerprint:
            zipped = host_package.pack(layer, self._folder, self._zips.get(name))
            self._zips[name] = zipped
            arn = self._client.publish_layer_version(
                LayerName=name.replace(".", "-"), Content={"ZipFile": zipped.content}
            )["LayerVersionArn"]
            self._layers[name] = layer.fingerprint, arn
        return arn
