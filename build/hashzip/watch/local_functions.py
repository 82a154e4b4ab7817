"""Create, update and delete the functions of a project in the local AWS."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hashzip.aws import errors
from hashzip.errors import HashzipError
from hashzip.watch import host_package

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hashzip.aws.client import Endpoint
    from hashzip.builders.build_plan import BuildPlan, Use
    from hashzip.watch.host_package import Zip
    from hashzip.watch.host_python import Pythons

_ROLE = "arn:aws:iam::000000000000:role/hashzip-watch"  # the local AWS accepts any


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of functions that `hashzip.toml` does not have.

    Attributes:
        memory: In MB.
        timeout: In seconds.
        environment: Variables that override those of `hashzip.toml`.
        cors: Whether browsers may call the functions from other origins.
    """

    memory: int = 128
    timeout: int = 3
    environment: Mapping[str, str]
    cors: bool = False


class LocalFunctions:
    """The functions of a project in the local AWS.

    Args:
        endpoint: The local AWS.
        folder: The folder for zips.
        settings: The settings of each function.
        pythons: The Pythons that the local AWS runs functions on.
    """

    def __init__(
        self, endpoint: Endpoint, folder: Path, settings: Settings, pythons: Pythons
    ) -> None:
        self._endpoint = endpoint
        self._client = endpoint.client("lambda")
        self._folder = folder
        self._settings = settings
        # By the name of what was packed: a function, package or layer.
        self._packed: dict[str, tuple[BuildPlan, Zip]] = {}
        self._pythons = pythons
        self._codes: dict[str, str] = {}
        self._layers: dict[str, tuple[str, str]] = {}
        self._configurations: dict[str, dict[str, object]] = {}
        self.urls: dict[str, str] = {}

    def deploy(self, plan: BuildPlan, use: Use) -> float:
        """Create or update a function; the next invocation runs the new code.

        Args:
            plan: What the function runs. It is packed once for all functions of a package that get
                the same plan.
            use: The function, with its layers.

        Returns:
            The time to build it, in seconds.

        Raises:
            HashzipError: It cannot be built.
        """
        with errors.translated(self._endpoint, use.function.name):
            return self._deploy(plan, use)

    def _deploy(self, plan: BuildPlan, use: Use) -> float:
        start = time.perf_counter()
        name = use.function.name
        packages = host_package.packages(plan, use.layers)
        new_zip = self._pack(plan)
        configuration = self._configuration(use, packages)
        self._pythons.add(use.function.runtime)
        seconds = time.perf_counter() - start
        if name not in self._configurations:
            self._create(name, configuration, new_zip)
        else:
            if configuration != self._configurations[name]:
                self._client.update_function_configuration(FunctionName=name, **configuration)
            if new_zip.artifact.code_sha256 != self._codes.get(name):
                self._update(name, new_zip)
        self._codes[name] = new_zip.artifact.code_sha256
        self._configurations[name] = configuration
        return seconds

    def _pack(self, plan: BuildPlan) -> Zip:
        """Pack what a plan is for, unless just that plan was packed for another function."""
        name = plan.target.name
        packed = self._packed.get(name)
        if packed is None or packed[0] is not plan:
            packed = plan, host_package.pack(plan, self._folder, packed and packed[1])
            self._packed[name] = packed
        return packed[1]

    def remove(self, name: str) -> None:
        """Delete a function."""
        with errors.translated(self._endpoint, name):
            self._client.delete_function(FunctionName=name)
        for mapping in (self._configurations, self._codes, self.urls):
            mapping.pop(name, None)

    def _create(self, name: str, configuration: Mapping[str, object], new_zip: Zip) -> None:
        self._client.create_function(
            FunctionName=name, Role=_ROLE, Code={"ZipFile": new_zip.content}, **configuration
        )
        cors = {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowHeaders": ["*"]}
        url = self._client.create_function_url_config(
            FunctionName=name, AuthType="NONE", **({"Cors": cors} if self._settings.cors else {})
        )
        self.urls[name] = url["FunctionUrl"]

    def _update(self, name: str, new_zip: Zip) -> None:
        """Update the code of a function. Each invocation that starts afterwards runs it."""
        response = self._client.update_function_code(FunctionName=name, ZipFile=new_zip.content)
        if response["CodeSha256"] != new_zip.artifact.code_sha256:
            raise HashzipError(
                f"{name} in the local AWS does not have the code that was sent", "save again"
            )

    def _configuration(self, use: Use, packages: Sequence[str]) -> dict[str, object]:
        function = use.function
        variables = {**function.environment, **self._settings.environment}
        if packages:
            own = [variables["PYTHONPATH"]] if "PYTHONPATH" in variables else []
            variables["PYTHONPATH"] = ":".join([*packages, *own])
        return {
            "Runtime": function.runtime,
            "Handler": function.handler,
            "MemorySize": self._settings.memory,
            "Timeout": self._settings.timeout,
            "Environment": {"Variables": variables},
            "Layers": [self._layer(layer) for layer in use.layers if layer.packed_files],
        }

    def _layer(self, layer: BuildPlan) -> str:
        """Publish the sources of a layer if they changed; return the ARN of its version."""
        name = layer.target.name
        fingerprint, arn = self._layers.get(name, ("", ""))
        if fingerprint != layer.fingerprint:
            new_zip = self._pack(layer)
            arn = self._client.publish_layer_version(
                LayerName=name.replace(".", "-"), Content={"ZipFile": new_zip.content}
            )["LayerVersionArn"]
            self._layers[name] = layer.fingerprint, arn
        return arn
