"""`hashzip init`: the first `hashzip.toml` and its Terraform configuration."""

import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.project.targets import Function
from tests.support import git, program, stack
from tests.support import project as projects

HANDLER = b"def lambda_handler(event, context):\n    return {}\n"
ORDERS = (
    'source = "orders"\nhandler = "app.lambda_handler"\n'
    'runtime = "python3.12"\narchitecture = "x86_64"\n'
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a repository with a function and no `hashzip.toml`."""
    projects.write_files(tmp_path, {"orders/app.py": HANDLER, ".python-version": b"3.12\n"})
    return tmp_path


class TestInit:
    """The files that `init` writes."""

    def test_written(self, root: Path) -> None:
        """The files that were shown are written, and the function can be built."""
        finished = program.run("init", "--yes", "--architecture", "arm64", cwd=root)

        assert finished.code == 0, finished.err
        for path in ("hashzip.toml", "infra/hashzip.tf", ".gitignore"):
            assert (root / path).read_text(encoding="utf-8").strip() in finished.out
        assert (root / "hashzip.toml").read_text(encoding="utf-8") == (
            '[function.orders]\nsource = "orders"\nhandler = "app.lambda_handler"\n'
            'runtime = "python3.12"\narchitecture = "arm64"\n'
        )
        assert projects.built(root)["function"] == "orders"

    def test_terraform(self, root: Path) -> None:
        """The paths to module and project in the configuration are relative to its folder."""
        program.run("init", "--yes", "--infra", "deploy/aws", cwd=root)

        text = (root / "deploy/aws/hashzip.tf").read_text(encoding="utf-8")
        (source,) = re.findall(r'^  source = "(.*)"$', text, re.MULTILINE)
        if source.startswith("."):  # otherwise, it is the remote of this checkout
            assert (root / "deploy/aws" / source / "variables.tf").resolve().is_file()
        assert source.partition("?")[0].endswith("infra/modules/function")
        assert 'provider "aws"' in text
        assert 'project  = "${path.root}/../.."' in text
        assert 'function = "orders"' in text

    def test_flags(self, root: Path) -> None:
        """With a folder and a handler given, nothing is searched."""
        (root / "orders" / "app.py").rename(root / "orders" / "other.py")
        words = ["--source", "orders", "--handler", "other.run", "--function", "mine"]

        finished = program.run("init", "--yes", *words, "--runtime", "python3.11", cwd=root)

        assert finished.code == 0, finished.err
        text = (root / "hashzip.toml").read_text(encoding="utf-8")
        assert text.startswith('[function.mine]\nsource = "orders"\nhandler = "other.run"\n')
        assert 'runtime = "python3.11"' in text

    @pytest.mark.parametrize("words", [[], ["--source", "rust"]])
    def test_rust(self, tmp_path: Path, words: list[str]) -> None:
        """A crate gets its builder and runtime, and no handler; the configuration is the same."""
        files = {
            "rust/Cargo.toml": b'[package]\nname = "orders"\n[dependencies]\nlambda_http = "1"\n',
            "rust/src/main.rs": b"fn main() {}\n",
            ".gitignore": b"dist/\n",
        }
        projects.write_files(tmp_path, files)

        # Without a terminal it shows the files and writes nothing.
        finished = program.run("init", "--architecture", "arm64", *words, cwd=tmp_path)

        table = (
            '[function.orders]\nbuilder = "rust"\nsource = "rust"\n'
            'runtime = "provided.al2023"\narchitecture = "arm64"\n'
        )
        assert f"# hashzip.toml\n\n{table}\n# infra/hashzip.tf\n" in finished.out
        assert 'module "orders" {' in finished.out
        assert not (tmp_path / "hashzip.toml").exists()

    def test_written_rust(self, tmp_path: Path) -> None:
        """Several programs of a crate become functions in Rust."""
        crate = b'[package]\nname = "a"\nedition = "2024"\n[dependencies]\nlambda_runtime = "1"\n'
        main = b"fn main() {}\n"
        projects.write_files(
            tmp_path, {"r/Cargo.toml": crate, "r/src/bin/one.rs": main, "r/src/main.rs": main}
        )

        finished = program.run("init", "--yes", cwd=tmp_path)

        assert finished.code == 0, finished.err
        targets = planning.load_project(str(tmp_path)).targets
        assert {
            name: target.options["bin"]
            for name, target in targets.items()
            if isinstance(target, Function)
        } == {
            "a": "a",
            "one": "one",
        }
        assert {target.builder for target in targets.values() if isinstance(target, Function)} == {
            "rust"
        }

    def test_several_programs(self, tmp_path: Path) -> None:
        """Each program of a crate becomes a function with the key `bin`."""
        crate = b'[package]\nname = "a"\nedition = "2024"\n[dependencies]\nlambda_runtime = "1"\n'
        more = b'[[bin]]\nname = "one"\nrequired-features = ["x", "y"]\n'
        main = b"fn main() {}\n"
        files = {"Cargo.toml": crate + more, "src/bin/one.rs": main, "src/bin/two.rs": main}
        projects.write_files(tmp_path, files)

        finished = program.run("init", cwd=tmp_path)

        lines = 'source = "."\nbin = "one"\nfeatures = ["x", "y"]\nruntime'
        assert f'[function.one]\nbuilder = "rust"\n{lines}' in finished.out
        lines = 'source = "."\nbin = "two"\nruntime'
        assert f'[function.two]\nbuilder = "rust"\n{lines}' in finished.out

    def test_names_of_several_programs(self, tmp_path: Path) -> None:
        """`--function` names the only program of a crate, and is refused for two programs."""
        crate = b'[package]\nname = "a"\nedition = "2024"\n[dependencies]\nlambda_runtime = "1"\n'
        projects.write_files(tmp_path, {"r/Cargo.toml": crate, "r/src/bin/one.rs": b""})
        words = ("init", "--source", "r", "--function", "mine")
        assert "[function.mine]\n" in program.run(*words, cwd=tmp_path).out

        projects.write_files(tmp_path, {"r/src/bin/two.rs": b""})
        error, hint = projects.complaint(program.run(*words, cwd=tmp_path))
        assert "r has 2 programs" in error
        assert "remove --function" in hint

    @pytest.mark.parametrize(
        "asked, runtimes",
        [
            ("python3.11", ["python3.11", "provided.al2023"]),
            ("provided.al2", ["python3.12", "provided.al2"]),
        ],
    )
    def test_runtime_of_a_language(self, root: Path, asked: str, runtimes: list[str]) -> None:
        """`--runtime` sets the runtime of the functions in its language."""
        crate = b'[package]\nname = "r"\n[dependencies]\nlambda_runtime = "1"\n'
        projects.write_files(root, {"r/Cargo.toml": crate, "r/src/main.rs": b""})

        lines = program.run("init", "--runtime", asked, cwd=root).out.splitlines()

        assert [line.split('"')[1] for line in lines if line.startswith("runtime")] == runtimes

    def test_source_without_handler(self, root: Path) -> None:
        """A given folder without anything that looks like a handler needs `--handler`."""
        (root / "orders/app.py").write_text("def run(): ...\n", encoding="utf-8")
        error, hint = projects.complaint(program.run("init", "--source", "orders", cwd=root))

        assert "cannot tell which function in orders to use" in error
        assert "--handler" in hint

    def test_added_to_what_is_there(self, root: Path) -> None:
        """Files that are there keep their text, and get what is missing."""
        mine = "# mine\n[function.mail]  # by hand\n" + ORDERS.replace("orders", "mail")
        projects.write_files(
            root,
            {
                "mail/app.py": HANDLER,
                "hashzip.toml": mine.encode(),
                "infra/hashzip.tf": b'# mine, too\nmodule "x" {\n  source = "./x"\n}\n',
            },
        )

        finished = program.run("init", "--yes", cwd=root)

        assert finished.code == 0, finished.err
        text = (root / "hashzip.toml").read_text(encoding="utf-8")
        assert text == f"{mine}\n[function.orders]\n{ORDERS}"
        terraform = (root / "infra/hashzip.tf").read_text(encoding="utf-8")
        assert terraform.startswith('# mine, too\nmodule "x" {\n')
        assert 'module "orders" {' in terraform
        assert 'module "mail"' not in terraform
        before = projects.listing(root)
        again = program.run("init", "--yes", cwd=root)
        assert "nothing to write" in again.out, again
        assert projects.listing(root) == before

    def test_terraform_is_changed_when_asked(self, root: Path) -> None:
        """The diff of the user's Terraform is shown, and written only with --write-terraform."""
        old = (
            'resource "aws_lambda_function" "orders" {\n  function_name = "orders"\n'
            '  handler       = "app.lambda_handler"\n  runtime       = "python3.11"\n'
            '  filename      = "orders.zip"\n}\n'
        )
        projects.write_files(root, {"main.tf": old.encode()})

        shown = program.run("init", "--yes", cwd=root)

        assert "+  filename      = module.orders_package.filename" in shown.out
        assert "--write-terraform" in shown.out
        assert (root / "main.tf").read_text(encoding="utf-8") == old
        assert not (root / "infra").exists()
        written = program.run("init", "--yes", "--write-terraform", cwd=root)
        assert written.code == 0, written.err
        new = (root / "main.tf").read_text(encoding="utf-8")
        assert "  filename      = module.orders_package.filename\n" in new
        assert "  source_code_hash = module.orders_package.source_code_hash\n" in new

    def test_checkout_beside_the_project(self, tmp_path: Path) -> None:
        """A checkout that runs by a path with `..` is not in the project: its remote counts."""
        checkout, root = tmp_path / "hashzip", tmp_path / "own"
        stack.copy_build_and_modules(checkout)
        projects.write_files(root, {"orders/app.py": HANDLER})
        git.commit(checkout)
        git.run(checkout, "remote", "add", "origin", "https://example.com/hashzip.git")
        commit = git.run(checkout, "rev-parse", "HEAD").strip()

        program.run("init", "--yes", cwd=root, build=Path("../hashzip/build"))

        text = (root / "infra/hashzip.tf").read_text(encoding="utf-8")
        url = "git::https://example.com/hashzip.git//infra/modules/function"
        assert f'  source = "{url}?ref={commit}"\n' in text

    def test_link_out_of_the_project(self, root: Path) -> None:
        """A folder of Terraform that is a link out of the project is not written to."""
        outside = root.parent / f"{root.name}-outside"
        outside.mkdir()
        (root / "infra").symlink_to(outside)

        finished = program.run("init", "--yes", cwd=root)

        assert finished.code == 1
        assert "outside the project" in finished.err
        assert list(outside.iterdir()) == []
        assert not (root / "hashzip.toml").exists()

    @pytest.mark.parametrize("text", ["", "*.log\n", "*.log"])
    def test_gitignore(self, root: Path, text: str) -> None:
        """A missing line is added to `.gitignore`, and an existing one is not repeated."""
        (root / ".gitignore").write_text(text, encoding="utf-8")
        program.run("init", "--yes", cwd=root)
        lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
        assert lines == [*text.splitlines(), "dist/"]

        (root / "hashzip.toml").unlink()
        (root / "infra/hashzip.tf").unlink()
        program.run("init", "--yes", cwd=root)
        assert (root / ".gitignore").read_text(encoding="utf-8").splitlines() == lines

    def test_no_function(self, tmp_path: Path) -> None:
        """If no function is found, the error says how to name one."""
        error, hint = projects.complaint(program.run("init", "--yes", cwd=tmp_path))

        assert str(tmp_path) in error
        assert "--source" in hint

    def test_nobody_to_ask(self, root: Path) -> None:
        """Without a terminal, nothing is written without `--yes`."""
        finished = program.run("init", cwd=root)

        assert finished.code == 1
        assert "add --yes" in finished.err
        assert not (root / "hashzip.toml").exists()

    def test_interrupted(self, root: Path) -> None:
        """Ctrl-C at the question leaves nothing."""
        before = projects.listing(root)
        ours, theirs = pty.openpty()
        asked = subprocess.Popen(
            [sys.executable, str(program.BUILD), "init"],
            cwd=root,
            env=program.environment(),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A test that runs in the background of a shell ignores Ctrl-C.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one call
        )
        os.close(theirs)
        assert asked.stdout
        shown = b""
        while b"write these files?" not in shown:
            shown += asked.stdout.read1()  # type: ignore[attr-defined]

        errors = b""
        while asked.returncode is None:  # `input` drops a signal that comes with its prompt
            asked.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                _, errors = asked.communicate(timeout=5)
        os.close(ours)
        assert (asked.returncode, b"interrupted" in errors) == (130, True)
        assert projects.listing(root) == before

    @pytest.mark.parametrize("answer, written", [("y", True), ("n", False), ("", False)])
    def test_question(self, root: Path, answer: str, *, written: bool) -> None:
        """On a terminal it asks, and writes only after "y"."""
        ours, theirs = pty.openpty()
        asked = subprocess.Popen(
            [sys.executable, str(program.BUILD), "init"],
            cwd=root,
            env=program.environment(),
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())

        assert asked.wait(timeout=60) == 0
        os.close(ours)
        assert (root / "hashzip.toml").exists() is written
