"""Builds warn of modules that a function imports and that nothing in Lambda has."""

from pathlib import Path

import pytest

from hashzip import errors
from hashzip.archive import imports
from hashzip.artifacts.store import latest_manifest
from tests.support import project as projects
from tests.support import shared_package, wheels

LAYER = {"source": "layer", "runtime": "python3.13", "architecture": "arm64"}


class TestReport:
    """The warnings of real builds."""

    def test_warning(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The warning names function, module, file and line, and the package is built."""
        projects.write_files(project / "src", {"hello.py": b"import os\nimport requests\n"})

        assert projects.make_zip(project).exists()

        text = capsys.readouterr().err
        assert text.startswith(
            "warning: hello imports requests (src/hello.py:2), which is neither in the package nor "
            "in Lambda's Python 3.13\n"
        )
        assert 'set modules_in_layer = ["requests"] in [function.hello]' in text
        projects.configure(project, modules_in_layer=["requests"])
        before = latest_manifest(projects.examine(project).store)
        projects.make_zip(project, force=True)
        assert capsys.readouterr().err == ""
        assert latest_manifest(projects.examine(project).store) == before

    def test_relative(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A relative import that fails has a warning of its own, whose hint works."""
        projects.write_files(
            project / "src", {"hello.py": b"from .lib import names\nimport yaml\n"}
        )

        projects.make_zip(project)

        relative, hint, missing_module, _ = capsys.readouterr().err.splitlines()
        assert relative.startswith(
            "warning: hello imports .lib (src/hello.py:1), which fails in Lambda"
        )
        assert "FOLDER.hello.lambda_handler" in hint
        assert missing_module.startswith("warning: hello imports yaml (src/hello.py:2), which is")
        projects.configure(project, source=".", include=["src"], handler="src.hello.lambda_handler")
        projects.make_zip(project)
        assert "imports .lib" not in capsys.readouterr().err

    def test_requirements(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Installed packages are in the package, and the hint names the lock."""
        wheel = wheels.make(project, "small", files={"small/__init__.py": "import optional\n"})
        text = wheels.LOCAL + wheels.requirement(wheel)
        source = b"import small\nimport requests\n"
        projects.write_files(project, {"all.txt": text.encode(), "src/hello.py": source})
        projects.configure(project, requirements="all.txt")

        projects.make_zip(project)

        text = capsys.readouterr().err
        assert "hello imports requests (src/hello.py:2), which is" in text
        assert "add its package to all.txt" in text

    def test_layer(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A layer that is built may have a module; one that is not built is not guessed at."""
        projects.write_files(
            project, {"layer/requests.py": b"", "src/hello.py": b"import requests, yaml\n"}
        )
        hello = {**projects.HELLO, "layers": ["deps"]}
        projects.write_tables(project, {"layer.deps": LAYER, "function.hello": hello})
        projects.make_zip(project)
        assert capsys.readouterr().err == ""

        projects.make_zip(project, "layer.deps")
        projects.make_zip(project, force=True)

        assert (
            "hello imports yaml (src/hello.py:1), which is neither in the package, its layers, nor"
            in capsys.readouterr().err
        )

    def test_shared_package(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What several functions of a package import is one warning; each has its handler."""
        root = shared_package.make(tmp_path / "project")
        projects.write_files(root / "src", {"read.py": b"import both\n", "both.py": b"import x\n"})
        projects.make_zip(root, "api")
        assert capsys.readouterr().err.startswith("warning: read imports x (src/both.py:1)")

        projects.write_files(root / "src", {"write.py": b"import both\n"})
        projects.make_zip(root, "api")
        assert capsys.readouterr().err.startswith("warning: read, write import x (src/both.py:1)")

    def test_built(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A package that is built already is read from its zip."""
        projects.write_files(project / "src", {"hello.py": b"import requests\n"})
        projects.make_zip(project)
        first = capsys.readouterr().err
        plan = projects.examine(project)

        errors.forget_warnings()
        imports.report_built(plan)

        assert capsys.readouterr().err == first
        assert "imports requests" in first
