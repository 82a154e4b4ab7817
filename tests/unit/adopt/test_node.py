"""Functions in JavaScript and TypeScript."""

import json
from pathlib import Path

import pytest

from hashzip.adopt import node
from hashzip.adopt.repository import Repository
from tests.support import project as projects

HANDLER = "exports.handler = async (event) => ({});\n"


def repository(tmp_path: Path, files: dict[str, str]) -> Repository:
    """Make a repository."""
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    return Repository(str(tmp_path))


@pytest.mark.parametrize(
    "text, names",
    [
        (HANDLER, ["handler"]),
        ("module.exports.handler = async () => {}\n", ["handler"]),
        ("export const handler = middy(run)\n", ["handler"]),
        ("export const handler: Handler<X, Y> = async (event) => {}\n", ["handler"]),
        ("export async function handler(event) {}\n", ["handler"]),
        ("exports.create = async (event, context) => {}\nexports.X = 1\n", ["create"]),
        ("async function handler(event) {}\nmodule.exports = { handler };\n", ["handler"]),
        ("export const total = (events) => events.length\n", []),
        ("const handler = 1\n", []),
    ],
)
def test_found(tmp_path: Path, text: str, names: list[str]) -> None:
    """What a module exports as a handler is a function."""
    files = repository(tmp_path, {"f/index.js": text})

    assert [each.function for each in node.find(files)] == names


@pytest.mark.parametrize("path", ["f/index.test.js", "f/x.d.ts", "f/webpack.config.js"])
def test_tests(tmp_path: Path, path: str) -> None:
    """Tests, declarations and settings have no functions."""
    assert list(node.find(repository(tmp_path, {path: HANDLER}))) == []


def test_plain(tmp_path: Path) -> None:
    """A function without packages is copied, and its inputs are listed."""
    files = repository(tmp_path, {"f/index.js": HANDLER, "f/lib/x.js": "", "f/main.tf": ""})

    keys, reason = node.keys(files, "f", "index.handler")

    assert reason == ""
    assert keys["include"] == ["/index.js", "/lib/"]
    assert keys["command"] == ["sh", "-c", 'cp -R index.js lib "$HASHZIP_OUTPUT"']


def test_dependencies(tmp_path: Path) -> None:
    """Packages are installed from a lock, and without one the reason says what to run."""
    manifest = json.dumps({"dependencies": {"x": "1"}})
    files = repository(tmp_path, {"f/index.js": HANDLER, "f/package.json": manifest})
    assert "npm install" in node.keys(files, "f", "index.handler")[1]

    files = repository(tmp_path, {"f/package-lock.json": "{}"})
    keys, reason = node.keys(files, "f", "index.handler")
    assert reason == ""
    assert "npm ci --ignore-scripts --omit=dev" in str(keys["command"])


@pytest.mark.parametrize(
    "script, output, reason",
    [
        ("esbuild a.ts --bundle --outdir=out", "out", ""),
        ("esbuild a.ts --outfile=out/index.js", "out", ""),
        ("tsc", "lib", ""),
        ("webpack", None, "is not clear"),
    ],
)
def test_built(tmp_path: Path, script: str, output: str | None, reason: str) -> None:
    """A package with a script `build` is built by it, if it is clear where it writes."""
    files = {
        "f/index.ts": "export const handler = async (event) => {}\n",
        "f/package.json": json.dumps({"scripts": {"build": script}}),
        "f/tsconfig.json": '{"compilerOptions": {"outDir": "./lib"}}',
        "f/package-lock.json": "{}",
    }

    keys, why = node.keys(repository(tmp_path, files), "f", "src/index.handler")

    assert keys.get("output") == output
    assert reason in why
    assert not keys or keys["handler"] == "index.handler"


def test_esbuild_of_sam(tmp_path: Path) -> None:
    """Where SAM bundles with esbuild, the same words do."""
    files = repository(tmp_path, {"f/app.ts": "", "f/package-lock.json": "{}"})

    keys, _ = node.keys(files, "f", "app.handler", esbuild=["app.ts", "--bundle"])

    assert keys["command"] == [
        ["npm", "ci", "--ignore-scripts"],
        ["npx", "--no-install", "esbuild", "app.ts", "--bundle", "--outdir=out"],
    ]


def test_helpers(tmp_path: Path) -> None:
    """A function that another module imports is none, unless it is called `handler`."""
    files = {
        "f/index.ts": 'import { nameIn } from "./event";\n'
        "export const handler = async (event) => {}\n",
        "f/event.ts": "export const nameIn = (event: Event) => event.name;\n",
        "f/other.ts": "export const run = async (event: Event) => {};\n",
    }

    found = [each.function for each in node.find(repository(tmp_path, files))]

    assert found == ["handler", "run"]


def test_patterns(tmp_path: Path) -> None:
    """What Terraform packs alone, or leaves out, counts."""
    files = repository(tmp_path, {"f/index.js": HANDLER, "f/other.js": "", "f/tests2/x.js": ""})

    keys, _ = node.keys(files, "f", "index.handler", (["/index.js"], ()))
    assert keys["include"] == ["/index.js"]
    keys, _ = node.keys(files, "f", "index.handler", ((), ["/tests2"]))
    assert keys["include"] == ["/index.js", "/other.js"]


@pytest.mark.parametrize(
    "manifest, reason",
    [
        ({"dependencies": {"@aws-sdk/client-s3": "3"}}, ""),
        ({"devDependencies": {"jest": "1"}}, ""),
        ({"scripts": {"build": "webpack"}}, ""),
        ({"dependencies": {"aws-sdk": "2"}}, "has no lock"),
    ],
)
def test_nothing_to_install(tmp_path: Path, manifest: dict[str, object], reason: str) -> None:
    """A plain module needs no build, and no packages that Lambda brings."""
    files = {"f/index.js": HANDLER, "f/package.json": json.dumps(manifest), "package.json": "{"}

    assert reason in node.keys(repository(tmp_path, files), "f", "index.handler")[1]
