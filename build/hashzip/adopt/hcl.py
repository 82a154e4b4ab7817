"""Split a file of Terraform into blocks and attributes, with their places in the text.

python-hcl2 reads expressions; this says where they are, so that they can be changed, and reads the
blocks of a large configuration fast: most of them need no more.
https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_BLANK = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD = re.compile(r'[^\W\d][\w-]*|"(?:[^"\\\n]|\\.)*"')
_SPACES = re.compile(r"[ \t]*")
# What an expression has besides plain characters.
_SPECIAL = re.compile(r'["#\n()\[\]{}]|//|/\*|<<[-~]?[^\W\d][\w.-]*\r?\n')
_IN_STRING = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|"|\n', re.DOTALL)


class Attribute(NamedTuple):
    """An attribute of a block.

    Attributes:
        text: Its expression.
        start: Where its name begins.
        value: Where its expression begins.
        end: Where its expression ends.
    """

    text: str
    start: int
    value: int
    end: int


class Block(NamedTuple):
    """A block, or the body of a file.

    Attributes:
        path: The file.
        kind: Its type: `resource`.
        labels: Its labels: `aws_lambda_function`, `orders`.
        attributes: Its attributes, by name.
        blocks: The blocks in it.
        start: Where it begins.
        body: Where its body begins, after the brace.
        end: Where it ends, after the brace.
        line: The line that it begins on.
    """

    path: str
    kind: str
    labels: tuple[str, ...]
    attributes: dict[str, Attribute]
    blocks: list["Block"]
    start: int = 0
    body: int = 0
    end: int = 0
    line: int = 1

    def of_kind(self, kind: str) -> Iterator["Block"]:
        """Yield the blocks of a type that are directly in it."""
        return (block for block in self.blocks if block.kind == kind)

    def text(self, name: str) -> str | None:
        """Return the expression of an attribute, or None."""
        attribute = self.attributes.get(name)
        return attribute.text if attribute else None


def parse(path: str, text: str) -> Block:
    """Parse a file.

    Args:
        path: The file, for the blocks.
        text: Its text.

    Raises:
        ValueError: It is not HCL; the message has the line.
    """
    return _Parser(path, text).file()


class _Parser:
    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.position = 0
        self.counted = (0, 1)  # a position, and its line

    def file(self) -> Block:
        block = Block(self.path, "", (), {}, [], end=len(self.text))
        try:
            self.fill(block, is_file=True)
        except RecursionError:
            raise self.error("is nested too deep") from None
        return block

    def fill(self, block: Block, *, is_file: bool = False) -> None:
        """Read the body of a block, up to and with its brace."""
        while True:
            self.skip()
            if self.position >= len(self.text):
                if is_file:
                    return
                raise self.error("lacks a closing brace")
            if self.text[self.position] == "}" and not is_file:
                self.position += 1
                return
            self.item(block)

    def item(self, block: Block) -> None:
        start = self.position
        name = self.word()
        self.position = self.end_of(_SPACES)
        if self.text.startswith("=", self.position) and self.text[self.position + 1] != "=":
            self.position = value = _after(_SPACES, self.text, self.position + 1)
            end = self.expression()
            block.attributes[name.strip('"')] = Attribute(self.text[value:end], start, value, end)
            return
        labels = []
        while not self.text.startswith("{", self.position):
            labels.append(self.word().strip('"'))
            self.skip()
        self.position += 1
        body, line = self.position, self.line(start)
        inner = Block(self.path, name, tuple(labels), {}, [], start, body, 0, line)
        self.fill(inner)
        block.blocks.append(inner._replace(end=self.position))

    def word(self) -> str:
        match = _WORD.match(self.text, self.position)
        if match is None:
            raise self.error("has no name of a block or an attribute")
        self.position = match.end()
        return match[0]

    def expression(self) -> int:
        """Skip an expression, and return where it ends."""
        depth = 0
        while True:
            match = _SPECIAL.search(self.text, self.position)
            if match is None:
                if depth:
                    raise self.error("lacks a closing bracket")
                self.position = len(self.text)
                return self.trimmed(self.position)
            mark = match[0]
            if depth == 0 and mark in ("\n", "}", "#", "//"):
                self.position = match.start()
                return self.trimmed(self.position)
            self.position = match.end()
            depth += self.skip_part(mark)
            if depth < 0:
                raise self.error("has a bracket too many")

    def skip_part(self, mark: str) -> int:
        """Skip what a mark begins, and return by how much it changes the depth of brackets."""
        if mark in "([{":
            return 1
        if mark in ")]}":
            return -1
        if mark == '"':
            self.string()
        elif mark in ("#", "//"):
            self.seek("\n", self.position)
        elif mark == "/*":
            self.seek("*/", self.position)
            self.position += len("*/")
        elif mark.startswith("<<"):
            self.heredoc(mark)
        return 0

    def string(self) -> None:
        """Skip a string, after its first quote."""
        while True:
            match = _IN_STRING.search(self.text, self.position)
            if match is None or match[0] == "\n":
                raise self.error("has a string without its end")
            self.position = match.end()
            if match[0] == '"':
                return
            if match[0] in ("${", "%{"):
                self.interpolation()

    def interpolation(self) -> None:
        depth = 1
        while depth:
            match = re.compile(r'["{}]').search(self.text, self.position)
            if match is None:
                raise self.error("has an interpolation without its end")
            self.position = match.end()
            if match[0] == '"':
                self.string()
            else:
                depth += 1 if match[0] == "{" else -1

    def heredoc(self, mark: str) -> None:
        word = re.escape(mark.strip().lstrip("<-~"))
        match = re.compile(rf"^[ \t]*{word}[ \t]*\r?$", re.MULTILINE).search(
            self.text, self.position
        )
        if match is None:
            raise self.error("has a heredoc without its end")
        self.position = match.end()

    def seek(self, text: str, start: int) -> None:
        position = self.text.find(text, start)
        self.position = len(self.text) if position < 0 else position

    def skip(self) -> None:
        self.position = self.end_of(_BLANK)

    def end_of(self, pattern: re.Pattern[str]) -> int:
        return _after(pattern, self.text, self.position)

    def trimmed(self, end: int) -> int:
        while end and self.text[end - 1].isspace():
            end -= 1
        return end

    def error(self, problem: str) -> ValueError:
        return ValueError(f"line {self.text.count(chr(10), 0, self.position) + 1} {problem}")

    def line(self, position: int) -> int:
        """Return the line of a position, which is after all that were asked for."""
        before, line = self.counted
        line += self.text.count("\n", before, position)
        self.counted = (position, line)
        return line


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
