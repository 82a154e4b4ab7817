"""Text from anywhere, in a form that is safe to print. Standard library only.

What a message or a table quotes may come from strangers: names, values, what a program or AWS says.
It is made safe in one place, where it is printed. So messages quote it as it is.
"""

import json
import re
from collections.abc import Sequence

# Of what is printed, so that a message stays readable whatever it quotes.
_VALUE = 300  # characters of a word, or of a text in quotes
_LINE = 2_000  # characters of a line
_LINES = 200  # of a program's output, or of a table

# A user's name and password in a URL, and what names itself a secret in its query or in a header.
_USER = r"://([^\s/?#]+)@"
_SHOWN = r"git|\$\{\w+\}(:\$\{\w+\})?"
_PARAMETER = r"([?&;][\w.%-]{1,100}=)([^&;#\s\"'`()<>]+)"
_HIDDEN_PARAMETER = r"(?i)token|secret|passw|signature|credential|apikey|[?&;_.-](key|sig|auth)="
_HEADER = r"(?i)\b(authorization[\"']?\s*[:=]\s*[\"']?(?:(?:basic|bearer|token)\s+)?)[^\s\"']+"
_HIDDEN = "***"

# Commands to the programs that run workflows. GitHub looks for `::` at the start of a line, after
# white space, and for `##[` anywhere in it, Azure for `##vso[`, and TeamCity for `##teamcity[`:
# https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
# https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
# https://www.jetbrains.com/help/teamcity/service-messages.html
_COMMAND_AT_START = r"^(\s*)::"
_COMMAND = r"##(?=\w*\[)"
_COLOURS = r"\x1b\[[\d;:]*m"


def indented(lines: Sequence[str]) -> list[str]:
    """Return lines that a program printed as hashzip prints them: safe, indented, not too many.

    Colours are left out.
    """
    half = _LINES // 2
    dropped = len(lines) - 2 * half
    if dropped > 0:
        lines = [*lines[:half], f"… {dropped:,} lines …", *lines[-half:]]
    return [f"  {printable(without_colours(line.expandtabs()))}" for line in lines]


def without_colours(text: str) -> str:
    """Leave out the colours of a program's output, which would be unreadable as escapes."""
    return re.sub(_COLOURS, "", text) if "\x1b" in text else text


def printable(text: str, *, is_short: bool = True) -> str:
    r"""Return a text in a form that is safe to print as one line, or as a part of one.

    Whatever would steer a terminal, end the line, or be taken for a command by the program that
    runs a workflow is escaped: `"a\n\x1b"` becomes `a\n\x1b`. Credentials are replaced.

    Args:
        text: The text, from anywhere.
        is_short: Whether long values in it, and the text itself, are cut. If not, tabs stay too.
    """
    text = without_credentials(text)
    if is_short and len(text) > _VALUE:
        long_value = rf'"[^"]{{{_VALUE},}}"|(?<!\S)\S{{{_VALUE},}}'
        text = re.sub(long_value, lambda match: _cut(match[0], _VALUE), text)
    if is_short:
        # Once before, because escapes take time; and once more, because they are longer.
        text = _cut(escaped(_cut(text, _LINE)), _LINE)
    # At the end, because what is cut out could make a command of what is left.
    return escaped(text, keep="" if is_short else "\t")


def escaped(text: str, keep: str = "") -> str:
    r"""Escape what would steer a terminal, end the line, or be a command to a workflow.

    Unlike `printable`, this shows all of the text, for people who ask for it: a log, or a file.

    Args:
        text: The text.
        keep: Control characters that stay.
    """
    if not text.isprintable():
        text = "".join(
            c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text
        )
    if "##" in text:
        text = re.sub(_COMMAND, r"#\\#", text)
    return re.sub(_COMMAND_AT_START, r"\1\\::", text) if "::" in text else text


def escaped_json(text: str) -> str:
    r"""Escape the same in a JSON text, whose parsed values stay the same.

    JSON's own line breaks stay: they are between its values.

    Args:
        text: The JSON text, in which characters need not be ASCII.
    """
    if not text.replace("\n", "").isprintable():
        text = "".join(c if c.isprintable() or c in "\n\r\t" else json.dumps(c)[1:-1] for c in text)
    return text.replace("##", r"#\u0023")


def without_credentials(text: str) -> str:
    """Replace users' names, passwords and tokens in URLs and headers.

    References to variables stay, as in `https://${TOKEN}@host`, and so does the user that
    repositories have by convention, `git@`.
    """
    if "://" in text:
        text = re.sub(_USER, _hide_user, text)
    if "=" in text:
        text = re.sub(_PARAMETER, _hide_parameter, text)
    if "uthorization" in text.lower():
        text = re.sub(_HEADER, rf"\1{_HIDDEN}", text)
    return text


def _hide_user(match: re.Match[str]) -> str:
    is_login = match.string.endswith("ssh", 0, match.start()) and ":" not in match[1]
    is_shown = is_login or re.fullmatch(_SHOWN, match[1])
    return match[0] if is_shown else f"://{_HIDDEN}@"


def _hide_parameter(match: re.Match[str]) -> str:
    is_secret = re.search(_HIDDEN_PARAMETER, match[1]) and not re.fullmatch(_SHOWN, match[2])
    return match[1] + _HIDDEN if is_secret else match[0]


def _cut(text: str, limit: int) -> str:
    """Shorten a text in its middle."""
    if len(text) <= limit:
        return text
    start, end = limit * 2 // 3, limit // 4
    return f"{text[:start]}…({len(text) - start - end:,} characters)…{text[-end:]}"
