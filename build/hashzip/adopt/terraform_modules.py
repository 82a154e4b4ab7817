"""The instances of Terraform's modules in a repository, and the values of references in them."""

import itertools
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from hashzip.adopt import hcl_values
from hashzip.adopt.hcl import Block
from hashzip.adopt.hcl_values import Reference, UnresolvedError
from hashzip.adopt.repository import Repository, below, contains, parent
from hashzip.adopt.terraform_blocks import Module
from hashzip.errors import HashzipError
from hashzip.inputs import gitignore

_MAX_DEPTH = 6  # of modules in modules
_MAX_INSTANCES = 1000  # of a block
_MAX_SCOPES = 5000
_ADDRESS = {"data": 3, "module": 2}  # the words of a block's address; those of a resource are 2


class Call(NamedTuple):
    """An instance of a module: where it is called, and with which key of `for_each`.

    Attributes:
        block: The block that calls it.
        scope: Where that block is.
    """

    block: Block
    scope: "Scope"


class Scope:
    """An instance of a module, in which expressions have values.

    Attributes:
        module: The module.
        terraform: All modules.
        root: The folder of the root module.
        call: What calls the module; None for a root.
        each: The values of `each.key`, `each.value` and `count.index`, as far as they are known.
    """

    def __init__(
        self,
        module: Module,
        terraform: "Terraform",
        root: str,
        call: Call | None = None,
        each: Mapping[tuple[str, str], Any] | None = None,
        memo: dict[object, Any] | None = None,
    ) -> None:
        self.module = module
        self.terraform = terraform
        self.root = root
        self.call = call
        self.each = each or {}
        # Values of locals and variables, which all instances of a block share.
        self._memo: dict[object, Any] = {} if memo is None else memo

    @property
    def key(self) -> Any:
        """The key or the index of this instance; None where there is only one."""
        return self.each.get(("each", "key"), self.each.get(("count", "index")))

    def instances(self, block: Block) -> list["Scope"]:
        """Return a scope for each instance of a block; one without a key where that is unknown."""
        memo = id(block)
        if memo not in self._memo:
            self._memo[memo] = {str(scope.key): scope for scope in self._instances(block)}
        return list(self._memo[memo].values())

    def _instances(self, block: Block) -> list["Scope"]:
        for name in ("for_each", "count"):
            text = block.text(name)
            if text is None:
                continue
            try:
                value = hcl_values.evaluate(text, self)
            except UnresolvedError:
                return [self]
            if name == "count":
                count = value if isinstance(value, int) else 1
                return [
                    self.with_value(("count", "index"), n) for n in range(min(max(count, 1), 100))
                ]
            pairs = (
                value.items() if isinstance(value, Mapping) else ((each, each) for each in value)
            )
            scopes = [
                self.with_value(("each", "key"), str(key)).with_value(("each", "value"), item)
                for key, item in list(pairs)[:_MAX_INSTANCES]
            ]
            return scopes or [self]
        return [self]

    def resolve(self, steps: Sequence[str | int]) -> Any:
        """Return the value of a reference; see `hcl_values.Scope`."""
        first, second = str(steps[0]), str(steps[1])
        if first in ("each", "count"):
            if (first, second) not in self.each:
                raise UnresolvedError(f"{first}.{second} is known when Terraform runs")
            return self.each[(first, second)]
        if first == "path":
            folder = self.module.folder if second == "module" else self.root
            return self.terraform.repository.location(folder)
        if first == "terraform":
            return "default"  # the workspace
        if first in ("local", "var"):
            return self._remembered(f"{first}.{second}")
        return self._of_block(steps)

    def fileset(self, folder: str, pattern: str) -> list[str]:
        """Return the files in a folder that match a pattern; see `hcl_values.Scope`."""
        repository = self.terraform.repository
        start = repository.relative(posixpath.join(repository.location(self.root), folder))
        if start is None:
            raise UnresolvedError(f"{folder} is outside the project")
        try:
            is_match = gitignore.matcher_below([f"/{pattern.lstrip('/')}"])
        except HashzipError as error:
            raise UnresolvedError(str(error)) from error
        paths = (below(start, path) for path in repository.paths("") if contains(start, path))
        return sorted(path for path in paths if is_match(path))

    def _remembered(self, name: str) -> Any:
        """Evaluate a local value or a variable once."""
        if name not in self._memo:
            self._memo[name] = UnresolvedError(f"{name} refers to itself")
            try:
                kind, _, word = name.partition(".")
                value = self._local(word) if kind == "local" else self._variable(word)
            except UnresolvedError as error:
                value = error
            self._memo[name] = value
        value = self._memo[name]
        if isinstance(value, UnresolvedError):
            raise value
        return value

    def _local(self, name: str) -> Any:
        if name not in self.module.locals:
            raise UnresolvedError(f"local.{name} is in no file of {self.module.folder}")
        return hcl_values.evaluate(self.module.locals[name], self)

    def _variable(self, name: str) -> Any:
        if self.call is not None and name in self.call.block.attributes:
            return hcl_values.evaluate(self.call.block.text(name) or "", self.call.scope)
        text = self.module.variables.get(name)
        if self.call is None:
            text = self.module.settings.get(name, text)
            text = self.module.agreed.get(name) if text is None else text
        if text is None:
            raise UnresolvedError(f"var.{name} has no default")
        return hcl_values.evaluate(text, self)

    def _of_block(self, steps: Sequence[str | int]) -> Any:
        """Return the value of an attribute of a block."""
        size = _ADDRESS.get(str(steps[0]), 2)
        rest = list(steps[size:])
        if len(steps) <= size:
            return Reference(tuple(steps))
        address = tuple(map(str, steps[:size]))
        block = self.module.blocks.get(address)
        if block is None:
            raise UnresolvedError(f"{'.'.join(address)} is in no file of {self.module.folder}")
        scope = self
        if "for_each" in block.attributes or "count" in block.attributes:
            if len(rest) == 1:
                return Reference(tuple(steps))
            scope = self.instance(block, rest.pop(0))
        if address[0] == "module":
            return self._output(block, scope, str(rest[0]))
        text = block.text(str(rest[0]))
        if text is None:
            raise UnresolvedError(f"{'.'.join(map(str, steps))} is known when Terraform runs")
        return hcl_values.evaluate(text, scope)

    def instance(self, block: Block, key: str | int) -> "Scope":
        """Return the scope of one instance of a block."""
        self.instances(block)
        scope: Scope | None = self._memo[id(block)].get(str(key))
        if scope is not None:
            return scope
        raise UnresolvedError(f'{".".join(block.labels)} has no instance "{key}"')

    def _output(self, block: Block, scope: "Scope", name: str) -> Any:
        child = self.enter(block, scope)
        text = child.module.outputs.get(name) if child else None
        if child is None or text is None:
            raise UnresolvedError(f"module.{block.labels[0]}.{name} is known when Terraform runs")
        return hcl_values.evaluate(text, child)

    def enter(self, block: Block, scope: "Scope") -> "Scope | None":
        """Return the scope of a module of the repository that a block calls.

        Args:
            block: The block.
            scope: This scope, or that of one instance of the block.
        """
        folder = self.module.child(block)
        module = self.terraform.modules.get(folder or "")
        if module is None or module in self._chain() or self.depth >= _MAX_DEPTH:
            return None
        return Scope(module, self.terraform, self.root, Call(block, scope))

    def _chain(self) -> list[Module]:
        """Return this module and those that it is in: Terraform refuses circles."""
        return [self.module, *(self.call.scope._chain() if self.call else ())]  # noqa: SLF001

    @property
    def depth(self) -> int:
        """How many modules this one is in."""
        return 0 if self.call is None else self.call.scope.depth + 1

    def with_value(self, name: tuple[str, str], value: Any) -> "Scope":
        """Return the scope with a value of `each` or `count`."""
        each = {**self.each, name: value}
        return Scope(self.module, self.terraform, self.root, self.call, each, self._memo)


class Terraform:
    """All Terraform of a repository.

    Args:
        repository: The files.
    """

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        folders: dict[str, list[str]] = {}
        for path in repository.paths(".tf", ".tofu"):
            folders.setdefault(parent(path), []).append(path)
        self.modules = {
            folder: Module(repository, folder, paths) for folder, paths in folders.items()
        }

    @cached_property
    def roots(self) -> list[Module]:
        """The modules that no other module of the repository calls."""
        called = {
            module.child(block)
            for module in self.modules.values()
            for block in module.of_kind("module")
        }
        return [module for folder, module in self.modules.items() if folder not in called]

    def scopes(self) -> Iterator[Scope]:
        """Yield all instances of all modules, roots first."""
        scopes = (
            each for root in self.roots for each in self._below(Scope(root, self, root.folder))
        )
        return itertools.islice(scopes, _MAX_SCOPES)

    def _below(self, scope: Scope) -> Iterator[Scope]:
        yield scope
        for block in scope.module.of_kind("module"):
            if scope.module.child(block) is None:
                continue
            for instance in scope.instances(block):
                child = scope.enter(block, instance)
                if child is not None:
                    yield from self._below(child)
