"""Find the code that a file means which says only what Lambda calls: `app.handler`."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from hashzip.adopt import python_code
from hashzip.adopt.proposal import Code, Declared
from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository, contains, join, parent

_SUFFIXES = (".py", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_PYTHON = ".py"
# What stays open until the code is known.
_OPEN = (
    *("filename", "source_dir", "source_file", "source_path", "s3_key", "handler", "content"),
    *("local_existing_package", "s3_existing_package", "CodeUri"),
)


class Matcher(NamedTuple):
    """Completes functions that files declare by the code of the repository.

    Attributes:
        repository: The files.
        codes: The functions that are found in source code.
        roots: The folders that modules are packed from.
    """

    repository: Repository
    codes: Sequence[Code]
    roots: Roots

    def complete(self, each: Declared) -> tuple[Declared, Code | None]:
        """Return a function with the code that it means, and that code; as it is if none is clear.

        Args:
            each: A function that a file declares.
        """
        if handler_file(self.repository, each.sources, each.handler) is not None:
            return each, None
        matches = _matching(each, self.codes) or self._by_handler(each)
        if len(matches) != 1:
            return each, None
        (code,) = matches
        sources, include, handler = code.sources, code.include, code.handler
        if code.path.endswith(_PYTHON) and each.handler:
            sources, include = self._as_called(each, code)
            handler = each.handler
        options = each.options if code.handler else (code.options or {"code": code})
        completed = each._replace(
            sources=sources,
            handler=handler,
            runtime=each.runtime or code.runtime,
            include=include,
            options=options,
            unresolved=tuple(value for value in each.unresolved if value.key not in _OPEN),
        )
        return completed, code

    def _as_called(self, each: Declared, code: Code) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the folders that a module is packed from, and patterns, so that its handler fits.

        The handler says which folder is the root of the zip; imports may need others, too.
        """
        module = module_path(each.handler)
        root = code.path.removesuffix(_PYTHON).removesuffix(module).rstrip("/") or "."
        others = [source for source in code.sources if source != root]
        sources = (root, *(each for each in others if not contains(root, each)))
        return sources, self.roots.patterns(code.path, sources)

    def _by_handler(self, each: Declared) -> list[Code]:
        """Return the modules that define what Lambda calls, though it does not look like it."""
        module, function = module_path(each.handler), function_name(each.handler)
        if not module or not each.runtime.startswith("python"):
            return []
        codes = []
        for path in self.repository.paths(f"{module.rpartition('/')[2]}.py"):
            if f"/{path}".endswith(f"/{module}.py"):
                text = self.repository.text(path)
                if text is not None and python_code.defines(text, function):
                    sources = self.roots.sources(path)
                    codes.append(Code(path, function, sources, each.handler))
        return _nearest(codes, (*each.names, each.program))


def handler_file(repository: Repository, sources: Sequence[str], handler: str) -> str | None:
    """Return the file that Lambda calls, or None.

    Args:
        repository: The files.
        sources: The folders that are packed.
        handler: What Lambda calls.
    """
    module = handler.rpartition(".")[0]
    for source in sources if module else ():
        for stem in dict.fromkeys((module, module_path(handler))):
            for suffix in _SUFFIXES:
                path = join(source, f"{stem}{suffix}")
                if repository.is_file(path):
                    return path
    return None


def function_name(handler: str) -> str:
    """Return the last word of a handler."""
    return handler.rpartition(".")[2]


def module_path(handler: str) -> str:
    """Return the path of a handler's module in the zip, without its suffix."""
    return handler.rpartition(".")[0].replace(".", "/").strip("/")


def _matching(each: Declared, codes: Sequence[Code]) -> list[Code]:
    """Return the functions in code that a file may mean; several where that is not clear."""
    is_script = each.runtime.startswith(("python", "nodejs"))
    if each.runtime.startswith(("provided", "go1")) or not (each.handler or is_script):
        matches = [code for code in codes if not code.handler]
        wanted = (each.program, *each.names)
    else:
        module, function = module_path(each.handler), function_name(each.handler)
        matches = [
            code
            for code in codes
            if code.handler
            and _is_language(each.runtime, code)
            and function in ("", code.function)
            and re.sub(r"\.\w+$", "", f"/{code.path}").endswith(f"/{module}" if module else "")
        ]
        wanted = (*each.names, each.program)
    if each.sources:
        inside = [
            code for code in matches if any(contains(src, _folder(code)) for src in each.sources)
        ]
        matches = inside or matches
    return _nearest(matches, wanted)


def _nearest(matches: list[Code], wanted: Sequence[str]) -> list[Code]:
    """Return the only function that has one of the wanted names, or else all."""
    if len(matches) > 1:
        for name in filter(None, wanted):
            close = [code for code in matches if name in _words(code)]
            if len(close) == 1:
                return close
    return matches


def _folder(code: Code) -> str:
    return parent(code.path) if code.handler else code.path


def _is_language(runtime: str, code: Code) -> bool:
    is_python = code.path.endswith(_PYTHON)
    return not runtime or runtime.startswith("python" if is_python else "nodejs")


def _words(code: Code) -> set[str]:
    """Return the words that lead to a function, in the spellings of names."""
    words = {code.function, *code.names, *code.path.split("/")}
    words |= {re.sub(r"\.\w+$", "", word) for word in words}
    return words | {word.replace("_", "-") for word in words} | {w.replace("-", "_") for w in words}
