"""Find what a JavaScript module imports, and which modules Lambda's Node.js brings. Pure.

A tokenizer, and no parser: it knows comments, strings, templates, regular expressions and braces,
which is enough to tell an import from a text that looks like one.
"""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

# https://nodejs.org/api/modules.html#built-in-modules
BUILTIN = frozenset(
    {
        *("assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants"),
        *("crypto", "dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http"),
        *("http2", "https", "inspector", "module", "net", "os", "path", "perf_hooks", "process"),
        *("punycode", "querystring", "readline", "repl", "stream", "string_decoder", "sys"),
        *("timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "wasi"),
        *("worker_threads", "zlib"),
    }
)
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
_SDK_2, _SDK_3 = "aws-sdk", ("@aws-sdk/", "@smithy/", "@aws-crypto/")
_FIRST_WITH_SDK_3 = 18

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/|\#![^\n]*)
    |(?P<string>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")
    |(?P<word>[A-Za-z_$][\w$]*|\d[\w.]*)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_TEMPLATE = re.compile(r"(?:\\.|[^`\\$]|\$(?!\{))*(`|\$\{|\Z)", re.DOTALL)
_REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
# After these words, a slash begins a regular expression.
_BEFORE_VALUES = frozenset(
    (
        "return",
        "typeof",
        "case",
        "in",
        "of",
        "delete",
        "void",
        "throw",
        "new",
        "do",
        "else",
        "await",
    )
)
_MAX_LENGTH = 4_000_000  # characters, which take seconds; a longer file is a bundle of all it needs
_OTHER_LOADER = "(require,module,exports)"  # of a bundle with a `require` of its own


class Import(NamedTuple):
    """A module that another one imports.

    Attributes:
        module: As it is written: `./util.js`, `express`, `@aws-sdk/client-s3`.
        line: The line of the import.
    """

    module: str
    line: int


class _Token(NamedTuple):
    text: str
    position: int
    is_string: bool
    is_guarded: bool


_END = _Token("", 0, is_string=False, is_guarded=False)
_KEYWORDS = frozenset(("require", "import", "export"))


def package(module: str) -> str:
    """Return the package of a module: `@scope/name` of `@scope/name/file.js`."""
    parts = module.split("/")
    return "/".join(parts[: 2 if module.startswith("@") else 1])


def is_brought(module: str, major: int) -> bool:
    """Return whether Lambda's Node.js has a module.

    Args:
        module: As it is written.
        major: The version of Node.js: 22 for `nodejs22.x`.
    """
    if module.startswith("node:") or package(module) in BUILTIN:
        return True
    if major < _FIRST_WITH_SDK_3:
        return package(module) == _SDK_2
    return module.startswith(_SDK_3)


def is_former_sdk(module: str, major: int) -> bool:
    """Return whether a module is the AWS SDK that only earlier runtimes bring."""
    return package(module) == _SDK_2 and major >= _FIRST_WITH_SDK_3


def find(source: str) -> list[Import]:
    """Find what a module imports, except inside `try` and where a failed `import()` is caught.

    Args:
        source: The module's source.
    """
    if len(source) > _MAX_LENGTH or _OTHER_LOADER in source.replace(" ", ""):
        return []
    lines = [match.start() for match in re.finditer("\n", source)]
    return [
        Import(token.text[1:-1], bisect_left(lines, token.position) + 1)
        for token in _modules(_Tokenizer(source).tokens())
        if "\\" not in token.text
    ]


class _Ahead:
    """Tokens that can be looked at before they are taken."""

    def __init__(self, tokens: Iterator[_Token]) -> None:
        self._tokens = tokens
        self._seen: deque[_Token] = deque()

    def __getitem__(self, number: int) -> _Token:
        """Return a token by its distance, the next one being 0; `_END` after the last."""
        while len(self._seen) <= number:
            self._seen.append(next(self._tokens, _END))
        return self._seen[number]

    def take(self) -> _Token:
        """Return the next token, and go on."""
        token = self[0]
        self._seen.popleft()
        return token


def _modules(tokens: Iterator[_Token]) -> Iterator[_Token]:
    """Yield the strings that name imported modules."""
    ahead = _Ahead(tokens)
    previous = ""
    while ahead[0] is not _END:
        token = ahead.take()
        is_property = previous in (".", "?.")
        previous = token.text
        if token.is_string or is_property or token.text not in _KEYWORDS:
            continue
        is_call = ahead[0].text == "(" and token.text != "export"
        module = _argument(token, ahead) if is_call else _after_from(token, ahead)
        if module:
            yield module


def _argument(token: _Token, ahead: _Ahead) -> _Token | None:
    """Return the string in `require("a")` or `import("a")`, unless its failure is caught."""
    if not (ahead[1].is_string and ahead[2].text in (")", ",")):
        return None
    is_caught = [ahead[at].text for at in (2, 3, 4)] == [")", ".", "catch"]
    return None if token.is_guarded or is_caught else ahead[1]


def _after_from(token: _Token, ahead: _Ahead) -> _Token | None:
    """Return the string in `import "a"`, `import a, { b as c } from "d"`, `export * from "e"`."""
    if token.text == "require":
        return None
    if token.text == "import" and ahead[0].is_string:
        return ahead[0]
    at = 0
    while _may_precede_from(ahead[at]):
        at += 1
    return ahead[at] if at and ahead[at - 1].text == "from" and ahead[at].is_string else None


def _may_precede_from(token: _Token) -> bool:
    text = token.text
    if token.is_string or not text or text in ("import", "export"):
        return False
    return text in ("{", "}", ",", "*") or text[0].isalpha() or text[0] in "_$"


class _Tokenizer:
    """Splits a source into words, strings and other characters.

    Attributes:
        source: The source.
        position: How far it is read.
        last: The last token; ")" after any value whose end looks like nothing else.
        braces: What the open braces are for: "{"; "try" for a block whose errors are caught; "`"
            for an expression in a template.
        guards: How many of them are for such a block.
        keyword: `try` or `catch`, while its block has not begun.
        no_regex_before: The position before which no regular expression ends.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.position = 0
        self.last = ""
        self.braces: list[str] = []
        self.guards = 0
        self.keyword = ""
        self.no_regex_before = 0

    def tokens(self) -> Iterator[_Token]:
        """Yield the tokens; each says whether it is inside a `try`."""
        while match := _TOKEN.match(self.source, self.position):
            text, start, self.position = match[0], match.start(), match.end()
            if match["space"] is not None:
                continue
            # What is not closed is not looked for again: that would take quadratic time.
            if self.source.startswith("/*", start):
                return
            if text in ("'", '"'):
                self.position = self._end_of_line(start)
            elif text == "/" and start >= self.no_regex_before and _begins_regex(self.last):
                self._skip_regex(start)
            elif text == "`" or (text == "}" and self.braces[-1:] == ["`"]):
                self._skip_template(text)
            else:
                self._count(text)
                is_string = match["string"] is not None
                yield _Token(text, start, is_string, self.guards > 0)
                self.last = ")" if is_string else text

    def _skip_regex(self, start: int) -> None:
        regex = _REGEX.match(self.source, start)
        if regex:
            self.position = regex.end()
        else:
            self.no_regex_before = self._end_of_line(start)
        self.last = ")"

    def _end_of_line(self, start: int) -> int:
        end = self.source.find("\n", start)
        return len(self.source) if end < 0 else end

    def _skip_template(self, text: str) -> None:
        """Skip the text of a template up to its end, or to an expression in it."""
        if text == "}":
            self.braces.pop()
        template = _TEMPLATE.match(self.source, self.position)
        self.position = template.end() if template else len(self.source)
        begins_expression = template is not None and template[1] == "${"
        if begins_expression:
            self.braces.append("`")
        self.last = "(" if begins_expression else ")"

    def _count(self, text: str) -> None:
        """Follow the braces."""
        if text in ("try", "catch") and self.last != ".":
            self.keyword = text
            return
        if text == "{":
            self.braces.append("try" if self.keyword else "{")
            self.guards += self.braces[-1] == "try"
        elif text == "}" and self.braces:
            self.guards -= self.braces.pop() == "try"
        # `catch (error) {`; anything else was a key of an object.
        if not (self.keyword == "catch" and (text in "()" or self.last == "(")):
            self.keyword = ""


def _begins_regex(last: str) -> bool:
    """Return whether a slash after a token begins a regular expression, and is no division."""
    if last in _BEFORE_VALUES:
        return True
    return not last or not (last[-1].isalnum() or last[-1] in "_$)]}")
