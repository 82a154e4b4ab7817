"""A deployment that many tests begin with: Terraform makes it once, and it is put back for each."""

import shutil
from pathlib import Path
from typing import Any, Generic, TypeVar

from tests.support.stack import Stack

AnyStack = TypeVar("AnyStack", bound=Stack)

# What a function is made with, as Lambda answers it and takes it.
_SETTINGS = (
    *("FunctionName", "Runtime", "Role", "Handler", "Timeout", "MemorySize", "Environment"),
    *("LoggingConfig", "TracingConfig"),
)
_MADE_WITH = (*_SETTINGS, "Architectures", "PackageType")
_COMPARED = (*_MADE_WITH, "CodeSha256", "FunctionArn", "Description", "Layers", "Version")


class Deployment(Generic[AnyStack]):
    """A stack with one function, `app`, deployed by an apply from nothing.

    A test may edit its sources, apply, and delete the function. What else there is in AWS, such as
    its role and its layers, must stay: a test that destroys makes a stack of its own.

    Args:
        stack: The stack, not deployed yet.
        kept: A new folder, for a copy of the stack's.
    """

    def __init__(self, stack: AnyStack, kept: Path) -> None:
        stack.apply()
        self._stack, self._kept = stack, kept
        ignore = shutil.ignore_patterns(".terraform")
        shutil.copytree(stack.root, kept, symlinks=True, ignore=ignore)
        self._client = stack.client("lambda")
        self._name = stack.terraform.output()["function_name"]
        self._function = self._found()

    def put_back(self) -> AnyStack:
        """Makes folder and function what they were right after the apply; answers the stack."""
        root = self._stack.root
        # In its folder `infra` an AWS provider runs, by a program in `infra/.terraform`.
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
        found = self._found()
        if found is None:
            self._client.create_function(**self._settings(_MADE_WITH), Code={"ZipFile": code})
        else:
            if found["CodeSha256"] != self._function["CodeSha256"]:
                self._client.update_function_code(FunctionName=self._name, ZipFile=code)
            if found != self._function:
                self._client.update_function_configuration(**self._settings(_SETTINGS))
        assert self._found() == self._function

    def _found(self) -> Any:  # noqa: ANN401 - boto3 has no types
        """Answers the function as it is in AWS, without what each change renews; None if none."""
        try:
            found = self._client.get_function_configuration(FunctionName=self._name)
        except self._client.exceptions.ResourceNotFoundException:
            return None
        return {key: found[key] for key in _COMPARED if key in found}

    def _settings(self, keys: tuple[str, ...]) -> dict[str, object]:
        return {key: self._function[key] for key in keys if key in self._function}
