"""The tasks of this repository: `nox -l` lists them, `nox -s NAME` runs one."""

import os
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">= 2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "test"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)

# A Terraform test spends half of its time waiting for AWS, so there are more workers than
# processors. A worker takes whole modules, so that what the tests of a module share is made once;
# slow modules come first (see tests/conftest.py), and must stay first.
PARALLEL = (
    *("-n", str(2 * (os.cpu_count() or 1))),
    *("--dist", "loadfile", "--no-loadscope-reorder"),
)

# What mypy checks.
TYPED = (
    *("build", "noxfile.py"),
    *("examples/python/src", "handler/python", "scripts", "tests"),
)

# About once in ten runs on a busy machine, an answer of the local AWS is lost. The AWS provider
# asks again, and is told that the resource exists. Only this error is retried.
LOST_ANSWER = ("--reruns", "1", "--only-rerun", "ResourceAlreadyExistsException")


def install(session: nox.Session, group: str) -> None:
    """Install hashzip from this checkout with its extras and a dependency group."""
    session.install("-e", ".[init,local,rust,s3]", *nox.project.dependency_groups(PYPROJECT, group))


def cargo_runs() -> bool:
    """Return whether cargo runs: rustup's is on the `PATH` even without a toolchain."""
    try:
        finished = subprocess.run(["cargo", "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return finished.returncode == 0


def cargo(session: nox.Session, *arguments: str) -> None:
    """Run cargo on the function in Rust; without cargo, log that the command is skipped."""
    if not cargo_runs():
        session.log(
            f"skipping cargo {arguments[0]} in handler/rust: cargo is not installed, or has no "
            "toolchain; see https://rustup.rs"
        )
        return
    with session.chdir("handler/rust"):
        session.run("cargo", *arguments, external=True)


def pytest(session: nox.Session, *arguments: str) -> None:
    """Run tests in parallel."""
    environment = {
        "COVERAGE_FILE": str(session.cache_dir.absolute() / "coverage"),
        # Where it is set, each worker rewrites the assertions of all tests anew: 4 seconds.
        "PYTHONDONTWRITEBYTECODE": "",
    }
    session.run("pytest", *PARALLEL, *LOST_ANSWER, *arguments, env=environment)


def deploy(session: nox.Session, verb: str) -> None:
    """Run a verb of `scripts.deploy` with the arguments after `--`."""
    install(session, "local")
    session.run("python", "-m", "scripts.deploy", verb, *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build the functions of hashzip.toml that are not built yet."""
    # The extra is for `-- --project handler/rust`, and useless without Rust.
    session.install("-e", ".[rust]" if cargo_runs() else ".")
    session.run("hashzip", "build", *session.posargs)


@nox.session
def plan(session: nox.Session) -> None:
    """Show what an apply would change on your AWS account; with `-- --local`, on a local AWS."""
    deploy(session, "plan")


@nox.session
def apply(session: nox.Session) -> None:
    """Deploy to your AWS account, after a question; with `-- --local`, to a local AWS."""
    deploy(session, "apply")


@nox.session
def destroy(session: nox.Session) -> None:
    """Remove the deployment from your AWS account, after a question; or with `-- --local`."""
    deploy(session, "destroy")


@nox.session
def invoke(session: nox.Session) -> None:
    """Invoke the deployed function: `-- --data '{"name": "world"}'`, and `--local`."""
    deploy(session, "invoke")


@nox.session
def demo(session: nox.Session) -> None:
    """Show the main cases on a local AWS: build, plan, apply, edit, invoke, destroy."""
    install(session, "local")
    session.run("python", "-m", "scripts.demo", *session.posargs)


@nox.session
def watch(session: nox.Session) -> None:
    """Run the functions of hashzip.toml on this machine, and reload them after each save."""
    session.install("-e", ".[local]")
    session.run("hashzip", "watch", *session.posargs)


@nox.session
def test(session: nox.Session) -> None:
    """Run all tests, with real Terraform on a local AWS; with arguments, only pytest."""
    install(session, "test")
    # Only all tests together reach the floor of the coverage, so some tests are not measured.
    pytest(session, *(session.posargs or ("--cov", "--cov-report=term")))
    if not session.posargs:
        cargo(session, "test", "--locked")


@nox.session(python=PYTHONS)
def determinism(session: nox.Session) -> None:
    """Check with each Python on this machine that the same sources give the same bytes."""
    install(session, "test")
    session.run("pytest", "tests/cli/test_determinism.py", *session.posargs)


@nox.session
def test_tofu(session: nox.Session) -> None:
    """Run the Terraform tests with OpenTofu, which is built first if missing (4 minutes)."""
    install(session, "test")
    pytest(session, "tests/terraform", "--tofu", *session.posargs)


@nox.session
def arm64(session: nox.Session) -> None:
    """Build packages for arm64 on x86-64 and run them under QEMU, which comes from Debian."""
    install(session, "test")
    session.run("python", "-m", "scripts.arm64")
    session.run("pytest", "tests/integration/test_arm64.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, style, types and layers of the Python, the Rust, and the Terraform files."""
    install(session, "lint")
    session.run("ruff", "format", "--check", *session.posargs)
    session.run("ruff", "check", *session.posargs)
    session.run("lint-imports")
    session.run("mypy", *TYPED)
    session.run("python", "-m", "scripts.reference", "--check")
    session.run("python", "-m", "scripts.lock", "--check")
    session.run("python", "-m", "scripts.lint_terraform")
    cargo(session, "fmt", "--check")
    cargo(session, "clippy", "--all-targets", "--locked", "--", "--deny", "warnings")


@nox.session
def reference(session: nox.Session) -> None:
    """Write docs/cli.md and the tables in the READMEs of the Terraform modules."""
    install(session, "reference")
    session.run("python", "-m", "scripts.reference")


@nox.session
def lock(session: nox.Session) -> None:
    """Lock the dependencies that `python3 build` installs; `-- --upgrade` takes newer versions."""
    session.install("-e", ".")
    session.run("python", "-m", "scripts.lock", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure hashzip against programs that do the same work, as ratios in one run."""
    install(session, "bench")
    session.run("python", "-m", "scripts.benchmark", *session.posargs)


@nox.session
def image(session: nox.Session) -> None:
    """Build the container images of both handlers, and measure them."""
    session.install("-e", ".")
    session.run("python", "-m", "scripts.image", *session.posargs)


@nox.session(venv_backend="none")
def clean(session: nox.Session) -> None:
    """Remove build output and caches from this checkout, but not Terraform's state."""
    caches = (".mypy_cache", ".pytest_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis")
    rust = [f"handler/rust/{name}" for name in ("dist", ".hashzip", "target")]
    for name in ("dist", ".hashzip", *rust, *caches):
        if Path(name).exists():
            session.log(f"removing {name}")
            shutil.rmtree(name)
