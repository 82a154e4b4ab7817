"""Where Terraform takes hashzip's modules from."""

import subprocess
from pathlib import Path

import pytest

from hashzip.adopt import modules
from hashzip.errors import HashzipError
from tests.support import program


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a checkout with a module, in git, and use it instead of this one."""
    root = tmp_path / "hashzip"
    (root / "infra/modules/function").mkdir(parents=True)
    (root / "infra/modules/function/main.tf").write_text("# it\n", encoding="utf-8")
    monkeypatch.setattr(modules, "_CHECKOUT", root)
    monkeypatch.setattr(modules, "source", modules.source.__wrapped__)  # without its cache
    monkeypatch.setattr(modules, "_IN_CHECKOUT", root / "infra/modules")
    return root


def git(root: Path, *words: str) -> str:
    """Run git in a checkout."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    command = ["git", "-C", str(root), *identity, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(root: Path, remote: str = "") -> str:
    """Commit the checkout, name its remote, and return the commit."""
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "x")
    if remote:
        git(root, "remote", "add", "origin", remote)
        git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    return git(root, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "remote, url",
    [
        ("https://example.com/me/it.git", "https://example.com/me/it.git"),
        ("https://me:token@example.com/me/it.git", "https://example.com/me/it.git"),
        ("git@example.com:me/it.git", "ssh://git@example.com/me/it.git"),
        ("ssh://git@example.com:22/me/it", "ssh://git@example.com:22/me/it"),
    ],
)
def test_remote(checkout: Path, tmp_path: Path, remote: str, url: str) -> None:
    """It is the remote and the commit of the checkout that runs, without credentials."""
    revision = commit(checkout, remote)

    source = modules.source(str(tmp_path / "project"), "infra")

    assert source.of("layer") == f"git::{url}//infra/modules/layer?ref={revision}"
    assert not source.is_copied


def test_unpushed(checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A commit that the remote may not have is a warning."""
    commit(checkout, "https://example.com/it.git")
    modules.source(str(tmp_path / "project"), "infra")
    assert capsys.readouterr().err == ""

    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "more")
    modules.source(str(tmp_path / "project"), "infra")
    assert "push it" in capsys.readouterr().err


def test_no_remote(checkout: Path, tmp_path: Path) -> None:
    """Without a remote, and in the project, it is the checkout itself."""
    commit(checkout)
    assert modules.source(str(tmp_path / "project"), "infra").of("layer") == (
        "../../hashzip/infra/modules/layer"
    )

    git(checkout, "remote", "add", "origin", "https://example.com/it.git")
    assert modules.source(str(tmp_path), "infra").of("layer") == "../hashzip/infra/modules/layer"
    assert modules.source(str(tmp_path), ".").of("layer") == "./hashzip/infra/modules/layer"


def test_installed(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed hashzip copies its modules beside the configuration."""
    monkeypatch.setattr(modules, "_IN_CHECKOUT", checkout / "none")
    monkeypatch.setattr(modules, "_IN_WHEEL", checkout / "infra/modules")

    source = modules.source(str(tmp_path), "infra")

    assert (source.of("function"), source.is_copied) == ("./hashzip/function", True)
    (copy,) = modules.copies("infra/hashzip")
    assert (copy.path, copy.before, copy.after) == (
        "infra/hashzip/function/main.tf",
        None,
        "# it\n",
    )
    monkeypatch.setattr(modules, "_IN_WHEEL", checkout / "none")
    with pytest.raises(HashzipError, match="no Terraform modules"):
        modules.copies("x")


def test_all_files() -> None:
    """All files of Terraform of this checkout's modules are copied, and no test."""
    paths = {change.path for change in modules.copies("x")}

    folder = program.CHECKOUT / "infra/modules"
    expected = {f"x/{path.relative_to(folder).as_posix()}" for path in folder.glob("*/*.tf")}
    assert expected <= paths
    assert not any("tests" in path for path in paths)
    assert "x/package/main.tf" in paths
