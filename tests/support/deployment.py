"""A deployment that many tests start from: made once by Terraform, restored for each test."""

import shutil
from pathlib import Path
from typing import Any, Generic, TypeVar

from tests.support.stack import Stack

AnyStack = TypeVar("AnyStack", bound=Stack)

# A function's settings, with the names that Lambda uses in requests and responses.
_SETTINGS = (
    *("FunctionName", "Runtime", "Role", "Handler", "Timeout", "MemorySize", "Environment"),
    *("LoggingConfig", "TracingConfig"),
)
_CREATED_WITH = (*_SETTINGS, "Architectures", "PackageType")
_COMPARED = (*_CREATED_WITH, "CodeSha256", "FunctionArn", "Description", "Layers", "Version")


class Deployment(Generic[AnyStack]):
    """A stack with one function, `app`, deployed by an apply from nothing.

    A test may edit the sources, apply, and delete the function. It must leave everything else in
    AWS, such as role and layers, as it is: a test that destroys makes a stack of its own.

    Args:
        stack: The stack, not deployed yet.
        kept: A new folder, for a copy of the stack's folder.
    """

    def __init__(self, stack: AnyStack, kept: Path) -> None:
        stack.apply()
        self._stack, self._kept = stack, kept
        ignore = shutil.ignore_patterns(".terraform")
        shutil.copytree(stack.root, kept, symlinks=True, ignore=ignore)
        self._client = stack.client("lambda")
        self._name = stack.terraform.output()["function_name"]
        self._function = self._configuration()

    def put_back(self) -> AnyStack:
        """Restore folder and function as they were right after the apply; return the stack."""
        root = self._stack.root
        # An AWS provider runs in the folder `infra`; its program is in `infra/.terraform`.
        for path in [*root.iterdir(), *(root / "infra").iterdir()]:
            if path.is_dir() and not path.is_symlink():
                if path.relative_to(root) not in (Path("infra"), Path("infra/.terraform")):
                    shutil.rmtree(path)
            else:
                path.unlink()
        shutil.copytree(self._kept, root, symlinks=True, dirs_exist_ok=True)
        self._put_function_back()
        return self._stack

    def _put_function_back(self) -> None:
        (zip_file,) = (self._kept / "dist/app").glob("*.zip")
        code = zip_file.read_bytes()
        current = self._configuration()
        if current is None:
            self._client.create_function(**self._settings(_CREATED_WITH), Code={"ZipFile": code})
        else:
            if current["CodeSha256"] != self._function["CodeSha256"]:
                self._client.update_function_code(FunctionName=self._name, ZipFile=code)
            if current != self._function:
                self._client.update_function_configuration(**self._settings(_SETTINGS))
        assert self._configuration() == self._function

    def _configuration(self) -> Any:  # noqa: ANN401 - boto3 has no types
        """Return the function's configuration in AWS, or None if there is no function.

        Values that every update changes, such as the time of the last one, are left out.
        """
        try:
            answer = self._client.get_function_configuration(FunctionName=self._name)
        except self._client.exceptions.ResourceNotFoundException:
            return None
        return {key: answer[key] for key in _COMPARED if key in answer}

    def _settings(self, keys: tuple[str, ...]) -> dict[str, object]:
        return {key: self._function[key] for key in keys if key in self._function}
