"""Builds warn of modules that a function imports and that nothing in Lambda has."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from hashzip import errors
from hashzip.archive import imports
from hashzip.artifacts.store import latest_manifest
from hashzip.builders.build_plan import Use
from hashzip.project.targets import Function
from tests.support import project as projects
from tests.support import shared_package, wheels

LAYER = {"source": "layer", "runtime": "python3.13", "architecture": "arm64"}


def missing(
    files: Mapping[str, str],
    runtime: str = "python3.13",
    handler: str = "app.handler",
    **settings: object,
) -> list[str]:
    """Return what a function of some files lacks: `module (path:line)`."""
    function = Function(
        name="f", builder="command", runtime=runtime, architecture="arm64", handler=handler
    ).replace(**settings)
    modules = imports.find(Use(function, []), files, lambda path: files[path].encode())
    return [f"{each.module} ({each.path}:{each.line})" for each in modules]


class TestPython:
    """Modules of Python."""

    def test_missing(self) -> None:
        """A module that is nowhere is missing, once, where it is imported first."""
        files = {"app.py": "import os\nimport requests, yaml.x\n", "b.py": "import unused"}

        assert missing(files) == ["requests (app.py:2)", "yaml (app.py:2)"]

    @pytest.mark.parametrize(
        "path",
        [
            "requests.py",
            "requests/__init__.py",
            "requests/adapters.py",
            "requests.pyc",
            "requests.cpython-313-aarch64-linux-gnu.so",
        ],
    )
    def test_in_the_package(self, path: str) -> None:
        """A module of the package is none, in whatever form."""
        assert missing({"app.py": "import requests.adapters", path: ""}) == []

    @pytest.mark.parametrize(
        "name", ["boto3", "botocore.exceptions", "urllib3", "json", "zoneinfo"]
    )
    def test_in_lambda(self, name: str) -> None:
        """What Lambda's Python has is none."""
        assert missing({"app.py": f"import {name}"}) == []

    def test_version(self) -> None:
        """The standard library is that of the runtime."""
        files = {"app.py": "import cgi, tomllib"}

        assert missing(files, "python3.10") == ["tomllib (app.py:1)"]
        assert missing(files, "python3.13") == ["cgi (app.py:1)"]

    def test_follows(self) -> None:
        """The function's own modules are followed: absolute, relative, and packages around them."""
        files = {
            "src/app.py": "from .util import text\nimport src.deep.mod",
            "src/__init__.py": "import a",
            "src/util/__init__.py": "",
            "src/util/text.py": "import b",
            "src/deep/__init__.py": "import c",
            "src/deep/mod.py": "from .. import other",
            "src/other.py": "import d",
            "src/unused.py": "import e",
        }

        names = [text.partition(" ")[0] for text in missing(files, handler="src.app.handler")]

        assert sorted(names) == ["a", "b", "c", "d"]

    def test_not_into_packages(self) -> None:
        """Installed packages are not followed, unless the handler is in one."""
        files = {
            "app.py": "import lib",
            "lib/__init__.py": "import optional",
            "lib-1.0.dist-info/RECORD": "lib/__init__.py,,\n",
        }
        assert missing(files) == []

        files["lib-1.0.dist-info/RECORD"] = '"app.py",,\nlib/__init__.py,,\n'
        assert missing(files) == ["optional (lib/__init__.py:1)"]

    def test_changed_path(self) -> None:
        """Where the function changes `sys.path`, modules may be in any folder."""
        files = {"app.py": "import sys\nsys.path.append('vendor')\nimport a, b", "vendor/a.py": ""}

        assert missing(files) == ["b (app.py:3)"]
        files["app.py"] = "import a, b"
        assert missing(files) == ["a (app.py:1)", "b (app.py:1)"]
        assert missing(files, environment={"PYTHONPATH": "vendor"}) == ["b (app.py:1)"]

    @pytest.mark.parametrize("source", ["def (", "\0", "(" * 5000])
    def test_not_python(self, source: str) -> None:
        """What this Python cannot read is left alone."""
        assert missing({"app.py": source}) == []

    def test_settings(self) -> None:
        """A layer that hashzip does not build may have modules, or the handler."""
        files = {"app.py": "import a, b"}

        assert missing(files, modules_in_layer=("a",)) == ["b (app.py:1)"]
        assert missing(files, handler_in_layer=True) == []

    def test_relative(self) -> None:
        """A relative import that leads out of all packages fails, and one in a package does not."""
        files = {"app.py": "from .util import text", "util.py": "import unseen"}
        assert missing(files) == [".util (app.py:1)"]

        moved = {f"pkg/{path}": source for path, source in files.items()}
        assert missing(moved, handler="pkg.app.handler") == ["unseen (pkg/util.py:1)"]

    def test_circle(self) -> None:
        """Modules that import each other are read once."""
        assert missing({"app.py": "import b", "b.py": "import app, c"}) == ["c (b.py:1)"]


class TestNode:
    """Packages of Node.js."""

    def run(self, files: Mapping[str, str], runtime: str = "nodejs22.x") -> list[str]:
        """Return what a function lacks."""
        return missing(files, runtime, "index.handler")

    def test_missing(self) -> None:
        """A package that is nowhere is missing; relative modules are followed."""
        files = {
            "index.mjs": 'import a from "@s/a/b.js";\nimport "./lib/x.js";\nimport "node:fs";',
            "lib/x.js": 'require("./y"); require("..")',
            "lib/y/index.js": 'require("c")',
            "unused.js": 'require("d")',
        }

        assert self.run(files) == ["@s/a (index.mjs:1)", "c (lib/y/index.js:1)"]

    @pytest.mark.parametrize(
        "path",
        ["node_modules/a/index.js", "lib/node_modules/a/package.json", "node_modules/a.js", "a.js"],
    )
    def test_in_the_package(self, path: str) -> None:
        """A package is found in each `node_modules` above, and at the root, by `NODE_PATH`."""
        files = {"index.js": 'require("./lib/x")', "lib/x.js": 'require("a/b")', path: ""}

        assert self.run(files) == []
        assert self.run({**files, path + "/": "", "lib/x.js": 'require("z")'}) == ["z (lib/x.js:1)"]

    def test_not_into_packages(self) -> None:
        """Installed packages are not followed."""
        files = {
            "index.js": 'require("a"); require("./node_modules/a/index.js")',
            "node_modules/a/index.js": 'require("optional")',
        }

        assert self.run(files) == []

    def test_other_names(self) -> None:
        """A URL, and a name that `package.json` defines, are no packages."""
        assert self.run({"index.mjs": 'import "#own"; import "data:text/javascript,0";'}) == []
        assert self.run({"index.mjs": 'import "own"'}) == ["own (index.mjs:1)"]

    def test_sdk(self) -> None:
        """The SDK that the runtime has is not missing."""
        files = {"index.js": 'require("aws-sdk")'}

        assert self.run(files, "nodejs16.x") == []
        assert self.run(files, "nodejs18.x") == ["aws-sdk (index.js:1)"]

    def test_yarn(self) -> None:
        """Where Yarn finds packages without `node_modules`, nothing is missing."""
        assert self.run({"index.js": 'require("a")', ".pnp.cjs": ""}) == []


def test_other_runtimes() -> None:
    """Of other languages nothing is known."""
    assert missing({"app.rb": "require 'a'"}, "ruby3.4") == []


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
