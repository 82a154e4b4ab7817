"""Modules that a function imports and that nothing in Lambda has."""

from collections.abc import Mapping

import pytest

from hashzip.archive import missing_modules
from hashzip.builders.build_plan import Use
from hashzip.project.targets import Function


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
    modules = missing_modules.find(Use(function, []), files, lambda path: files[path].encode())
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
