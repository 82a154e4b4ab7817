"""Say what was read, what stays open, and what will be written."""

import difflib
from collections.abc import Iterator, Sequence

from hashzip.adopt.proposal import Adopted, Change, Proposal
from hashzip.adopt.repository import parent
from hashzip.project.config import FILE_NAME

_WIDTH = 78  # of a text that a file has
_COPIED = 3  # copied files, from which on they are one line


def lines(proposal: Proposal, *, writes_terraform: bool) -> Iterator[str]:
    """Yield the lines of the report.

    Args:
        proposal: What was read.
        writes_terraform: Whether the user's own Terraform will be changed.
    """
    yield from _functions(proposal.new)
    if proposal.known:
        names = ", ".join(proposal.known)
        yield f"{FILE_NAME} already has: {names}"
        yield ""
    opens = [(each.name, value) for each in proposal.new for value in each.unresolved]
    if opens:
        yield "not resolved:"
        for name, value in opens:
            text = f" = {clean(value.text)}" if value.text else ""
            yield f"  {name}: {clean(value.key)}{text}: {clean(value.reason)}"
        yield ""
    if proposal.skipped:
        yield "not adopted:"
        yield from (f"  {clean(place)}: {clean(reason)}" for place, reason in proposal.skipped)
        yield ""
    yield from _files(proposal.changes)
    if proposal.terraform:
        yield from _diffs(proposal.terraform)
        if not writes_terraform:
            yield "# the Terraform above is not changed; add --write-terraform to change it"
            yield ""


def next_steps(proposal: Proposal, changes: Sequence[Change]) -> Iterator[str]:
    """Yield the commands that come next.

    Args:
        proposal: What was read.
        changes: The files that were written.
    """
    yield "hashzip build"
    if proposal.terraform and not any(each in changes for each in proposal.terraform):
        yield "hashzip init --write-terraform"
    folders = {parent(change.path) for change in changes if change.path.endswith(".tf")}
    folders -= {parent(change.path) for change in changes if _is_copy(change)}
    for folder in sorted(folders):
        yield f"terraform -chdir={folder} init" if folder != "." else "terraform init"


def clean(text: str) -> str:
    """Return a text of a file in one line that is safe on a terminal."""
    words = "".join(each if each.isprintable() else " " for each in text).split()
    line = " ".join(words)
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"


def _functions(new: Sequence[Adopted]) -> Iterator[str]:
    if not new:
        return
    rows = []
    for each in new:
        table = each.table
        rows.append(
            (
                each.target,
                str(table.get("handler") or table.get("builder") or ""),
                str(table.get("runtime")),
                str(table.get("architecture")),
                clean(each.origin),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    yield f"found {len(new)} {'function' if len(new) == 1 else 'functions'}:"
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
    yield ""


def _files(changes: Sequence[Change]) -> Iterator[str]:
    copied = [change for change in changes if _is_copy(change)]
    for change in changes:
        if change in copied:
            continue
        if change.before is None:
            yield f"# {change.path}"
            yield ""
            yield from change.after.splitlines()
            yield ""
        else:
            yield from _diffs([change])
    if copied:
        folder = copied[0].path.rpartition("/")[0].rpartition("/")[0]
        yield f"# {folder}/: {len(copied)} files, the Terraform modules of this hashzip"
        yield ""


def _diffs(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        if _is_copy(change):
            continue
        before = (change.before or "").splitlines()
        diff = difflib.unified_diff(
            before, change.after.splitlines(), f"a/{change.path}", f"b/{change.path}", lineterm=""
        )
        yield from diff
        yield ""


def _is_copy(change: Change) -> bool:
    return "/hashzip/" in f"/{change.path}" and change.path.count("/") >= _COPIED - 1
