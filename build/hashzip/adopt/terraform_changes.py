"""Change the Terraform of a repository, so that hashzip packs its functions.

Three things change: the module `package` is added, and `filename` and `source_code_hash` are taken
from it. Everything else of the files stays as it is, to the byte.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hashzip.adopt import hcl_values, modules, terraform_edits, terraform_new
from hashzip.adopt.hcl import Block
from hashzip.adopt.hcl_values import UnresolvedError
from hashzip.adopt.proposal import Adopted, Change, Declared
from hashzip.adopt.repository import Repository
from hashzip.adopt.terraform import Place
from hashzip.adopt.terraform_blocks import Module
from hashzip.adopt.terraform_edits import Edit

if TYPE_CHECKING:
    from hashzip.adopt.terraform_modules import Call

_VARIABLE = "hashzip_function"
_OLD = ("s3_bucket", "s3_key", "s3_object_version", "filename", "source_code_hash")
_OLD_OF_MODULE = (
    *("source_path", "create_package", "local_existing_package", "ignore_source_code_hash"),
    *("s3_existing_package", "store_on_s3", "s3_bucket", "hash_extra", "artifacts_dir"),
)
_ARCHIVE = re.compile(r"\barchive_file\.([\w-]+)")
_IGNORED = re.compile(r"\b(filename|source_code_hash|s3_key|s3_object_version|all)\b")
_BEFORE = 8  # characters before a block, among which an empty line is seen


class Wanted(NamedTuple):
    """A function or layer whose Terraform is changed.

    Attributes:
        name: How hashzip names it: `orders`, or `layer.deps`.
        handler: What Lambda calls, as hashzip packs it; "" where that is not said.
        declared: What Terraform has.
    """

    name: str
    handler: str
    declared: Declared


class Instance(NamedTuple):
    """A function of a block.

    Attributes:
        name: How hashzip names it: `orders`, or `layer.deps`.
        handler: What Lambda calls, as hashzip packs it; "" where that is not said.
        place: Where it is.
    """

    name: str
    handler: str
    place: Place

    @property
    def has_other_handler(self) -> bool:
        """Whether Terraform has another handler than hashzip."""
        text = self.place.block.text("handler")
        if not self.handler or text is None:
            return False
        try:
            return bool(hcl_values.evaluate(text, self.place.scope) != self.handler)
        except UnresolvedError:
            return False


class Changes:
    """The changes of a repository's Terraform.

    Args:
        repository: The files.
        by_hand: Gets the blocks that have to be changed by hand, each with the reason.
    """

    def __init__(self, repository: Repository, by_hand: list[tuple[str, str]]) -> None:
        self._repository = repository
        self._by_hand = by_hand
        self._edits: dict[str, list[Edit]] = {}
        self._variables: set[str] = set()
        self._archives: dict[str, dict[str, list[tuple[str, int]]]] = {}
        self.is_copied: set[str] = set()

    def add(self, functions: Iterable[Wanted]) -> None:
        """Change the blocks of functions and layers."""
        blocks: dict[tuple[str, int], list[Instance]] = {}
        for each in functions:
            for place in each.declared.places:
                key = (place.block.path, place.block.start)
                blocks.setdefault(key, []).append(Instance(each.name, each.handler, place))
        for instances in blocks.values():
            block = instances[0].place.block
            try:
                expression = self._function(instances)
            except ValueError as error:
                self._by_hand.append((f"{block.path}:{block.line}", str(error)))
                continue
            self._change(instances, expression)
            self._note(block)

    def _note(self, block: Block) -> None:
        """Say what would keep Terraform from deploying new code."""
        for lifecycle in block.of_kind("lifecycle"):
            ignored = _IGNORED.findall(lifecycle.text("ignore_changes") or "")
            if ignored:
                names = " and ".join(dict.fromkeys(ignored))
                self._by_hand.append(
                    (
                        f"{block.path}:{lifecycle.line}",
                        f"remove {names} from ignore_changes, by which Terraform ignores new code",
                    )
                )

    def files(self) -> list[Change]:
        """Return the changed files."""
        changes = []
        for path, edits in sorted(self._edits.items()):
            before = self._repository.text(path) or ""
            after = before
            for edit in sorted(edits, reverse=True):
                after = after[: edit.start] + edit.text + after[edit.end :]
            if "\r\n" in before:
                after = re.sub(r"\r?\n", "\r\n", after)
            changes.append(Change(path, before, after))
        return changes

    def _change(self, instances: Sequence[Instance], expression: str) -> None:
        place = instances[0].place
        block, module = place.block, place.scope.module
        label = _free_label(block.labels[-1], module)
        text = self._repository.text(block.path) or ""
        index = ""
        repeat = next((name for name in ("for_each", "count") if name in block.attributes), "")
        if repeat:
            index = "[each.key]" if repeat == "for_each" else "[count.index]"
        package = self._package(label, place, expression, repeat)
        before = text[max(0, block.start - _BEFORE) : block.start].replace("\r", "")
        gap = "\n" if before.strip("\n") and not before.endswith("\n\n") else ""
        self._insert(block.path, block.start, gap + package)
        reference = f"module.{label}{index}"
        if place.is_module:
            values = {
                "create_package": "false",
                "local_existing_package": f"{reference}.filename",
                "ignore_source_code_hash": "true",
            }
        else:
            values = {
                "filename": f"{reference}.filename",
                "source_code_hash": f"{reference}.source_code_hash",
            }
        old = _OLD_OF_MODULE if place.is_module else _OLD
        if any(each.has_other_handler for each in instances):
            values["handler"] = f"{reference}.handler"
            old = (*old, "handler")
        self._edit(text, block, values, old)
        self._drop_archive(place)

    def _package(self, label: str, place: Place, expression: str, repeat: str) -> str:
        block, scope = place.block, place.scope
        folder = scope.module.folder
        origin = modules.source(self._repository.root, folder)
        if origin.is_copied:
            self.is_copied.add(folder)
        lines = [f'module "{label}" {{']
        if repeat:
            lines += [
                f'  {"source":<{len(repeat)}} = "{origin.of("package")}"',
                f"  {repeat:<6} = {block.text(repeat)}",
            ]
        else:
            lines.append(f'  source = "{origin.of("package")}"')
        variable = "root" if scope.call is None else "module"
        lines += [
            "",
            f"  project{' ' * ('{' not in expression)} = {terraform_new.project(folder, variable)}",
            f"  function = {expression}",
        ]
        for key in ("function_name", "layer_name"):
            name = block.text(key)
            if name is not None:
                lines += [
                    "",
                    "  # Whatever has a new name is created anew, which needs the zip again.",
                    f"  triggers = {{ {key} = {name} }}",
                ]
        return "\n".join([*lines, "}", "", ""])

    def _function(self, instances: Sequence[Instance]) -> str:
        """Return the expression of a function's name, for all instances of its block.

        Raises:
            ValueError: There is none that a reader would understand.
        """
        if len({each.name for each in instances}) == 1:
            return f'"{instances[0].name}"'
        by_key = {str(each.place.scope.key): each.name for each in instances}
        if len(set(by_key.items())) == len({each.name for each in instances}):
            block = instances[0].place.block
            return _by_key(by_key, "count" in block.attributes)
        calls = [each.place.scope.call for each in instances]
        if any(call is None or call.scope.call is not None for call in calls) or len(by_key) > 1:
            raise ValueError("it is in a module that other modules repeat")
        self._pass_names(instances)
        return f"var.{_VARIABLE}"

    def _pass_names(self, instances: Sequence[Instance]) -> None:
        """Have each call of a module say which function it is."""
        module = instances[0].place.scope.module
        block = instances[0].place.block
        if module.folder not in self._variables:
            self._variables.add(module.folder)
            text = (
                f'variable "{_VARIABLE}" {{\n'
                '  description = "Name of the function in hashzip.toml."\n'
                "  type        = string\n"
                "}\n\n"
            )
            self._insert(block.path, block.start, text)
        calls: dict[tuple[str, int], list[tuple[Call, str]]] = {}
        for each in instances:
            call = each.place.scope.call
            if call is not None:
                key = (call.block.path, call.block.start)
                calls.setdefault(key, []).append((call, each.name))
        for group in calls.values():
            outer = group[0][0].block
            by_key = {str(call.scope.key): name for call, name in group}
            expression = (
                f'"{group[0][1]}"'
                if len(set(by_key.values())) == 1
                else _by_key(by_key, "count" in outer.attributes)
            )
            text = self._repository.text(outer.path) or ""
            self._edit(text, outer, {_VARIABLE: expression}, (_VARIABLE,))

    def _edit(self, text: str, block: Block, values: dict[str, str], old: Sequence[str]) -> None:
        edits = terraform_edits.replace(text, block, values, old)
        self._edits.setdefault(block.path, []).extend(edits)

    def _drop_archive(self, place: Place) -> None:
        """Remove the archive that made the zip, if nothing else names it."""
        archive = place.package.archive
        if archive is None or archive.kind != "data":
            return
        uses = 0
        for path, start in self._uses(place.scope.module).get(archive.labels[-1], ()):
            edits = self._edits.get(path, [])
            uses += not any(edit.start <= start < edit.end for edit in edits)
        edits = self._edits.setdefault(archive.path, [])
        removal = terraform_edits.without_block(self._repository.text(archive.path) or "", archive)
        if uses == 0 and removal not in edits:
            edits.append(removal)

    def _uses(self, module: Module) -> dict[str, list[tuple[str, int]]]:
        """Return where a module names each archive: the file, and the place in it."""
        if module.folder not in self._archives:
            uses: dict[str, list[tuple[str, int]]] = {}
            for file in module.files:
                for match in _ARCHIVE.finditer(self._repository.text(file.path) or ""):
                    uses.setdefault(match[1], []).append((file.path, match.start()))
            self._archives[module.folder] = uses
        return self._archives[module.folder]

    def _insert(self, path: str, position: int, text: str) -> None:
        self._edits.setdefault(path, []).append(Edit(position, position, text))


def _by_key(names: dict[str, str], is_count: bool) -> str:  # noqa: FBT001 - private
    """Return an expression that chooses a name by the key of an instance."""
    if is_count:
        listed = [names[key] for key in sorted(names, key=int)]
        return f"[{', '.join(f'{chr(34)}{name}{chr(34)}' for name in listed)}][count.index]"
    if all(key == name for key, name in names.items()):
        return "each.key"
    width = max(len(key) for key in names) + 2
    rows = [f'    {chr(34) + key + chr(34):<{width}} = "{name}"' for key, name in names.items()]
    return "\n".join(["{", *rows, "  }[each.key]"])


def _free_label(label: str, module: Module) -> str:
    taken = {block.labels[0] for block in module.of_kind("module")}
    names = [f"{label}_package", *(f"{label}_package_{number}" for number in range(2, 100))]
    return next(name for name in names if name not in taken)


def wanted(adopted: Iterable[Adopted]) -> list[Wanted]:
    """Return the functions and layers that Terraform declares, as hashzip packs them."""
    return [
        Wanted(each.target, str(each.table.get("handler") or ""), each.declared)
        for each in adopted
        if each.declared
    ]
