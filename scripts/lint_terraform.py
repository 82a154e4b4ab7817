"""Check the Terraform: run `terraform fmt -check` and `terraform validate`."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from scripts import process
from scripts.deploy import REPOSITORY, terraform
from scripts.errors import exit_code


def main() -> None:
    """Check the format, then validate the root and each module in a copy of `infra/`."""
    command = ["terraform", "fmt", "-check", "-diff", "-recursive", "infra", "examples"]
    hint = "run: terraform fmt -recursive infra examples"
    process.output(command, hint, folder=str(REPOSITORY))
    with tempfile.TemporaryDirectory(prefix="hashzip-lint-") as folder:
        copy = Path(folder, "infra")
        ignored = shutil.ignore_patterns(".terraform*", "*.tfstate*")
        shutil.copytree(REPOSITORY / "infra", copy, ignore=ignored)
        for configuration in (copy, *sorted(copy.glob("modules/*"))):
            terraform({}, configuration).validate()


if __name__ == "__main__":
    sys.exit(exit_code(main))
