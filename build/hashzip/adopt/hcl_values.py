"""Evaluate expressions of Terraform, as far as they are known without running it.

Plain strings and references are evaluated here; python-hcl2 parses everything else.
https://developer.hashicorp.com/terraform/language/expressions
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol

from hashzip.adopt import hcl_functions
from hashzip.project import installation

_PLAIN = re.compile(r'"((?:[^"\\$%]|[$%](?![{$%]))*)"')
_PLAIN_LIST = re.compile(r'\[(?:\s*"[^"\\$%\n]*"\s*(?:,|(?=\])))*\s*\]')
_REFERENCE = re.compile(r'[^\W\d][\w-]*(?:\.[\w-]+|\[(?:"[^"\\$%]*"|\d+)\])+')
_STEP = re.compile(r'\.?([\w-]+)|\["([^"]*)"\]|\[(\d+)\]')
_CONSTANTS = {"true": True, "false": False, "null": None}
_MAX_EXPRESSION = 200_000  # characters
_MAX_TEXT = 20_000  # characters; longer ones are no path, name or handler

_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": lambda left, right: _number(left) + _number(right),
    "-": lambda left, right: _number(left) - _number(right),
    "*": lambda left, right: _number(left) * _number(right),
    "/": lambda left, right: _number(left) / _number(right),
    "%": lambda left, right: _number(left) % _number(right),
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
}


class UnresolvedError(Exception):
    """An expression has no value without running Terraform; the message says why."""


class Reference(NamedTuple):
    """A reference that is not complete, such as `data.archive_file.x`: its words and indexes."""

    steps: tuple[str | int, ...]


class Scope(Protocol):
    """Where an expression is evaluated."""

    def resolve(self, steps: Sequence[str | int]) -> Any:
        """Return the value of a reference, or a `Reference` that needs more words.

        Raises:
            UnresolvedError: It has no known value.
        """

    def fileset(self, folder: str, pattern: str) -> list[str]:
        """Return the files in a folder that match a pattern, sorted."""


def evaluate(text: str, scope: Scope) -> Any:
    """Evaluate an expression.

    Args:
        text: The expression.
        scope: Where it is.

    Raises:
        UnresolvedError: It has no known value.
    """
    text = text.strip()
    if len(text) > _MAX_EXPRESSION:
        raise UnresolvedError("it is too long")
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    plain = _PLAIN.fullmatch(text)
    if plain:
        return plain[1]
    if _PLAIN_LIST.fullmatch(text):
        return [match[1] for match in _PLAIN.finditer(text)]
    try:
        if _REFERENCE.fullmatch(text):
            return _complete(_follow(text, scope))
        parts = _simple_parts(text)
        if parts is not None:
            return "".join(map(_text, (_part(part, scope) for part in parts)))
        return _complete(_Evaluator(scope, {}).value(_tree(text)))
    except UnresolvedError:
        raise
    except RecursionError:
        raise UnresolvedError("it refers to itself") from None
    except (TypeError, ValueError, KeyError, IndexError, ArithmeticError, AttributeError) as error:
        raise UnresolvedError(f"it cannot be evaluated: {error}") from error


def known_parts(text: str, scope: Scope) -> str:
    """Return what is known of a string, without its unknown parts."""
    known = []
    for part in _simple_parts(text.strip()) or ():
        try:
            known.append(_text(_part(part, scope)))
        except UnresolvedError:
            known.append("-")
    return re.sub(r"[-_.]{2,}", "-", "".join(known)).strip("-_.")


def _simple_parts(text: str) -> list[str] | None:
    """Split a string with plain references: `"a-${var.b}"` is `a-` and `${var.b}`."""
    if not re.fullmatch(r'"(?:[^"\\$%]|[$%](?![{$%])|\$\{\s*[\w.\[\]"-]+\s*\})*"', text):
        return None
    parts = re.split(r"(\$\{[^}]*\})", text[1:-1])
    return None if any(part[:2] == "${" and not _is_reference(part) for part in parts) else parts


def _is_reference(part: str) -> bool:
    return _REFERENCE.fullmatch(part[2:-1].strip()) is not None


def _part(part: str, scope: Scope) -> Any:
    return _complete(_follow(part[2:-1].strip(), scope)) if part[:2] == "${" else part


def _follow(text: str, scope: Scope) -> Any:
    steps: list[str | int] = []
    for word, key, number in _STEP.findall(text):
        steps.append(int(number) if number else word or key)
    value: Any = Reference((steps[0],))
    for step in steps[1:]:
        value = _step(value, step, scope)
    return value


def _step(value: Any, step: Any, scope: Scope) -> Any:
    """Take an attribute or an element of a value."""
    if isinstance(value, Reference):
        return scope.resolve((*value.steps, step))
    if isinstance(value, Mapping):
        if str(step) not in value:
            raise UnresolvedError(f'it has no "{step}"')
        return value[str(step)]
    if isinstance(value, list) and str(step).isdecimal():
        if not value:
            raise UnresolvedError("it is a list without elements")
        return value[int(step) % len(value)]
    raise UnresolvedError(f'it has no "{step}"')


def _complete(value: Any) -> Any:
    if isinstance(value, Reference):
        raise UnresolvedError(f"{'.'.join(map(str, value.steps))} is known when Terraform runs")
    return value


def _text(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, Mapping | list):
        raise UnresolvedError("it is not a string")
    text = str(value)
    if len(text) > _MAX_TEXT:
        raise UnresolvedError("it is too long")
    return text


def _number(value: Any) -> Any:
    if not isinstance(value, int | float):
        raise TypeError("it calculates with something that is not a number")
    return value


@cache
def _tree(text: str) -> Any:
    """Parse an expression with python-hcl2."""
    try:
        import hcl2  # noqa: PLC0415 - only where Terraform has more than plain values
    except ModuleNotFoundError as error:
        raise installation.missing("python-hcl2, which reads Terraform,", "init") from error
    try:
        tree = hcl2.parses_to_tree(f"x = {text}\n")
    except RecursionError:
        raise
    except Exception as error:
        raise UnresolvedError("python-hcl2 cannot read it") from error
    return tree.children[0].children[0].children[-1]


class _Evaluator(NamedTuple):
    """Evaluates the tree of an expression.

    Attributes:
        scope: Where the expression is.
        names: The variables of `for`.
    """

    scope: Scope
    names: Mapping[str, Any]

    def value(self, tree: Any) -> Any:
        method = getattr(self, f"_{tree.data}", None)
        if method is None:
            raise UnresolvedError(f"it has a {tree.data.replace('_', ' ')}")
        return method([each for each in tree.children if _matters(each)])

    def complete(self, tree: Any) -> Any:
        return _complete(self.value(tree))

    def _expr_term(self, children: list[Any]) -> Any:
        (child,) = [each for each in children if hasattr(each, "data")]
        return self.value(child)

    def _identifier(self, children: list[Any]) -> Any:
        name = str(children[0])
        return self.names[name] if name in self.names else Reference((name,))

    def _literal_value(self, children: list[Any]) -> Any:
        return _CONSTANTS[str(children[0])]

    def _int_lit(self, children: list[Any]) -> int:
        return int(children[0])

    def _float_lit(self, children: list[Any]) -> float:
        return float(children[0])

    def _string(self, children: list[Any]) -> Any:
        parts = [self._string_part(each.children) for each in children if hasattr(each, "data")]
        if len(parts) == 1 and not isinstance(parts[0], Reference):
            return parts[0]
        return "".join(_text(_complete(part)) for part in parts)

    def _string_part(self, children: list[Any]) -> Any:
        (part,) = children
        if not hasattr(part, "data"):
            return hcl_functions.unescape(str(part))
        if part.data != "interpolation":
            raise UnresolvedError("it has a directive of a template")
        (inner,) = [each for each in part.children if hasattr(each, "data") and _matters(each)]
        return self.complete(inner)

    def _heredoc_template(self, children: list[Any]) -> str:
        lines = str(children[0]).splitlines(keepends=True)
        text = "".join(lines[1:-1])
        if "${" in text or "%{" in text:
            raise UnresolvedError("it is a template")
        return hcl_functions.dedent(text) if lines[0].startswith("<<-") else text

    def _heredoc_template_trim(self, children: list[Any]) -> str:
        return self._heredoc_template(children)

    def _tuple(self, children: list[Any]) -> list[Any]:
        return [self.complete(each) for each in children if hasattr(each, "data")]

    def _object(self, children: list[Any]) -> dict[str, Any]:
        items = {}
        for each in children:
            if hasattr(each, "data"):
                key, value = [item for item in each.children if hasattr(item, "data")]
                items[self._key(key.children[-1])] = self.complete(value)
        return items

    def _key(self, tree: Any) -> str:
        if hasattr(tree, "data"):
            inner = [each for each in tree.children if hasattr(each, "data")]
            is_bare = len(tree.children) == 1 and inner and inner[0].data == "identifier"
            return str(inner[0].children[0]) if is_bare else _text(self.complete(tree))
        return str(tree)

    def _function_call(self, children: list[Any]) -> Any:
        words = [each for each in children if hasattr(each, "data")]
        name = str(words[0].children[0])
        trees = [
            each for each in (words[1].children if len(words) > 1 else []) if hasattr(each, "data")
        ]
        trees = [each for each in trees if _matters(each)]
        if name in ("try", "can"):
            for each in trees:
                try:
                    value = self.complete(each)
                except (UnresolvedError, TypeError, ValueError, KeyError, IndexError):
                    continue
                return True if name == "can" else value
        arguments = [self.complete(each) for each in trees]
        if name == "fileset":
            return self.scope.fileset(*arguments)
        return hcl_functions.call(name, arguments, UnresolvedError)

    def _index_expr_term(self, children: list[Any]) -> Any:
        value, index = [each for each in children if hasattr(each, "data")]
        (key,) = [each for each in index.children if hasattr(each, "data") and _matters(each)] or [
            None
        ]
        step = self.complete(key) if key is not None else str(index.children[-1])
        return _step(self.value(value), step, self.scope)

    def _get_attr_expr_term(self, children: list[Any]) -> Any:
        value, attribute = children
        name = str(attribute.children[-1].children[0])
        return _step(self.value(value), name, self.scope)

    def _conditional(self, children: list[Any]) -> Any:
        condition, first, second = [each for each in children if hasattr(each, "data")]
        return self.complete(first if self.complete(condition) else second)

    def _binary_op(self, children: list[Any]) -> Any:
        left, term = [each for each in children if hasattr(each, "data")]
        sign, right = [each for each in term.children if hasattr(each, "data") and _matters(each)]
        return _OPERATORS[str(sign.children[0])](self.complete(left), self.complete(right))

    def _unary_op(self, children: list[Any]) -> Any:
        sign, tree = children
        value = self.complete(tree)
        return not value if str(sign) == "!" else -value

    def _for_tuple_expr(self, children: list[Any]) -> list[Any]:
        return [each.complete(tree[0]) for each, tree in self._for(children)]

    def _for_object_expr(self, children: list[Any]) -> dict[str, Any]:
        return {_text(each.complete(t[0])): each.complete(t[1]) for each, t in self._for(children)}

    def _for(self, children: list[Any]) -> list[tuple["_Evaluator", list[Any]]]:
        trees = [each for each in children if hasattr(each, "data")]
        intro, *results = trees
        condition = [each for each in results if each.data == "for_cond"]
        results = [each for each in results if each.data != "for_cond"]
        parts = [each for each in intro.children if hasattr(each, "data") and _matters(each)]
        *names, collection = parts
        variables = [str(name.children[0]) for name in names]
        evaluators = []
        for key, value in _items(self.complete(collection)):
            values = (value,) if len(variables) == 1 else (key, value)
            bound = {**self.names, **dict(zip(variables, values, strict=True))}
            each = _Evaluator(self.scope, bound)
            tests = [c for t in condition for c in t.children if hasattr(c, "data") and _matters(c)]
            if all(each.complete(test) for test in tests):
                evaluators.append((each, results))
        return evaluators


def _items(collection: Any) -> list[tuple[Any, Any]]:
    if isinstance(collection, Mapping):
        return list(collection.items())
    return list(enumerate(collection))


def _matters(child: Any) -> bool:
    return not hasattr(child, "data") or child.data != "new_line_or_comment"
