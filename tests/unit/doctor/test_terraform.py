"""The checks of Terraform and its providers."""

from pathlib import Path

import pytest

from hashzip.doctor import terraform
from hashzip.doctor.check import Patient, State
from tests.support import programs

LOCK = """
provider "registry.terraform.io/hashicorp/{}" {{
  version     = "{}"
  constraints = ">= 5.0.0"
}}
"""


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a `PATH` without Terraform."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}/bin")
    return tmp_path / "bin"


def version(number: str) -> str:
    """Return the script of a Terraform of a version."""
    return f"""echo '{{"terraform_version": "{number}"}}'"""


def configure(project: Path) -> Path:
    """Add a Terraform configuration to a project."""
    (project / "infra").mkdir()
    (project / "infra/main.tf").touch()
    return project / "infra"


@pytest.mark.parametrize("has_configuration", [False, True])
@pytest.mark.parametrize(
    "scripts, text, is_good",
    [
        ({"terraform": version("1.11.4")}, "Terraform 1.11.4", True),
        ({"tofu": version("1.10.6")}, "OpenTofu 1.10.6", True),
        ({"terraform": version("1.4.9"), "tofu": version("1.10.6")}, "Terraform 1.4.9, Open", True),
        ({"terraform": version("1.4.9")}, "Terraform 1.4.9; the modules need 1.5", False),
        ({"terraform": "echo nothing"}, "neither terraform nor tofu runs", False),
        ({}, "neither terraform nor tofu runs", False),
    ],
)
def test_program(
    project: Path,
    bin_folder: Path,
    scripts: dict[str, str],
    text: str,
    *,
    is_good: bool,
    has_configuration: bool,
) -> None:
    """One of the two is needed where the project has a configuration."""
    programs.write(bin_folder, **scripts)
    if has_configuration:
        configure(project)

    (finding,) = terraform.program(Patient(str(project)))

    assert finding.text.startswith(text)
    bad = State.WRONG if has_configuration else State.NOTE
    assert finding.state is (State.GOOD if is_good else bad)


@pytest.mark.parametrize(
    "aws, external, wrong",
    [
        ("5.100.0", "2.3.4", ""),
        ("5.51.0", "1.2.0", ""),
        ("5.50.0", "2.3.4", "hashicorp/aws 5.50.0, and needs 5.51"),
        ("4.67.0", "2.3.4", "hashicorp/aws 4.67.0"),
        ("6.0.0-beta1", "1.1.2", "hashicorp/external 1.1.2, and needs 1.2"),
    ],
)
def test_providers(project: Path, aws: str, external: str, wrong: str) -> None:
    """Locked providers must not be older than the modules take."""
    infra = configure(project)
    assert list(terraform.providers(Patient(str(project)))) == []
    text = LOCK.format("aws", aws) + LOCK.format("external", external) + LOCK.format("tls", "1.0.0")
    (infra / ".terraform.lock.hcl").write_text(text, encoding="utf-8")

    (finding,) = terraform.providers(Patient(str(project)))

    assert finding.state is (State.WRONG if wrong else State.GOOD)
    if wrong:
        assert wrong in finding.text
        assert finding.fix == "run: terraform -chdir=infra init -upgrade"
    else:
        assert finding.text == f"hashicorp/aws {aws}, hashicorp/external {external}, in infra"


class TestMirror:
    """A mirror of providers."""

    @pytest.fixture
    def mirror(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Configure a mirror that has all providers, and no other source."""
        folder = tmp_path / "mirror"
        text = (
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder}"\n  }}\n}}\n'
        )
        (tmp_path / "terraform.tfrc").write_text(text, encoding="utf-8")
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "terraform.tfrc"))
        for path in ("aws/5.100.0/linux_amd64", "external/1.2.0/linux_amd64"):
            (folder / "registry.terraform.io/hashicorp" / path).mkdir(parents=True)
        return folder

    def test_complete(self, project: Path, mirror: Path) -> None:
        """One that has all is in order."""
        (finding,) = terraform.mirror(Patient(str(project)))

        assert (finding.state, finding.text) == (State.GOOD, str(mirror))

    def test_incomplete(self, project: Path, mirror: Path, tmp_path: Path) -> None:
        """One with an old provider is not, unless another source is allowed."""
        aws = mirror / "registry.terraform.io/hashicorp/aws"
        (aws / "5.100.0").rename(aws / "5.50.0")

        (finding,) = terraform.mirror(Patient(str(project)))

        assert finding.state is State.NOTE
        assert "lacks hashicorp/aws >= 5.51" in finding.text
        file = tmp_path / "terraform.tfrc"
        file.write_text(file.read_text(encoding="utf-8") + "direct {\n}\n", encoding="utf-8")
        (finding,) = terraform.mirror(Patient(str(project)))
        assert finding.state is State.GOOD

    def test_packed(self, project: Path, mirror: Path) -> None:
        """Zips, as `terraform providers mirror` makes them, count too."""
        aws = mirror / "registry.terraform.io/hashicorp/aws"
        (aws / "5.100.0/linux_amd64").rmdir()
        (aws / "5.100.0").rmdir()
        (aws / "terraform-provider-aws_5.100.0_linux_amd64.zip").touch()

        (finding,) = terraform.mirror(Patient(str(project)))

        assert finding.state is State.GOOD

    @pytest.mark.parametrize("path", [r"C:\mirror", r"a\ud800b\x", r"\u0000"])
    def test_other_path(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        """A path that no system has, or that Terraform cannot read, is one of no folder."""
        file = tmp_path / "terraformrc"
        text = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{path}"\n  }}\n}}\n'
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(file))

        (finding,) = terraform.mirror(Patient(str(project)))

        assert finding.text.endswith("does not exist")

    def test_no_folder(self, project: Path, mirror: Path) -> None:
        """A folder that is not there is named, with the file that names it."""
        mirror.rename(mirror.with_name("elsewhere"))

        (finding,) = terraform.mirror(Patient(str(project)))

        assert finding.text == f"{mirror} does not exist"
        assert "terraform.tfrc" in finding.fix

    def test_no_file(self, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A configuration that is not there is noted, and none at all is none."""
        monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(tmp_path / "absent"))
        (finding,) = terraform.mirror(Patient(str(project)))
        assert finding.state is State.NOTE

        monkeypatch.delenv("TF_CLI_CONFIG_FILE")
        monkeypatch.setenv("HOME", str(tmp_path))
        assert list(terraform.mirror(Patient(str(project)))) == []
