"""Write tiny wheels and sdists, so that no test waits for a package index."""

import base64
import hashlib
import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

# uv runs in the project's folder, and looks for wheels there and nowhere else.
LOCAL = "--no-index\n--find-links ./wheels\n"

# ELF's numbers for processors, e_machine: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
_ELF_MACHINES = {"x86_64": 62, "aarch64": 183}


def make(
    project: Path,
    name: str = "greet",
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    tag: str = "py3-none-any",
    scripts: Sequence[str] = (),
    requires: str = "",
) -> Path:
    """Write a wheel into the folder `wheels` of a project.

    Args:
        project: The project's folder.
        name: The package's name.
        version: The package's version.
        files: The files in it; by default, one module of its name. A path may be any that a wheel
            can have, such as `greet-1.0.data/scripts/x` or `../x`. A metadata file replaces the
            one that is written otherwise; lines of a `RECORD` are added to it.
        tag: The platform tag.
        scripts: The names of console scripts.
        requires: The package that it requires.
    """
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    content: dict[str, str | bytes] = {
        f"{info}/METADATA": metadata + (f"Requires-Dist: {requires}\n" if requires else ""),
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    if scripts:
        lines = "".join(f"{script} = {name}:main\n" for script in scripts)
        content[f"{info}/entry_points.txt"] = f"[console_scripts]\n{lines}"
    content |= files if files is not None else {f"{name}.py": f"NAME = {name!r}\n"}
    more = content.pop(f"{info}/RECORD", "")
    record = "".join(row(path, text) for path, text in content.items())
    content[f"{info}/RECORD"] = _bytes(record) + _bytes(more) + f"{info}/RECORD,,\n".encode()
    wheel = project / "wheels" / f"{name}-{version}-{tag}.whl"
    wheel.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in content.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return wheel


def make_sdist(project: Path, name: str, version: str, files: Mapping[str, str]) -> Path:
    """Write a source distribution beside the wheels.

    Args:
        project: The project's folder.
        name: The package's name.
        version: The package's version.
        files: The files in it beside `PKG-INFO`; `pyproject.toml` names the build backend.
    """
    sdist = project / "wheels" / f"{name}-{version}.tar.gz"
    sdist.parent.mkdir(exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    with tarfile.open(sdist, "w:gz") as archive:
        for path, text in {"PKG-INFO": metadata, **files}.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return sdist


def elf(machine: str, rest: bytes = b"") -> bytes:
    """Return a shared library that is a header and any bytes.

    Args:
        machine: `x86_64` or `aarch64`.
        rest: The bytes after the header.
    """
    identity = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")  # 64 bits, little-endian
    shared = 3
    return identity + struct.pack("<HHI", shared, _ELF_MACHINES[machine], 1).ljust(48, b"\0") + rest


def row(path: str, content: str | bytes) -> str:
    """Return the line of a file in `RECORD`."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(_bytes(content)).digest()).rstrip(b"=")
    return f"{path},sha256={digest.decode()},{len(_bytes(content))}\n"


def wrong_rows(zip_file: Path) -> list[str]:
    """Return the lines of all `RECORD`s in a zip that do not match the files in the zip."""
    wrong = []
    with zipfile.ZipFile(zip_file) as archive:
        for record in [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]:
            for line in archive.read(record).decode().splitlines(keepends=True):
                path = line.partition(",")[0]
                right = f"{path},,\n" if path == record else row(path, archive.read(path))
                wrong += [line] if line != right else []
    return wrong


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def requirement(wheel: Path) -> str:
    """Return the line of `requirements.txt` that locks a wheel or an sdist."""
    name, version, *_ = wheel.name.removesuffix(".tar.gz").split("-")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def lock(project: Path, *wheels: Path, where: str = LOCAL) -> None:
    """Write a `requirements.txt` that locks wheels and says where to look for them."""
    lines = "".join(requirement(wheel) for wheel in wheels)
    (project / "requirements.txt").write_text(where + lines, encoding="utf-8")
