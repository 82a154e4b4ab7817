"""What `init` says."""

from hashzip.adopt import report
from hashzip.adopt.proposal import Adopted, Change, Proposal, Unresolved

TABLE = {"handler": "app.run", "runtime": "python3.13", "architecture": "arm64"}


def test_lines() -> None:
    """Functions, what stays open and what is not adopted are listed with their places."""
    open_value = Unresolved("runtime", "var.\x1b[2J\nx", "it has no default")
    adopted = Adopted("f", TABLE, "main.tf:3 aws_lambda_function.f", None, (open_value,))
    change = Change("main.tf", "a\nb\n", "a\nc\n")
    proposal = Proposal([adopted], ["g"], [("x.tf:1", "image")], [change], [change])

    text = "\n".join(report.lines(proposal, writes_terraform=False))

    for words in (
        "found 1 function:",
        "f  app.run  python3.13  arm64  main.tf:3 aws_lambda_function.f",
        "hashzip.toml already has: g",
        "f: runtime = var. [2J x: it has no default",
        "x.tf:1: image",
        "-b\n+c",
        "--write-terraform",
    ):
        assert words in text
    assert "\x1b" not in text
    assert "--write-terraform" not in "\n".join(report.lines(proposal, writes_terraform=True))


def test_long_texts() -> None:
    """A long text is cut."""
    assert report.clean("a" * 200).endswith("a…")
    assert len(report.clean("a" * 200)) < 100
