"""SAM CLI, in a virtual environment of its own: what it depends on clashes with all else here."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from scripts.benchmark import tools
from scripts.benchmark.measure import Program
from scripts.benchmark.ways import ARCHITECTURE, RUNTIME, Way, edit, make_project, no_zip

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.benchmark.ways import Case

VERSION = "1.170.0"

_TITLE = "`sam build --cached`"
_TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  App:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: source
      Handler: {module}.handler
      Runtime: {runtime}
      Architectures: [{architecture}]
"""


def way(case: Case, project: Path) -> Way:
    """Return SAM's way to build a function.

    Args:
        case: What to build.
        project: Where the project goes; it is made, unless SAM CLI cannot be had.
    """
    if no_zip():
        return Way(_TITLE, ours=False, skipped=no_zip())
    try:
        programs = tools.installed("aws-sam-cli", VERSION)
    except tools.MissingError as error:
        return Way(_TITLE, ours=False, skipped=str(error))
    make_project(case, project)
    # SAM looks for the requirements beside the source.
    (project / "requirements.txt").rename(project / "source/requirements.txt")
    template = _TEMPLATE.format(module=case.module, runtime=RUNTIME, architecture=ARCHITECTURE)
    (project / "template.yaml").write_text(template, encoding="utf-8")
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",  # its pip, and its Python
        "SAM_CLI_TELEMETRY": "0",
        "__SAM_CLI_APP_DIR": str(project / "settings"),  # else it writes to the user's home
    }
    command = (str(programs / "sam"), "build", "--cached")

    def forget() -> None:
        shutil.rmtree(project / ".aws-sam", ignore_errors=True)

    return Way(
        _TITLE,
        ours=False,
        first=Program(command, project, environment=environment, before=forget),
        rebuild=Program(command, project, environment=environment, before=edit(case, project)),
        package=lambda: _pack(project / ".aws-sam/build/App", project / "package.zip"),
    )


def _pack(folder: Path, out: Path) -> Path:
    """Pack what SAM built as small as zip can; SAM itself packs when it deploys."""
    out.unlink(missing_ok=True)
    subprocess.run(["zip", "-9", "-q", "-r", str(out), "."], cwd=folder, check=True)
    return out
