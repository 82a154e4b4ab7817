"""Read the functions of the Serverless Framework's `serverless.yml`.

https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from hashzip.adopt import names, yaml_files
from hashzip.adopt.proposal import Declared, Unresolved
from hashzip.adopt.repository import Repository, join, parent

_NAMES = re.compile(r"(?:^|/)serverless[\w.-]*\.ya?ml$")
_VARIABLE = re.compile(r"\$\{([^${}]+)\}")
_DEFAULT_RUNTIME = "nodejs20.x"  # where the file says none
_EVERYTHING = ("/**", "**/*", "**/**", "/**/*", "/*")
_DEPTH = 10  # of variables in variables


class Service(NamedTuple):
    """A service.

    Attributes:
        repository: The files.
        path: Its file.
        document: Its content.
    """

    repository: Repository
    path: str
    document: Mapping[str, Any]

    def table(self, *keys: str) -> Mapping[str, Any]:
        """Return a table, with variables resolved on the way, or an empty one."""
        value: Any = self.document
        for key in keys:
            value = self.value(value.get(key)) if isinstance(value, Mapping) else None
        return value if isinstance(value, Mapping) else {}

    def value(self, value: Any, depth: int = 0) -> Any:
        """Return a value with its variables resolved.

        Raises:
            ValueError: A variable is known only when it is deployed.
        """
        if not isinstance(value, str) or "${" not in value:
            return value
        if depth > _DEPTH:
            raise ValueError("its variables refer to each other")
        match = _VARIABLE.fullmatch(value)
        if match:
            return self.value(self._variable(match[1]), depth + 1)
        text = _VARIABLE.sub(lambda each: str(self._variable(each[1])), value)
        if text == value:
            raise ValueError("it has a variable that is not clear")
        return self.value(text, depth + 1)

    def _variable(self, text: str) -> Any:
        """Return the value of `self:custom.x, 'default'`, without the braces."""
        for alternative in re.split(r",\s*", text):
            word = alternative.strip()
            if re.fullmatch(r"'[^']*'|\"[^\"]*\"", word):
                return word[1:-1]
            if re.fullmatch(r"[\w.-]+", word):
                return word  # a default without quotes
            source, _, rest = word.partition(":")
            if source == "self":
                value = self._path(self.document, rest)
            elif source == "sls" and rest == "stage":
                value = self.table("provider").get("stage", "dev")
            elif source.startswith("file("):
                value = self._file(source[len("file(") : -1], rest)
            else:
                continue  # environment, options, parameters and secrets are no part of the files
            if value is not None:
                return value
        raise ValueError(f"${{{text}}} is known when it is deployed")

    def _path(self, value: Any, path: str) -> Any:
        for key in filter(None, path.split(".")):
            value = self.value(value)
            if isinstance(value, Mapping):
                value = value.get(key)
            elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                value = value[int(key)]
            else:
                return None
        return value

    def _file(self, name: str, key: str) -> Any:
        path = self.repository.relative(self.repository.location(join(parent(self.path), name)))
        if path is None or not self.repository.is_file(path) or not name.endswith(("yml", "yaml")):
            return None
        return self._path(yaml_files.read(self.repository, path), key)


def read(repository: Repository) -> tuple[list[Declared], list[tuple[str, str]]]:
    """Read all services.

    Returns:
        The functions, and those that cannot be adopted, with the reason.
    """
    declared: list[Declared] = []
    skipped: list[tuple[str, str]] = []
    for path in repository.paths(".yml", ".yaml"):
        text = repository.text(path) if _NAMES.search(path) else None
        if text is None or not re.search(r"(?m)^(?:functions|provider)\s*:", text):
            continue
        document = yaml_files.read(repository, path)
        if document is None:
            continue
        service = Service(repository, path, document)
        lines = repository.lines(path)
        for name, function in _functions(service, skipped):
            if not isinstance(function, Mapping):
                continue
            if "image" in function:
                skipped.append((f"{path} {name}", "it is a container image"))
                continue
            declared.append(_function(service, name, function, lines.get(name, 1)))
    return declared, skipped


def _functions(
    service: Service, skipped: list[tuple[str, str]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the functions: a table, or a list of tables, which may be in files."""
    tables = service.document.get("functions")
    for table in tables if isinstance(tables, list) else [tables]:
        try:
            value = service.value(table)
        except ValueError as error:
            skipped.append((f"{service.path} functions", str(error)))
            continue
        if not isinstance(value, Mapping):
            if value is not None:
                skipped.append(
                    (f"{service.path} functions", f"{table} is not a table of functions")
                )
            continue
        for name, function in value.items():
            try:
                yield str(name), service.value(function)
            except ValueError as error:
                skipped.append((f"{service.path} {name}", str(error)))


def _function(service: Service, name: str, function: Mapping[str, Any], line: int) -> Declared:
    unresolved: list[Unresolved] = []

    def string(key: str, default: str = "") -> str:
        value = function.get(key, service.table("provider").get(key))
        try:
            resolved = service.value(value)
        except ValueError as error:
            unresolved.append(Unresolved(key, str(value), str(error)))
            return default
        return default if resolved is None else str(resolved)

    folder = parent(service.path)
    # The plugin for Python packs the folder `module` by itself.
    module = function.get("module")
    source = join(folder, str(module).replace(".", "/")) if module else folder
    if not service.repository.is_folder(source):
        source = folder
    include, exclude = _patterns(service, function)
    return Declared(
        origin=f"{service.path}:{line}",
        label=f"functions.{name}",
        names=(names.valid(name),),
        sources=(source,),
        handler=re.sub(r"^\./", "", string("handler")),
        runtime=string("runtime", _DEFAULT_RUNTIME),
        architecture=string("architecture", "x86_64"),
        include=tuple(include),
        exclude=tuple(exclude),
        unresolved=tuple(unresolved),
    )


def _patterns(service: Service, function: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return what a service packs, as patterns of hashzip: `!x` leaves x out."""
    include: list[str] = []
    exclude: list[str] = []
    own = function.get("package")
    for table in (service.table("package"), own if isinstance(own, Mapping) else {}):
        listed = table.get("patterns")
        listed = [str(each) for each in listed] if isinstance(listed, list) else []
        for key, sign in (("include", ""), ("exclude", "!")):
            old = table.get(key)
            listed += [f"{sign}{each}" for each in old] if isinstance(old, list) else []
        for pattern in (each.removeprefix("./") for each in listed):
            if pattern.startswith("!"):
                exclude.append(_anchored(pattern[1:].removeprefix("./")))
            else:
                include.append(_anchored(pattern))
    if any(each in _EVERYTHING for each in exclude):  # but what is included
        return include, [each for each in exclude if each not in _EVERYTHING]
    return [], exclude


def _anchored(pattern: str) -> str:
    return pattern if pattern.startswith(("/", "**/")) else f"/{pattern}"
