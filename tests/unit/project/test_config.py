"""`hashzip.toml` becomes a `Project`. `bad_projects` has what is refused."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders import BUILDERS
from hashzip.errors import HashzipError
from hashzip.project import config
from hashzip.project.targets import Function, Layer
from tests.support import commands
from tests.support import project as projects

LAYER = {"source": "src", "runtime": "python3.13", "architecture": "arm64"}

# The options of each builder where a table sets none.
PYTHON: dict[str, object] = {
    "requirements": None,
    "package": None,
    "extras": (),
    "groups": (),
    "install_project": False,
    "exclude_packages": (),
    "build_sdists": False,
    "build_env": {},
    "bytecode": False,
    "strip": False,
}
COMMAND: dict[str, object] = {"output": None, "env": {}, "inputs": ()}
KEYS_OF_BUILDERS = {
    key: [name for name in BUILDERS if key in BUILDERS[name].KEYS]
    for builder in BUILDERS.values()
    for key in builder.KEYS
    if key != "source"
}


class TestLoad:
    """Reading a project."""

    def test_least(self, project: Path) -> None:
        """Keys that are left out have their defaults."""
        assert planning.load_project(str(project)).targets == {
            "hello": Function(
                name="hello",
                sources=("src",),
                handler="hello.lambda_handler",
                runtime="python3.13",
                architecture="arm64",
                builder="python",
                include=("**",),
                exclude=(),
                executable=(),
                allow=(),
                options=PYTHON,
                layers=(),
            )
        }

    def test_most(self, project: Path) -> None:
        """Given keys replace their defaults."""
        projects.configure(
            project,
            source=["src", "over"],
            requirements="lock.txt",
            include=["*.py"],
            exclude=["tests/"],
            executable=["bin/*"],
        )

        assert planning.load_project(str(project)).target("hello") == Function(
            name="hello",
            sources=("src", "over"),
            handler="hello.lambda_handler",
            runtime="python3.13",
            architecture="arm64",
            builder="python",
            options={**PYTHON, "requirements": "lock.txt"},
            include=("*.py",),
            exclude=("tests/",),
            executable=("bin/*",),
        )

    def test_order(self, project: Path) -> None:
        """Functions come in the order of the file, not of the alphabet."""
        projects.write_config(project, zebra=projects.HELLO, ape=projects.HELLO)

        assert list(planning.load_project(str(project)).targets) == ["zebra", "ape"]

    def test_root_through_a_link(self, project: Path, tmp_path: Path) -> None:
        """Two paths of a project, one through a link, are one root."""
        (tmp_path / "link").symlink_to("project")

        assert (
            planning.load_project(str(tmp_path / "link")).root
            == planning.load_project(str(project)).root
        )

    @pytest.mark.parametrize(
        "written, meant",
        [
            ("src/", "src"),
            ("./src", "src"),
            ("src//lib/./", "src/lib"),
            ("src\\lib", "src/lib"),
            (".", "."),
            ("./", "."),
        ],
    )
    def test_path(self, project: Path, written: str, meant: str) -> None:
        """Different spellings of a folder are one."""
        projects.configure(project, source=written)

        assert planning.load_project(str(project)).target("hello").sources == (meant,)

    @pytest.mark.parametrize(
        "path", ["/src", "../src", "src/../..", "C:/src", "C:src", "\\src", "..\\src", "a\0b"]
    )
    def test_path_that_leaves_the_project(self, project: Path, path: str) -> None:
        """A path that leaves the project's folder is an error, in Windows's spelling too."""
        projects.configure(project, source=path)

        with pytest.raises(HashzipError, match=r'"source" in \[function.hello\]'):
            planning.load_project(str(project))

    @pytest.mark.parametrize("name", ["a", "A-b_9", "x" * 64])
    def test_name(self, project: Path, name: str) -> None:
        """A function can have every name that AWS allows."""
        projects.write_config(project, **{name: projects.HELLO})

        assert list(planning.load_project(str(project)).targets) == [name]

    @pytest.mark.parametrize("name", ["", "a b", "a/b", "..", "é", "x" * 65])
    def test_impossible_name(self, project: Path, name: str) -> None:
        """A name that AWS refuses, or that no folder can have, is an error."""
        projects.write_config(project, **{f'"{name}"': projects.HELLO})

        with pytest.raises(HashzipError, match="cannot be the name of a function"):
            planning.load_project(str(project))


class TestBuilders:
    """Functions that a program builds."""

    def test_least(self, project: Path) -> None:
        """Keys that are left out have their defaults, and the handler is `bootstrap`."""
        table = {key: value for key, value in commands.HELLO.items() if key != "output"}
        projects.write_config(project, hello=table)

        assert planning.load_project(str(project)).target("hello") == Function(
            name="hello",
            builder="command",
            sources=("src",),
            handler="bootstrap",
            handler_in_layer=True,
            runtime="provided.al2023",
            architecture="x86_64",
            options={**COMMAND, "command": (("sh", "build.sh"),)},
        )

    def test_most(self, project: Path) -> None:
        """Given keys replace their defaults, and an argument may be empty."""
        keys = {"handler": "a.b", "inputs": ["lock/", "./a/*.json"], "env": {"A": ""}}
        several = [["npm", "ci"], ["npm", "run", ""]]
        commands.configure(project, command=several, output="./a//b/", **keys)

        assert planning.load_project(str(project)).target("hello") == Function(
            name="hello",
            builder="command",
            sources=("src",),
            handler="a.b",
            handler_in_layer=True,
            runtime="provided.al2023",
            architecture="x86_64",
            options={
                "command": (("npm", "ci"), ("npm", "run", "")),
                "output": "a/b",
                "inputs": ("lock", "a/*.json"),
                "env": {"A": ""},
            },
        )

    @pytest.mark.parametrize(
        "source, output, place",
        [("src", "out", "src/out"), (".", "a/b", "a/b"), ("a/b", "c", "a/b/c"), ("a", None, None)],
    )
    def test_place(self, project: Path, source: str, output: str | None, place: str | None) -> None:
        """The output has a path relative to the project."""
        table = commands.HELLO | {"source": source, "output": output}
        projects.write_config(project, hello={key: one for key, one in table.items() if one})

        target = planning.load_project(str(project)).target("hello")

        assert isinstance(target, Function)
        assert target.output_path == place

    @pytest.mark.parametrize("source, output", [("app", "dist"), (".", "out/dist"), (".", "dist2")])
    def test_output(self, project: Path, source: str, output: str) -> None:
        """An output in a folder `dist` is an error only in the project's root."""
        commands.configure(project, source=source, output=output)

        assert planning.load_project(str(project)).targets

    @pytest.mark.parametrize("key", KEYS_OF_BUILDERS)
    @pytest.mark.parametrize("builder", BUILDERS)
    def test_keys(self, project: Path, builder: str, key: str) -> None:
        """A key is read by the builders that have it, and refused by the others."""
        values: dict[str, object] = {"command": ["make"], "env": {}, "build_env": {}}
        values |= dict.fromkeys(("bin", "profile", "output", "requirements", "package"), "x")
        values |= dict.fromkeys(("default_features", "build_sdists", "bytecode", "strip"), True)
        values["install_project"] = True
        needed = {"command": ["make"]} if builder == "command" else {}
        table = projects.HELLO | {"builder": builder, **needed, key: values.get(key, [])}
        projects.write_config(project, hello=table)

        if builder in KEYS_OF_BUILDERS[key]:
            assert planning.load_project(str(project)).targets
        else:
            with pytest.raises(HashzipError, match=f'"{key}" in .* is for builder = '):
                planning.load_project(str(project))


class TestLayers:
    """Layers, and the functions that use them."""

    def test_most(self, project: Path) -> None:
        """A layer can have all keys of a function except `handler` and `layers`."""
        options: dict[str, object] = {
            "exclude_packages": ["boto3"],
            "extras": ["a"],
            "groups": ["b"],
            "package": "c",
        }
        flags = {"build_sdists": True, "bytecode": True, "strip": True, "install_project": True}
        options["build_env"] = {"A": "b"}
        table = LAYER | {"requirements": "uv.lock", "allow": ["x"]} | options | flags
        projects.write_tables(project, {"layer.deps": table})

        (layer,) = planning.load_project(str(project)).targets.values()

        assert layer == Layer(
            name="layer.deps",
            sources=("src",),
            runtime="python3.13",
            architecture="arm64",
            builder="python",
            allow=("x",),
            options={
                "requirements": "uv.lock",
                "exclude_packages": ("boto3",),
                "extras": ("a",),
                "groups": ("b",),
                "package": "c",
                "install_project": True,
                "build_sdists": True,
                "build_env": {"A": "b"},
                "bytecode": True,
                "strip": True,
            },
        )

    def test_requirements_alone(self, project: Path) -> None:
        """A layer with requirements needs no source, and a function does."""
        table = {key: value for key, value in LAYER.items() if key != "source"}
        projects.write_tables(project, {"layer.deps": table | {"requirements": "lock.txt"}})

        assert planning.load_project(str(project)).target("layer.deps").sources == ()
        projects.write_tables(project, {"function.f": table | {"handler": "a.b"}})
        with pytest.raises(HashzipError, match='"source" in'):
            planning.load_project(str(project))

    def test_order(self, project: Path) -> None:
        """Layers come before functions, and a function's layers keep their order."""
        function = projects.HELLO | {"layers": ["b", "a"]}
        tables = {"layer.a": LAYER, "layer.b": LAYER}
        projects.write_tables(project, {"function.hello": function, **tables})

        loaded = planning.load_project(str(project))

        assert list(loaded.targets) == ["layer.a", "layer.b", "hello"]
        layers = loaded.layers(loaded.target("hello"))
        assert [layer.name for layer in layers] == ["layer.b", "layer.a"]
        assert loaded.layers(loaded.target("layer.a")) == []

    def test_one_name(self, project: Path) -> None:
        """A layer and a function can have the same name."""
        projects.write_tables(project, {"layer.hello": LAYER, "function.hello": projects.HELLO})

        targets = planning.load_project(str(project)).targets

        assert isinstance(targets["layer.hello"], Layer)
        assert isinstance(targets["hello"], Function)

    @pytest.mark.parametrize(
        "table, where, prefix, home",
        [
            ("layer.x", "[layer.x]", "python/", "/opt/python"),
            ("function.x", "[function.x]", "", "/var/task"),
        ],
    )
    def test_place(self, project: Path, table: str, where: str, prefix: str, home: str) -> None:
        """A layer's files have another prefix and another root in Lambda than a function's."""
        values = LAYER if table == "layer.x" else projects.HELLO
        projects.write_tables(project, {table: values})

        (target,) = planning.load_project(str(project)).targets.values()

        assert (target.label, target.prefix, target.lambda_root) == (where, prefix, home)


class TestFindRoot:
    """Finding the project that a folder belongs to."""

    def test_nearest(self, project: Path) -> None:
        """The root of a folder is the innermost project around it."""
        inner = projects.make(project / "inner")

        assert config.find_root(str(inner / "src" / "lib")) == str(inner)
        assert config.find_root(str(project / "src")) == str(project)

    def test_none(self, tmp_path: Path) -> None:
        """Without one, the error names the folder."""
        with pytest.raises(HashzipError, match=str(tmp_path)):
            config.find_root(str(tmp_path))
