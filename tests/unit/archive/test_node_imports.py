"""What a JavaScript module imports in Lambda, and what Lambda's Node.js has."""

import pytest

from hashzip.archive import node_imports


def modules(source: str) -> list[str]:
    """Return the modules that a source imports."""
    return [each.module for each in node_imports.find(source)]


class TestFind:
    """Which imports count."""

    @pytest.mark.parametrize(
        "source",
        [
            'require("a")',
            "const { b } = require('a').c;",
            'import "a"',
            'import b from "a"',
            'import b, { c as d, $e } from "a";',
            'import * as b from "a"',
            'import {\n  b, // "no"\n  c,\n} from "a";',
            'import b from "a" with { type: "json" };',
            'export * from "a"',
            'export * as b from "a"',
            'export { b as c } from "a"',
            'const b = await import("a")',
            'function f() { return import("a", { with: {} }) }',
            'import{b}from"a";',
            'const b = `${require("a")} require("no")`',
            'const b = `x${`y${require("a")}`}` + c',
            'const b = c / require("a") / 2',
            'b = /"/; require("a"); c = /\'/',
            'b = /[/"]/.test(c); require("a")',
            'promise.catch(() => { require("a") })',
            'try { b() } catch (e) { c() } require("a")',
            'const b = { try: 1 }; b.try; { require("a") }',
            '#!/usr/bin/env node\nrequire("a")',
        ],
    )
    def test_forms(self, source: str) -> None:
        """Each form of import counts, whatever stands around it."""
        assert modules(source) == ["a"]

    @pytest.mark.parametrize(
        "source",
        [
            '// require("a")',
            '/* import "a" */',
            "const b = 'require(\"a\")'",
            'const b = `import "a"`',
            'b = /require("a")/',
            'return /require("a")/g.test(b)',
            'b.require("a")',
            'require.resolve("a")',
            "require(a)",
            "import(`./${a}.js`)",
            'import.meta.resolve("a")',
            'const b = { import: "a", export: "a" }',
            'export const from = "a"',
            'export default "a"',
            'try { require("a") } catch { }',
            'try { if (b) { require("a") } } finally { }',
            'try { b() } catch (e) { require("a") }',
            'import("a").catch(() => {})',
            "(function(require,module,exports){ require('a') })",
            'requires("a")',
        ],
    )
    def test_left_out(self, source: str) -> None:
        """What only looks like an import, or whose failure is caught, is left out."""
        assert modules(source) == []

    def test_line(self) -> None:
        """Each import has its line."""
        imports = node_imports.find('\n/*\n*/ require("a");\nimport "b"')

        assert [tuple(each) for each in imports] == [("a", 3), ("b", 4)]

    @pytest.mark.parametrize(
        "unit",
        [
            "'\\",
            '"\\',
            "(/[",
            "/*",
            "`",
            "`${",
            "import ",
            "export a,",
            "try{",
            "catch(",
            "import{",
        ],
    )
    def test_long(self, unit: str) -> None:
        """A source that is made to be slow ends: in quadratic time, each would take minutes."""
        assert modules(unit * 100_000) == []

    @pytest.mark.parametrize("source", ["`${", "'", "/*", "{{{", "}}}", "`a${b}", "import {", "("])
    def test_broken(self, source: str) -> None:
        """A source that is cut off is read as far as it goes."""
        assert modules(f'require("a");\n{source}') == ["a"]


class TestIsBrought:
    """Modules of Node.js itself and of the AWS SDK."""

    @pytest.mark.parametrize(
        "module, major, is_brought",
        [
            ("fs", 22, True),
            ("fs/promises", 22, True),
            ("node:test", 22, True),
            ("express", 22, False),
            ("@aws-sdk/client-s3", 18, True),
            ("@aws-sdk/client-s3", 16, False),
            ("aws-sdk", 16, True),
            ("aws-sdk/clients/s3", 16, True),
            ("aws-sdk", 18, False),
            ("@smithy/node-http-handler", 20, True),
        ],
    )
    def test_module(self, module: str, major: int, *, is_brought: bool) -> None:
        """The SDK is version 3 from Node.js 18 on, and version 2 before."""
        assert node_imports.is_brought(module, major) is is_brought

    def test_former(self) -> None:
        """Version 2 of the SDK is the former one only where version 3 is."""
        assert node_imports.is_former_sdk("aws-sdk", 18)
        assert not node_imports.is_former_sdk("aws-sdk", 16)


@pytest.mark.parametrize(
    "module, package",
    [("a", "a"), ("a/b.js", "a"), ("@s/a", "@s/a"), ("@s/a/b/c.js", "@s/a")],
)
def test_package(module: str, package: str) -> None:
    """The package of a module has its scope, and no path."""
    assert node_imports.package(module) == package
