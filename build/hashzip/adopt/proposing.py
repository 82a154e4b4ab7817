"""Read a repository, and propose what to write: the table of contents of this room."""

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hashzip import planning
from hashzip.adopt import (
    code,
    locking,
    merge,
    modules,
    names,
    sam,
    serverless,
    terraform,
    terraform_changes,
    terraform_new,
    terraform_versions,
    toml_text,
    writing,
)
from hashzip.adopt.proposal import Adopted, Change, Code, Declared, Proposal
from hashzip.adopt.python_locks import Requirements
from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository, join
from hashzip.adopt.tables import Settings
from hashzip.adopt.terraform_modules import Terraform
from hashzip.errors import HashzipError
from hashzip.project.config import FILE_NAME, Project
from hashzip.project.layout import ARTIFACTS
from hashzip.project.targets import Function

_IGNORE = ".gitignore"


class Request(NamedTuple):
    """What the user asks for; "" where nothing is asked.

    Attributes:
        source: The folder of the only function to adopt.
        handler: Its handler.
        name: Its name.
        requirements: Its lock.
        runtime: The runtime of the functions in its language.
        architecture: The architecture of all functions.
        infra: The folder of the Terraform to write.
    """

    source: str = ""
    handler: str = ""
    name: str = ""
    requirements: str = ""
    runtime: str = ""
    architecture: str = ""
    infra: str = ""


def propose(repository: Repository, request: Request) -> Proposal:
    """Read a repository, and say what to write.

    Raises:
        HashzipError: There is no function; `hashzip.toml` is invalid; the request does not fit.
    """
    config = repository.location(FILE_NAME)
    project = planning.load_project(repository.root) if os.path.lexists(config) else None
    requirements = Requirements(repository)
    roots = Roots(repository, requirements.is_required)
    configuration = Terraform(repository)
    infra = request.infra or terraform_new.folder(configuration)
    settings = Settings(
        repository,
        requirements,
        roots,
        request.runtime,
        request.architecture,
        os.path.normpath(infra),
    )
    if request.source:
        merged = _asked(repository, request, settings, project)
    else:
        declared, skipped = _declared(repository, configuration)
        codes = code.find(repository, roots)
        merged = merge.merge(declared, codes, settings, project)
        merged.skipped.extend(skipped)
    _check_any(repository, merged, project)
    changes = [*_project_files(repository, merged.new)]
    mine = [each for each in merged.new if not (each.declared and each.declared.places)]
    changes += terraform_new.changes(repository, configuration, settings.infra, mine)
    by_hand: list[tuple[str, str]] = []
    edited = terraform_changes.Changes(repository, by_hand)
    known = [
        terraform_changes.Wanted(name, _handler(project, name), declared)
        for name, declared in merged.known.items()
    ]
    edited.add([*terraform_changes.wanted(merged.new), *known])
    files = edited.files()
    for folder in sorted(edited.is_copied):
        copied = modules.copies(join(folder, modules.COPY))
        files += [each for each in copied if not repository.is_file(each.path)]
    merged.skipped.extend((place, f"by hand: {reason}") for place, reason in by_hand)
    merged.skipped.extend(terraform_versions.problems(configuration))
    return Proposal(merged.new, [*merged.known], merged.skipped, changes, files)


def write(repository: Repository, changes: Sequence[Change]) -> None:
    """Write what was proposed, and check that it is valid.

    Raises:
        HashzipError: A file has changed, or is outside the project.
    """
    writing.write(repository, changes, lambda: planning.load_project(repository.root))


def _handler(project: Project | None, name: str) -> str:
    """Return the handler of a function that `hashzip.toml` has, or ""."""
    target = project.targets.get(name) if project else None
    return target.handler if isinstance(target, Function) else ""


def with_locks(proposal: Proposal, done: Sequence[locking.Offer]) -> list[Change]:
    """Return the change of `hashzip.toml` after locks were made: it names these."""
    new = locking.locked(proposal.new, done)
    return [
        Change(change.path, change.after, toml_text.added(change.before, new))
        for change in proposal.changes
        if change.path == FILE_NAME and done
    ]


def _declared(
    repository: Repository, configuration: Terraform
) -> tuple[list[Declared], list[tuple[str, str]]]:
    """Read the functions that files declare, those of Terraform first."""
    declared, skipped = terraform.read(configuration)
    reasons = [(each.origin, each.reason) for each in skipped]
    reasons += [
        (path, "Terraform in JSON is not read")
        for path in repository.paths(".tf.json", ".tofu.json")
        if "aws_lambda" in (repository.text(path) or "")
    ]
    for module in (sam, serverless):
        more, problems = module.read(repository)
        declared += more
        reasons += problems
    return declared, reasons


def _asked(
    repository: Repository, request: Request, settings: Settings, project: Project | None
) -> merge.Merged:
    """Return the function that the request names, or those in the folder that it names."""
    source = repository.relative(repository.location(request.source))
    if source is None or not repository.is_folder(source):
        raise HashzipError(
            f"{request.source} is not a folder of the project {repository.root}",
            "name a folder in it with --source",
        )
    if request.handler:
        asked = Declared(
            "",
            "",
            (request.name or _folder_name(source, request.handler),),
            (source,),
            request.handler,
            architecture="",
            requirements=request.requirements,
        )
        return merge.merge([asked], [], settings, project)
    codes = [each for each in _codes(repository, settings) if _is_in(each, source)]
    if not codes:
        raise HashzipError(
            f"cannot tell which function in {request.source} to use", "name it with --handler"
        )
    if request.name and len(codes) > 1:
        kind = "functions" if any(each.handler for each in codes) else "programs"
        raise HashzipError(
            f"{request.source} has {len(codes)} {kind}, but --function is one name",
            f"remove --function: each of the {kind} becomes a function with its own name; "
            "or choose one with --handler",
        )
    merged = merge.merge([], codes, settings, project)
    if request.name:
        merged.new[:] = [each._replace(name=request.name) for each in merged.new]
    return merged


def _codes(repository: Repository, settings: Settings) -> list[Code]:
    return code.find(repository, settings.roots)


def _is_in(each: Code, source: str) -> bool:
    folder = each.path if not each.handler else each.path.rpartition("/")[0] or "."
    return folder == source


def _folder_name(source: str, handler: str) -> str:
    words = [*source.split("/"), *handler.split(".")[:-1], handler.rpartition(".")[2]]
    return names.levels(words[: len(source.split("/"))], [words[-2], words[-1]])[0]


def _project_files(repository: Repository, new: Sequence[Adopted]) -> Iterable[Change]:
    """Yield `hashzip.toml` with what it lacks, and `.gitignore`."""
    if not new:
        return
    exists = os.path.lexists(repository.location(FILE_NAME))
    before = repository.text(FILE_NAME) if exists else None
    yield Change(FILE_NAME, before, toml_text.added(before, new))
    ignored = repository.text(_IGNORE) if repository.is_file(_IGNORE) else None
    lines = (ignored or "").splitlines()
    if not {f"{ARTIFACTS}/", ARTIFACTS, f"/{ARTIFACTS}/", f"/{ARTIFACTS}"}.intersection(lines):
        is_cut = ignored and not ignored.endswith("\n")
        cut = "\n" if is_cut else ""
        yield Change(_IGNORE, ignored, f"{ignored or ''}{cut}{ARTIFACTS}/\n")


def _check_any(repository: Repository, merged: merge.Merged, project: Project | None) -> None:
    if merged.new or merged.known or (project and project.targets):
        return
    reasons = "".join(f"\n  {place}: {reason}" for place, reason in merged.skipped)
    raise HashzipError(
        f"there is no function in {repository.root} that hashzip can build: no handler in any "
        f"module, and none that Terraform, SAM or serverless declares{reasons}",
        "name the function: --source FOLDER --handler MODULE.FUNCTION",
    )
