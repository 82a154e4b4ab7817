"""Build the container images of both handlers, run and measure them: `python -m scripts.image`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.errors import ScriptError, exit_code
from scripts.image import debian, page
from scripts.image.engine import Engine, find
from scripts.image.measure import measure
from scripts.runtime_api import RuntimeApi

if TYPE_CHECKING:
    from collections.abc import Sequence

_ANSWER_SECONDS = 60.0
_ANSWERS: tuple[tuple[object, dict[str, str]], ...] = (
    ({"name": "world"}, {"message": "Hello, world!"}),
    ({"name": "Zoë 🌍"}, {"message": "Hello, Zoë 🌍!"}),
    ({}, {"message": "Hello, stranger!"}),
    ({"name": ""}, {"message": "Hello, stranger!"}),
    (
        {"name": 7},
        {
            "errorType": "InvalidEventError",
            "errorMessage": "name must be a string, not a number",
        },
    ),
    (
        [],
        {
            "errorType": "InvalidEventError",
            "errorMessage": "the event must be an object, not an array",
        },
    ),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the images, measure them, and see that both answer.

    Args:
        arguments: Without the program's name; by default, those of the process.

    Raises:
        ScriptError: A build failed, or an image answered otherwise than it should.
    """
    options = _options(arguments)
    engine = find(options.option)
    values = debian.base_images(engine) if options.debootstrap else {"python": {}, "rust": {}}
    for handler, name, image in options.base_image:
        values[handler][name] = image
    figures = measure(engine, values)
    for tag in ("hello-python", "hello-rust"):
        check(engine, tag)
        print(f"{tag} answers {len(_ANSWERS)} events as it should")
    print(page.table(figures))
    if options.page:
        suite = debian.SUITE if options.debootstrap else None
        options.page.write_text(page.text(figures, engine.name, debian=suite), encoding="utf-8")


def check(engine: Engine, tag: str) -> None:
    """Run an image against a Runtime API.

    Raises:
        ScriptError: It gave no answer, or another one than it should.
    """
    events = [event for event, _ in _ANSWERS]
    with RuntimeApi(events) as api, engine.running(tag, api.environment):
        answers = api.wait(_ANSWER_SECONDS)
    for (event, wanted), answer in zip(_ANSWERS, answers, strict=True):
        # Python adds a stack trace and a request's id to an error.
        got = {name: value for name, value in answer.items() if name in wanted}
        if got != wanted:
            raise ScriptError(
                f"{tag} answered {answer} to {event}, not {wanted}",
                "see that handler/python and handler/rust have the same answers",
            )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s image --", description=__doc__)
    parser.add_argument(
        "--debootstrap",
        action="store_true",
        help="build on images made here from Debian's packages, by debootstrap, as root",
    )
    parser.add_argument(
        "--base-image",
        action="append",
        default=[],
        type=base_image,
        metavar="HANDLER.ARG=IMAGE",
        help="another base image, as rust.RUNTIME_IMAGE=debian:trixie-slim; may be repeated",
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        help="passed on to each build, for instance --option=--network=host; may be repeated",
    )
    parser.add_argument("--page", type=Path, help="write the figures as a page: docs/images.md")
    return parser.parse_args(arguments)


def base_image(text: str) -> tuple[str, str, str]:
    """Read `HANDLER.ARG=IMAGE`.

    Raises:
        ArgumentTypeError: It has another form.
    """
    key, _, image = text.partition("=")
    handler, _, name = key.partition(".")
    if handler not in {"python", "rust"} or not name or not image:
        raise argparse.ArgumentTypeError(f"not python.ARG=IMAGE or rust.ARG=IMAGE: {text}")
    return handler, name, image


if __name__ == "__main__":
    sys.exit(exit_code(main))
