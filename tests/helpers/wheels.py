"""Makes tiny wheels by hand, so that no test waits for a package index."""

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

# uv runs in the project's folder, and looks for wheels there and nowhere else.
LOCAL = "--no-index\n--find-links ./wheels\n"


def make(
    project: Path,
    name: str = "greet",
    version: str = "1.0",
    *,
    files: Mapping[str, str] | None = None,
    tag: str = "py3-none-any",
    scripts: Sequence[str] = (),
    requires: str = "",
) -> Path:
    """Makes a wheel in the folder `wheels` of a project.

    Args:
        project: The project's folder.
        name: Of the package.
        version: Of the package.
        files: What it installs; by default, one module of its name.
        tag: What it runs on.
        scripts: Names of console scripts.
        requires: The package that it asks for.
    """
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    content = {
        **(files if files is not None else {f"{name}.py": f"NAME = {name!r}\n"}),
        f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if scripts:
        lines = "".join(f"{script} = {name}:main\n" for script in scripts)
        content[f"{info}/entry_points.txt"] = f"[console_scripts]\n{lines}"
    record = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    wheel = project / "wheels" / f"{name}-{version}-{tag}.whl"
    wheel.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**content, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return wheel


def requirement(wheel: Path) -> str:
    """Answers the line that locks a wheel."""
    name, version, _ = wheel.name.split("-", maxsplit=2)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def lock(project: Path, *wheels: Path) -> None:
    """Writes the project's `requirements.txt`: these wheels, and where they are."""
    lines = "".join(requirement(wheel) for wheel in wheels)
    (project / "requirements.txt").write_text(LOCAL + lines, encoding="utf-8")
