"""Find the Lambda functions of Node.js packages, and say how to build them."""

import json
import posixpath
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hashzip.adopt.proposal import Code
from hashzip.adopt.repository import Repository, below, join, parent, upwards

RUNTIME = "nodejs22.x"
_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_PLAIN = (".js", ".mjs", ".cjs")
_TOP = re.compile(r"/[^/*?\[\]]+/?")  # a pattern of one file or folder of the package
_TYPED = (".ts", ".mts", ".cts")
_TESTS = re.compile(r"\.(test|spec|d|config)\.[cm]?[jt]s$|(^|/)(jest|webpack|esbuild|rollup)\.")
# `exports.handler =`, `export const handler =`, `export async function handler(`; names other than
# `handler` only where an event is taken.
_EXPORT = re.compile(
    r"(?m)^(?:module\.)?exports\.(?P<a>\w+)\s*=\s*(?P<av>[^\n]*)"
    r"|^export\s+(?:const|let|var)\s+(?P<b>\w+)\s*(?::[^=\n]+)?=\s*(?P<bv>[^\n]*)"
    r"|^export\s+(?:async\s+)?function\s+(?P<c>\w+)\s*(?P<cv>\([^)\n]*)"
)
_IMPORT = re.compile(r"""(?:\bfrom|\brequire\(|\bimport\(?)\s*["'](\.{1,2}/[^"'\n]*)["']""")
_ENTRIES = ("handler", "lambdaHandler")
_TAKES_EVENT = re.compile(r"\(?\s*\{?\s*_?(?:event|evt)\b|\bmiddy\s*\(")
_OUTPUT = re.compile(r"--out(?P<kind>dir|file)[= ](?P<path>[\w./-]+)|\bcp\b")
_LOCKS = {
    "package-lock.json": ["npm", "ci"],
    "npm-shrinkwrap.json": ["npm", "ci"],
    "pnpm-lock.yaml": ["pnpm", "install", "--frozen-lockfile"],
    "yarn.lock": ["yarn", "install", "--frozen-lockfile"],
}


def find(repository: Repository) -> Iterator[Code]:
    """Find the modules that export a handler."""
    imported = set(_imported(repository))
    for path in repository.paths(*_SUFFIXES):
        if _TESTS.search(path):
            continue
        text = repository.text(path, is_kept=False)
        if text is None or not ("handler" in text.casefold() or "event" in text):
            continue
        for name in _exported(text):
            if name not in _ENTRIES and path.rpartition(".")[0] in imported:
                continue  # a function that another module imports is called there
            root = _package(repository, parent(path)) or parent(path)
            names = _manifest(repository, root).get("name")
            stem = below(root, path).rpartition(".")[0]
            yield Code(
                path,
                name,
                (root,),
                f"{stem}.{name}",
                RUNTIME,
                names=(names.rpartition("/")[2],) if isinstance(names, str) else (),
            )


def keys(
    repository: Repository,
    source: str,
    handler: str,
    patterns: tuple[Sequence[str], Sequence[str]] = ((), ()),
    esbuild: list[str] | None = None,
) -> tuple[dict[str, object], str]:
    """Return the keys of `hashzip.toml` that build a package, and why it cannot be or "".

    Args:
        repository: The files.
        source: The folder of the package.
        handler: What Lambda calls.
        patterns: What of it is taken, or nothing for all, and what of that is left out.
        esbuild: The words of esbuild, if a file says that it bundles the package.
    """
    if esbuild:
        return _bundled(repository, source, handler, esbuild)
    manifest = _manifest(repository, source)
    scripts = manifest.get("scripts")
    script = scripts.get("build") if isinstance(scripts, dict) else None
    lock = next((name for name in _LOCKS if repository.is_file(join(source, name))), None)
    module = handler.rpartition(".")[0]
    is_plain = any(repository.is_file(join(source, f"{module}{each}")) for each in _PLAIN)
    if not is_plain and isinstance(script, str):
        return _built(repository, source, script, lock, handler)
    if not is_plain and any(repository.is_file(join(source, f"{module}{each}")) for each in _TYPED):
        reason = "it is TypeScript, and package.json has no script that builds it"
        return {}, f"{reason}; see docs/command.md"
    return _copied(repository, source, handler, (manifest, lock), patterns)


def _copied(
    repository: Repository,
    source: str,
    handler: str,
    package: tuple[Mapping[str, Any], str | None],
    patterns: tuple[Sequence[str], Sequence[str]],
) -> tuple[dict[str, object], str]:
    """Return the keys of a package whose files are packed as they are, with what it installs."""
    manifest, lock = package
    dependencies = manifest.get("dependencies")
    # Lambda brings version 3 of the SDK.
    needs = any(not str(name).startswith("@aws-sdk/") for name in dependencies or ())
    if needs and lock is None:
        return {}, f"{join(source, 'package.json')} has no lock: run `npm install` in {source}"
    include, exclude = patterns
    names = [name for name in include if _TOP.fullmatch(name)]
    if not names or len(names) < len(include):
        names = list(_tops(repository, source))
    left_out = {pattern.strip("/") for pattern in exclude}
    names = [name for name in names if name.strip("/") not in left_out]
    files = " ".join(shlex.quote(name.strip("/")) for name in names)
    script = f'cp -R {files} "$HASHZIP_OUTPUT"'
    if needs and lock:
        install = shlex.join([*_LOCKS[lock], "--ignore-scripts", *_without_dev(lock)])
        script = f'{script} && cd "$HASHZIP_OUTPUT" && {install}'
    return {
        "builder": "command",
        "source": source,
        "include": names,
        "command": ["sh", "-c", script],
        "handler": handler,
    }, ""


def _bundled(
    repository: Repository, source: str, handler: str, words: list[str]
) -> tuple[dict[str, object], str]:
    """Return the keys of a package that esbuild bundles."""
    lock = next((name for name in _LOCKS if repository.is_file(join(source, name))), None)
    if lock is None:
        return {}, f"{join(source, 'package.json')} has no lock: run `npm install` in {source}"
    stem = posixpath.normpath(handler.rpartition(".")[0]).rpartition("/")[2]
    return {
        "builder": "command",
        "source": source,
        "command": [
            [*_LOCKS[lock], "--ignore-scripts"],
            ["npx", "--no-install", "esbuild", *words, "--outdir=out"],
        ],
        "output": "out",
        "handler": f"{stem}.{handler.rpartition('.')[2]}",
    }, ""


def _built(
    repository: Repository, root: str, script: str, lock: str | None, handler: str
) -> tuple[dict[str, object], str]:
    """Return the keys of a package that its script `build` makes."""
    if lock is None:
        return {}, f"{join(root, 'package.json')} has no lock: run `npm install` in {root}"
    manager = _LOCKS[lock][0]
    output = _output(repository, root, script)
    if not output:
        return {}, f'where its script writes, "{script}", is not clear; see docs/command.md'
    if root == "." and output.partition("/")[0] in ("dist", ".hashzip"):
        return {}, (
            f"its script writes to {output}/, where hashzip keeps its own files: have it write to "
            "another folder"
        )
    module = posixpath.normpath(handler.rpartition(".")[0])
    stem = module.rpartition("/")[2]
    return {
        "builder": "command",
        "source": root,
        "exclude": [f"/{output}/"],
        "command": [[*_LOCKS[lock], "--ignore-scripts"], [manager, "run", "build"]],
        "output": output,
        "handler": f"{stem}.{handler.rpartition('.')[2]}",
    }, ""


def _output(repository: Repository, root: str, script: str) -> str:
    match = _OUTPUT.search(script)
    if match and match["path"]:
        path = posixpath.normpath(match["path"])
        return path if match["kind"] == "dir" else parent(path)
    if re.search(r"\btsc\b", script):
        text = (
            repository.text(join(root, "tsconfig.json"))
            if repository.is_file(join(root, "tsconfig.json"))
            else None
        )
        folder = re.search(r'"outDir"\s*:\s*"([\w./-]+)"', text or "")
        return posixpath.normpath(folder[1]) if folder else ""
    return ""


def _without_dev(lock: str) -> list[str]:
    return {"pnpm-lock.yaml": ["--prod"], "yarn.lock": ["--production"]}.get(lock, ["--omit=dev"])


def _tops(repository: Repository, folder: str) -> Iterator[str]:
    """Yield patterns of all files and folders directly in a folder."""
    for name in repository.files.get(folder, ()):
        if not name.startswith(".") and not name.endswith((".tf", ".tfvars", ".zip")):
            yield f"/{name}"
    for each in repository.files:
        if each != "." and parent(each) == folder:
            yield f"/{below(folder, each)}/"


def _imported(repository: Repository) -> Iterator[str]:
    """Yield the modules that others import, without their suffixes."""
    for path in repository.paths(*_SUFFIXES):
        for name in _IMPORT.findall(repository.text(path, is_kept=False) or ""):
            stem = posixpath.normpath(join(parent(path), name))
            yield re.sub(r"\.[cm]?[jt]s$", "", stem)


def _exported(text: str) -> list[str]:
    """Return the names of the handlers that a module exports."""
    names: dict[str, None] = {}
    for match in _EXPORT.finditer(text):
        name = match["a"] or match["b"] or match["c"]
        value = match["av"] or match["bv"] or match["cv"] or ""
        if name in _ENTRIES or _TAKES_EVENT.search(value):
            names[name] = None
    match_of_object = re.search(r"(?m)^(?:module\.exports\s*=|export)\s*\{([^}]*)\}", text)
    if match_of_object and not names:
        listed = re.findall(r"\w+(?=\s*[,}]|\s*$)", match_of_object[1])
        names.update(dict.fromkeys(name for name in listed if name in _ENTRIES))
    return list(names)


def _package(repository: Repository, folder: str) -> str | None:
    """Return the nearest folder upwards with a `package.json`."""
    for candidate in upwards(folder):
        if repository.is_file(join(candidate, "package.json")):
            return candidate
    return None


def _manifest(repository: Repository, folder: str) -> dict[str, Any]:
    path = join(folder, "package.json")
    text = repository.text(path) if repository.is_file(path) else None
    if text is None:
        return {}
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError) as error:
        repository.skip(path, str(error))
        return {}
    return manifest if isinstance(manifest, dict) else {}
