"""Find what Terraform packs for a function: the folders behind `filename` and `source_path`."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from hashzip.adopt import hcl_values
from hashzip.adopt.hcl import Block
from hashzip.adopt.hcl_values import UnresolvedError
from hashzip.adopt.proposal import Unresolved
from hashzip.adopt.repository import join, parent
from hashzip.adopt.terraform_modules import Scope

_ARCHIVE = re.compile(
    r"(?:data\.)?archive_file\.([\w-]+)(?:\[(.+?)\])?\.(?:output_path|id|source_dir)"
)
_OBJECT = re.compile(r"(?:aws_s3_(?:bucket_)?object)\.([\w-]+)(?:\[(.+?)\])?\.(?:key|id)")
# Where `cargo lambda build` and usual builds of Go leave a program.
_PROGRAM = re.compile(r"(?:^|/)([\w.-]+)/bootstrap(?:\.zip)?$|(?:^|/)([\w.-]+?)(?:\.zip)?$")
_NO_PROGRAMS = ("bin", "build", "dist", "out", "release", "lambda", "bootstrap", "target")
# Patterns of terraform-aws-modules are regular expressions; these say what a pattern says.
_FOLDER_PATTERN = re.compile(r"!(?:\.\*/)?([\w./-]+?)/?(?:\.\*|\(\.\*\))?")


class Package(NamedTuple):
    """What Terraform packs.

    Attributes:
        sources: The folders.
        include: Patterns of the files that are taken, or none for all.
        exclude: Patterns of the files that are left out.
        requirements: The list of packages that it installs; "" where that is not said; None where
            it installs none.
        program: The name of the program that is packed, or "".
        unresolved: What stays open.
        archive: The block of the archive, which nothing needs once hashzip packs.
        renamed: The name of the only module in the zip, and its name on the disk, if that differs.
    """

    sources: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    requirements: str | None = ""
    program: str = ""
    unresolved: tuple[Unresolved, ...] = ()
    archive: Block | None = None
    renamed: tuple[str, str] = ("", "")


def of_resource(scope: Scope, block: Block) -> Package:
    """Find what the resource of a function or layer deploys."""
    for key in ("filename", "s3_key", "s3_object_key", "code_s3_key"):
        text = block.text(key)
        if text is not None:
            return _of_file(scope, key, text)
    return Package(unresolved=(Unresolved("filename", "", "it has none"),))


def of_module(scope: Scope, block: Block) -> Package:
    """Find what a call of terraform-aws-modules deploys."""
    text = block.text("source_path")
    if text is None:
        for key in ("local_existing_package", "s3_existing_package"):
            existing = block.text(key)
            if existing is not None:
                return _of_file(scope, key, existing)
        return Package(unresolved=(Unresolved("source_path", "", "it has none"),))
    try:
        value = hcl_values.evaluate(text, scope)
    except UnresolvedError as error:
        return Package(unresolved=(Unresolved("source_path", text, str(error)),))
    package = Package(requirements=None)
    for item in value if isinstance(value, list) else [value]:
        try:
            package = _with_item(scope, package, {"path": item} if isinstance(item, str) else item)
        except UnresolvedError as error:
            open_value = Unresolved("source_path", text, str(error))
            package = package._replace(unresolved=(*package.unresolved, open_value))
    return package


def _of_file(scope: Scope, key: str, text: str) -> Package:
    """Find what a zip is made from."""
    text = re.sub(r'^"\$\{([^}"]+)\}"$', r"\1", text)
    try:
        stored = _OBJECT.fullmatch(text)
        if stored:
            return _of_object(scope, key, text, stored)
        archive = _archive(scope, text) or _archive_at(scope, text)
        if archive:
            return _of_archive(*archive)
        path = _path(scope, hcl_values.evaluate(text, scope))
    except UnresolvedError as error:
        return Package(unresolved=(Unresolved(key, text, str(error)),))
    return Package(
        program=_program(path), unresolved=(Unresolved(key, text, "a program makes that zip"),)
    )


def _of_object(scope: Scope, key: str, text: str, match: re.Match[str]) -> Package:
    for kind in ("aws_s3_object", "aws_s3_bucket_object"):
        block = scope.module.blocks.get((kind, match[1]))
        if block is None:
            continue
        inner = scope
        if match[2]:
            inner = scope.instance(block, hcl_values.evaluate(match[2], scope))
        source = block.text("source")
        if source is not None:
            return _of_file(inner, key, source)
    raise UnresolvedError(f"{text} is made from no file")


def _archive(scope: Scope, text: str) -> tuple[Scope, Block] | None:
    """Return the archive that an expression names."""
    match = _ARCHIVE.fullmatch(text)
    if match is None:
        return None
    for address in (("data", "archive_file", match[1]), ("archive_file", match[1])):
        block = scope.module.blocks.get(address)
        if block is not None:
            if match[2] is None:
                return scope.instances(block)[0], block
            return scope.instance(block, hcl_values.evaluate(match[2], scope)), block
    return None


def _archive_at(scope: Scope, text: str) -> tuple[Scope, Block] | None:
    """Return the archive that is written to the path that an expression gives."""
    path = _path(scope, hcl_values.evaluate(text, scope))
    for output, instance, block in _archives(scope):
        if output == path:
            return instance, block
    return None


def _archives(scope: Scope) -> Iterator[tuple[str, Scope, Block]]:
    for address, block in scope.module.blocks.items():
        if "archive_file" not in address[:2]:
            continue
        for instance in scope.instances(block):
            try:
                value = hcl_values.evaluate(block.text("output_path") or "null", instance)
                yield _path(instance, value), instance, block
            except UnresolvedError:
                continue


def _of_archive(scope: Scope, block: Block) -> Package:
    """Return what an `archive_file` packs."""
    unresolved = []
    exclude: list[str] = []
    excludes = block.text("excludes")
    if excludes is not None:
        try:
            exclude = [_anchored(str(each)) for each in hcl_values.evaluate(excludes, scope)]
        except UnresolvedError as error:
            unresolved.append(Unresolved("excludes", excludes, str(error)))
    for key in ("source_dir", "source_file"):
        text = block.text(key)
        if text is None:
            continue
        try:
            path = _path(scope, hcl_values.evaluate(text, scope))
        except UnresolvedError as error:
            return Package(unresolved=(Unresolved(key, text, str(error)),), archive=block)
        if not _exists(scope, path, is_file=key == "source_file"):
            reason = f"a program makes {path}"
            return Package(
                program=_program(path),
                unresolved=(Unresolved(key, text, reason),),
                archive=block,
            )
        include = (f"/{posixpath.basename(path)}",) if key == "source_file" else ()
        folder = parent(path) if key == "source_file" else path
        return Package(
            (folder,), include, tuple(exclude), unresolved=tuple(unresolved), archive=block
        )
    return _of_contents(scope, block)


def _of_contents(scope: Scope, block: Block) -> Package:
    """Return what the blocks `source { content = file(…) }` of an archive pack."""
    paths, names = [], []
    for source in block.of_kind("source"):
        content = source.text("content") or ""
        match = re.fullmatch(r"file\((.*)\)", content, re.DOTALL)
        try:
            if match is None:
                return _open_content(block, content, "the text is made by Terraform")
            paths.append(_path(scope, hcl_values.evaluate(match[1], scope)))
            names.append(hcl_values.evaluate(source.text("filename") or "null", scope))
        except UnresolvedError as error:
            return _open_content(block, content, str(error))
    folders = {parent(path) for path in paths}
    own = [posixpath.basename(path) for path in paths]
    if len(folders) != 1 or (own != names and len(paths) > 1):
        return _open_content(block, "", "it packs files of several folders, or renames them")
    package = Package((folders.pop(),), tuple(f"/{name}" for name in own), archive=block)
    if own != names:
        stems = (str(each).rpartition(".")[0] for each in (names[0], own[0]))
        package = package._replace(renamed=(next(stems), next(stems)))
    return package


def _open_content(block: Block, text: str, reason: str) -> Package:
    return Package(unresolved=(Unresolved("content", text, reason),), archive=block)


def _with_item(scope: Scope, package: Package, item: Any) -> Package:
    """Add an item of `source_path` to a package."""
    if not isinstance(item, dict) or not isinstance(item.get("path"), str):
        return package._replace(
            unresolved=(*package.unresolved, Unresolved("source_path", str(item), "it has no path"))
        )
    unresolved = list(package.unresolved)
    path = _path(scope, item["path"])
    is_file = scope.terraform.repository.is_file(path)
    folder = parent(path) if is_file else path
    include = (f"/{posixpath.basename(path)}",) if is_file else ()
    if not _exists(scope, path, is_file=is_file):
        reason = f"a program makes {path}"
        unresolved.append(Unresolved("source_path", item["path"], reason))
        return package._replace(program=_program(path), unresolved=tuple(unresolved))
    for key in ("commands", "prefix_in_zip", "npm_package_json"):
        if item.get(key):
            reason = 'hashzip has no such key; see builder = "command"'
            unresolved.append(Unresolved(f"source_path.{key}", str(item[key]), reason))
    exclude, open_patterns = _patterns(item.get("patterns"))
    unresolved += [
        Unresolved("source_path.patterns", each, "a regular expression") for each in open_patterns
    ]
    return Package(
        (*package.sources, folder) if folder not in package.sources else package.sources,
        (*package.include, *include),
        (*package.exclude, *exclude),
        _installed(scope, item, folder, is_file=is_file) or package.requirements,
        unresolved=tuple(unresolved),
    )


def _installed(scope: Scope, item: dict[str, Any], folder: str, *, is_file: bool) -> str | None:
    """Return the list of packages that terraform-aws-modules installs for an item."""
    repository = scope.terraform.repository
    required = item.get("pip_requirements", not is_file)
    if isinstance(required, str):
        return _path(scope, required)
    for key, name in (("poetry_install", "poetry.lock"), ("uv_install", "uv.lock")):
        if item.get(key) and repository.is_file(join(folder, name)):
            return join(folder, name)
    path = join(folder, "requirements.txt")
    return path if required and repository.is_file(path) else None


def _patterns(patterns: Any) -> tuple[list[str], list[str]]:
    """Return the patterns of `exclude` that say the same, and those that stay open."""
    lines = patterns.splitlines() if isinstance(patterns, str) else patterns or []
    exclude, unresolved = [], []
    for line in (str(each).strip() for each in lines):
        if not line or line.startswith("#") or line in (".*", "!.*/\\..*"):
            continue
        match = _FOLDER_PATTERN.fullmatch(line.replace("\\.", "."))
        if match and ("." not in line.replace(".*", "") or "\\." in line):
            exclude.append(match[1] if line.startswith("!.*/") else f"/{match[1]}")
        else:
            unresolved.append(line)
    return exclude, unresolved


def _path(scope: Scope, value: Any) -> str:
    """Return a path of Terraform relative to the repository."""
    if not isinstance(value, str) or not value:
        raise UnresolvedError("it is not a path")
    repository = scope.terraform.repository
    location = posixpath.join(repository.location(scope.root), value)
    path = repository.relative(posixpath.normpath(location))
    if path is None:
        raise UnresolvedError(f"{value} is outside the project")
    return path


def _exists(scope: Scope, path: str, *, is_file: bool) -> bool:
    """Return whether the repository has a file or folder: not one that tools write."""
    repository = scope.terraform.repository
    if repository.is_generated(path):
        return False
    return repository.is_file(path) if is_file else repository.is_folder(path)


def _program(path: str) -> str:
    match = _PROGRAM.search(path)
    name = (match[1] or match[2]) if match else ""
    return "" if name in _NO_PROGRAMS else name


def _anchored(pattern: str) -> str:
    """Return a path of `excludes`, which is relative to the folder, as a pattern of hashzip."""
    return pattern if pattern.startswith(("/", "**/")) else f"/{pattern}"
