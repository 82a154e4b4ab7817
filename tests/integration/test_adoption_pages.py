"""The pages in docs/from show what `init` makes of what they show before it."""

import re
from pathlib import Path

import pytest

from hashzip.adopt import modules, proposing
from hashzip.adopt.proposing import Request
from hashzip.adopt.repository import Repository
from tests.support import adoption, pages, program
from tests.support import project as projects

HANDLER = "def handler(event, context): ...\n\n\n"
# The files that a page speaks of, beside those that it shows: the one that it shows first is named.
FILES = {
    "archive-file": ("infra/main.tf", {"src/orders/app.py": HANDLER}),
    "terraform-aws-modules": ("infra/main.tf", {"src/orders/app.py": HANDLER}),
    "sam": ("template.yaml", {"orders/app.py": HANDLER}),
    "serverless": ("serverless.yml", {"orders.py": HANDLER.replace("handler", "run")}),
    "cargo-lambda": (
        "infra/main.tf",
        {"Cargo.toml": adoption.CARGO.format("orders"), "src/main.rs": "fn main() {}\n"},
    ),
}


def blocks(page: str) -> list[str]:
    """Return the three files that a page shows: before, hashzip.toml, and Terraform after it."""
    text = (program.CHECKOUT / f"docs/from/{page}.md").read_text(encoding="utf-8")
    return re.findall(
        r"^```(?:hcl|terraform|toml|yaml)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    )


@pytest.mark.parametrize("page", FILES)
def test_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    """After `init --write-terraform`, the files are those of the page."""
    before, config, after = blocks(page)
    path, files = FILES[page]
    texts = {path: before, **files}
    projects.write_files(tmp_path, {name: text.encode() for name, text in texts.items()})
    (url,) = set(re.findall(r'"(git::[^"]*/modules/)\w+(\?ref=[^"]*)"', after))
    monkeypatch.setattr(modules, "source", lambda *_: modules.Source(*url))
    proposal = proposing.propose(Repository(str(tmp_path)), Request())

    proposing.write(Repository(str(tmp_path)), [*proposal.changes, *proposal.terraform])

    assert (tmp_path / "hashzip.toml").read_text(encoding="utf-8") == config
    if path.endswith(".tf"):
        assert (tmp_path / path).read_text(encoding="utf-8") == after
    else:
        assert (tmp_path / "infra/hashzip.tf").read_text(encoding="utf-8").endswith(f"\n{after}")


def test_every_page_is_tested() -> None:
    """Each page of docs/from that is about one tool is in this module, and in the overview."""
    names = {path.stem for path in (program.CHECKOUT / "docs/from").glob("*.md")} - {"README"}
    overview = (program.CHECKOUT / "docs/from/README.md").read_text(encoding="utf-8")

    assert names == set(FILES)
    assert all(f"({name}.md)" in overview for name in names)
    assert {block.page for block in pages.blocks("terraform")} >= {"docs/from/sam.md"}
