"""Requirements that are missing, not locked, or in a format that hashzip does not install."""

from pathlib import Path

from tests.support import project
from tests.support.bad_projects.base import (
    BadProject,
    Change,
    with_keys,
    with_requirements,
)


def _locked_by(path: str, content: str = "") -> Change:
    """Make a file and name it as the requirements of hello."""

    def change(root: Path) -> None:
        project.write_files(root, {path: content.encode()})
        project.configure(root, requirements=path)

    return change


def _extras_of_requirements(root: Path) -> None:
    with_requirements("")(root)
    project.configure(root, requirements="requirements.txt", extras=["x"])


def _binary_requirements(root: Path) -> None:
    project.write_files(root, {"requirements.txt": b"\xff"})
    project.configure(root, requirements="requirements.txt")


TABLE = (
    BadProject(
        "missing requirements",
        with_keys(requirements="requirements.txt"),
        ["requirements.txt of [function.hello] does not exist"],
        "uv pip compile",
    ),
    BadProject(
        "requirement without a hash",
        with_requirements("greet==1.0\n"),
        ["requirements.txt", '"greet==1.0"', "without a hash"],
        "uv pip compile --universal --generate-hashes",
    ),
    BadProject(
        "hash in a comment",
        with_requirements("greet==1.0 # --hash=sha256:00\n"),
        ["requirements.txt", '"greet==1.0"', "without a hash"],
        "uv pip compile --universal --generate-hashes",
    ),
    *(
        BadProject(
            f"requirements with {line}",
            with_requirements(line + "\n"),
            ["requirements.txt", f'"{line}"'],
            "lock everything into one file",
        )
        for line in ("-r other.txt", "--requirement=other.txt", "-c other.txt", "-e .")
    ),
    *(
        BadProject(
            f"requirements with {line}",
            with_requirements(f"{line}\ngreet==1.0 --hash=sha256:00\n"),
            [f'requirements.txt has {option} in the line "{line}"', "change what is installed"],
            hint,
        )
        for line, option, hint in (
            ("--no-binary greet", "--no-binary", "remove it; to let uv build packages that have"),
            ("--no-index --no-binary=:all:", "--no-binary=:all:", "set build_sdists = true"),
            ("-C x=y", "-C", "remove it; of options, only --extra-index-url, --find-links, --in"),
        )
    ),
    BadProject(
        "requirements that are not UTF-8",
        _binary_requirements,
        ["requirements.txt is not UTF-8"],
        "uv pip compile",
    ),
    *(
        BadProject(
            f"requirements = {path}",
            _locked_by(path),
            [f'[function.hello] has requirements = "{path}", which hashzip cannot install'],
            f'run: {command}; then set requirements = "{lock}"',
        )
        for path, command, lock in (
            (
                "poetry.lock",
                (
                    "uvx --from poetry --with poetry-plugin-export "
                    "poetry export -C . -f requirements.txt -o requirements.txt"
                ),
                "requirements.txt",
            ),
            (
                "app/poetry.lock",
                (
                    "uvx --from poetry --with poetry-plugin-export "
                    "poetry export -C app -f requirements.txt -o requirements.txt"
                ),
                "app/requirements.txt",
            ),
            (
                "app/Pipfile.lock",
                "(cd app && pipenv requirements --hash > requirements.txt)",
                "app/requirements.txt",
            ),
            (
                "app/pdm.lock",
                "pdm export -p app --prod -f requirements -o app/requirements.txt",
                "app/requirements.txt",
            ),
            ("app/pyproject.toml", "uv lock --project app", "app/uv.lock"),
            ("pyproject.toml", "uv lock --project .", "uv.lock"),
        )
    ),
    BadProject(
        "requirements.in",
        _locked_by("deps/requirements.in", "greet\n"),
        ['deps/requirements.in has a requirement without a hash: "greet"'],
        "run: uv pip compile --universal --generate-hashes --python-version 3.13 "
        "deps/requirements.in -o deps/requirements.txt; "
        'then set requirements = "deps/requirements.txt"',
    ),
    BadProject(
        "missing uv.lock",
        with_keys(requirements="app/uv.lock"),
        ["app/uv.lock of [function.hello] does not exist"],
        "create it: uv lock --project app",
    ),
    BadProject(
        "missing pylock.toml",
        with_keys(requirements="app/pylock.prod.toml"),
        ["app/pylock.prod.toml of [function.hello] does not exist"],
        "create it: uv export --project app --no-dev --no-emit-project -o app/pylock.prod.toml",
    ),
    *(
        BadProject(
            f"{key} without requirements", with_keys(**{key: value}), [f"has {key}"], "remove"
        )
        for key, value in (("extras", ["x"]), ("groups", ["x"]), ("package", "x"))
    ),
    BadProject(
        "extras without a uv.lock",
        _extras_of_requirements,
        ["[function.hello] has extras, which only a uv.lock supports"],
        "remove extras",
    ),
)
