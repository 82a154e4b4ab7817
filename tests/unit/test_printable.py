"""Text from anywhere is printed on one line, and steers neither a terminal nor a workflow."""

import json

import pytest

from hashzip.printable import escaped, escaped_json, indented, printable, without_credentials


class TestEscapes:
    """Characters that do more than show themselves."""

    @pytest.mark.parametrize(
        "text, expected",
        [
            ("plain words", "plain words"),
            ("ü 漢 🙂", "ü 漢 🙂"),
            ("a\nb\r\n\tc", r"a\nb\r\n\tc"),
            ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
            ("\x9b31m\x00", r"\x9b31m\x00"),
            ("\u202egpj.exe\u2066", r"\u202egpj.exe\u2066"),
            ("a\u2028b\ufeff\x85", r"a\u2028b\ufeff\x85"),
            ("\udcff", r"\udcff"),
        ],
    )
    def test_characters(self, text: str, expected: str) -> None:
        """Controls, ends of lines, bidi marks and half characters are escaped; others stay."""
        assert printable(text) == expected

    @pytest.mark.parametrize(
        "text, expected",
        [
            ("::set-output name=a::b", r"\::set-output name=a::b"),
            ("  ::error::x", r"  \::error::x"),
            ("a::b", "a::b"),
            ("x ##[command]y", r"x #\#[command]y"),
            ("##vso[task.setvariable]", r"#\#vso[task.setvariable]"),
            ("##teamcity[x]", r"#\#teamcity[x]"),
            ("###[x] ####vso[y]", r"##\#[x] ###\#vso[y]"),
            ("## heading", "## heading"),
        ],
    )
    def test_commands(self, text: str, expected: str) -> None:
        """Commands to programs that run workflows are broken; look-alikes stay."""
        assert printable(text) == expected

    def test_made_command(self) -> None:
        """What is left out cannot make a command of the rest."""
        (line,) = indented(["\x1b[0m::error::x"])

        assert line == r"  \::error::x"
        assert "##[" not in printable("#" + "x" * 9_999 + "#[a]" + "y" * 99_999)


class TestLength:
    """A message stays short, whatever it quotes."""

    @pytest.mark.parametrize(
        "value", ["k" * 2_000_000, '"' + "a b " * 500_000 + '"', '"' * 2_000_000, "\0" * 2_000_000]
    )
    def test_value(self, value: str) -> None:
        """A value of megabytes is cut, and what is around it stays; a short one stays whole."""
        text = printable(f"hashzip.toml has {value} in [function.a]")

        assert len(text) <= 2_100
        assert text.startswith("hashzip.toml has ")
        assert text.endswith(" in [function.a]")
        assert " characters)…" in text
        assert printable(f"a {'k' * 299} b") == f"a {'k' * 299} b"

    def test_quoted(self) -> None:
        """A few hundred characters of a value are shown, with its beginning and its end."""
        text = printable(f'"{"start" + " x" * 5_000 + " end"}" is wrong')

        assert len(text) < 400
        assert text.startswith('"start x')
        assert text.endswith(' end" is wrong')

    def test_full(self) -> None:
        """Where the text itself is asked for, it is not cut, but safe all the same."""
        text = "k" * 50_000 + "\n"

        assert printable(text, is_short=False) == "k" * 50_000 + r"\n"

    def test_lines(self) -> None:
        """Of thousands of lines, the first and the last are shown, and the number of the others."""
        lines = indented([f"line {number}" for number in range(2_500)])

        assert lines[0] == "  line 0"
        assert lines[-1] == "  line 2499"
        assert lines[100] == "  … 2,300 lines …"
        assert len(lines) == 201
        assert indented(["a"] * 200) == ["  a"] * 200

    @pytest.mark.parametrize(
        "text", ["a" * 9, "a_-", "?a_", "https://a", '"a', "##a", "?a=", "authorization: ", " "]
    )
    def test_time(self, text: str) -> None:
        """No text of a megabyte takes a time that grows with the square of its length: hours."""
        count = 1_000_000 // len(text)

        assert len(printable(text * count, is_short=False)) >= count


class TestCredentials:
    """Names, passwords and tokens are not printed."""

    @pytest.mark.parametrize(
        "text",
        [
            "https://user:s3cret@host/simple",
            "https://s3cret@host/simple",
            "https://user@corp:s3cret@host/simple",
            "six @ git+https://oauth2:s3cret@host/a.git@main",
            "git+ssh://git:s3cret@host/a",
            "--index-url https://:s3cret@host/simple",
            'error: failed to fetch `https://x:s3cret"@host/`',
            "https://host/a?token=s3cret&b=1",
            "https://host/a.whl?X-Amz-Security-Token=s3cret#egg=a",
            "https://host/a?x=1&X-Amz-Signature=s3cret",
            "https://host/a?sv=1&sig=s3cret",
            "https://host/a?private_token=s3cret",
            "https://host/a?api_key=s3cret",
            "Authorization: Bearer s3cret",
            'authorization="Basic s3cret"',
        ],
    )
    def test_hidden(self, text: str) -> None:
        """In URLs, their queries and headers they are replaced; the rest stays."""
        shown = without_credentials(text)

        assert "s3cret" not in shown
        assert "***" in shown
        assert shown.rpartition("***")[2] == text.rpartition("s3cret")[2].replace('"@', "@")
        assert printable(text) == shown

    @pytest.mark.parametrize(
        "text",
        [
            "https://host/simple",
            "https://${USER}:${TOKEN}@host/simple",
            "https://host/a?token=${TOKEN}",
            "git+https://git@host/a.git@main",
            "ssh://me@host/a",
            "mail me@host, see https://host/a and b@c",
            "https://host/a?package=token&monkey=1",
            "six==1.17.0 --hash=sha256:abc",
        ],
    )
    def test_shown(self, text: str) -> None:
        """References to variables, logins and what is no secret stay."""
        assert without_credentials(text) == text


def test_colours() -> None:
    """The colours of a program are left out of its lines, and all else of a terminal is escaped."""
    assert indented(["\x1b[1;31merror\x1b[0m: a\tb"]) == ["  error: a     b"]
    assert indented(["\x1b[2J"]) == [r"  \x1b[2J"]


def test_escaped() -> None:
    """A log or a file is shown whole, with its tabs, but steers nothing."""
    text = "k" * 5_000 + "\ta\x1b\n https://a:b@c"

    assert escaped(text, keep="\t") == "k" * 5_000 + "\ta\\x1b\\n https://a:b@c"
    assert escaped("::error::") == r"\::error::"
    assert printable("a\tb", is_short=False) == "a\tb"
    assert printable("a\tb") == r"a\tb"


@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_json(ensure_ascii: bool) -> None:  # noqa: FBT001 - pytest passes it by name
    """A JSON text means what it meant, and nothing in it steers a terminal or a workflow."""
    value = ["##vso[a]", "###", "\x9b31m", "\u202e", "🙂\U000e0041", {"##[a]": "\n::b"}]

    text = escaped_json(json.dumps(value, indent=2, ensure_ascii=ensure_ascii))

    assert json.loads(text) == value
    assert text.replace("\n", "").isprintable()
    assert "##" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert escaped_json('{"a": "ü"}') == '{"a": "ü"}'
