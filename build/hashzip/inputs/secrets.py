"""Find files that look like secrets, before they are packed.

Anyone who may read a function in AWS, or a copy of `dist/`, can read its package. A file is judged
by its name where that is reliable, else by its content. The lists follow what others agree on:
https://github.com/github/gitignore and https://github.com/gitleaks/gitleaks
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs import gitignore
from hashzip.inputs.files import SourceFile
from hashzip.project import files as door

_READ = 1 << 16  # bytes of a file that is judged by its content; no such file is longer
_NAMED = 5  # the most files that an error names

# Regular expressions stay text until one is needed, because to compile them takes 3 ms.

# Between a key's marker and its body, in a file or in a string of some language, there is white
# space, the same escaped, quotes, and operators that join strings. The body follows, after headers
# such as `Proc-Type: 4,ENCRYPTED`. The quantifiers are possessive, so that no search is slow.
_GAP = rb"""[\s\\nrtb"'+,]*+"""
_PRIVATE_KEY = (
    rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    + _GAP
    + rb"(?:[A-Z][A-Za-z-]*+: [^\n\\]{0,200}+"
    + _GAP
    + rb"){0,9}+"
    # The shortest key, of Ed25519, has 64 characters; examples are cut off long before.
    + rb"[A-Za-z0-9+/=\\]{50}"
)

# The value of a name that ends in a word for a secret, if it is neither a placeholder nor a
# reference to the place of the real secret.
_REFERENCE = rb"""["'\s$<{\[*%|&!]|ENC\[|arn:|your|xxx|change.?me|example|placeholder|dummy"""
_VALUE = (
    rb"""["']?\s*+[=:]\s*+["']?(?!"""
    + _REFERENCE
    + rb"|(?:null|none|true|false)\b)(?![0-9]+(?:[\s\"',}]|$))[^\s\"']{4}"
)
_NAME = rb"(?:secret|token|passw(?:or)?d|api_?key|access_?key|secret_?key|client-key-data)"
_URL = rb"://[^\s/:@$]*+:(?!" + _REFERENCE + rb")[^\s/:@]++@"
_AWS = rb"(?-i:\b(?:AKIA|ASIA)(?![A-Z0-9]*EXAMPLE)[A-Z0-9]{16}\b)"
_ASSIGNED = rb"(?i)" + _NAME + _VALUE + b"|" + _URL + b"|" + _AWS
_AUTH = rb"(?i)(?:auth|" + _NAME + b")" + _VALUE + b"|" + _URL
_NETRC = rb"(?i)\bpassword\s++(?!" + _REFERENCE + rb")\S"


class _Rule(NamedTuple):
    """The conditions under which a file with a certain name is a secret.

    Attributes:
        reason: What such a file is, for the error.
        content: An expression that a line of it must match, comments aside; empty if the name is
            enough.
        within: A part that its path, with `/` in front, must have.
        without: A part that its name must not have.
    """

    reason: str
    content: bytes = b""
    within: str = ""
    without: str = "\0"


class Finding(NamedTuple):
    """A file that looks like a secret, and why."""

    file: SourceFile
    reason: str


_ENVIRONMENT = _Rule("an environment file, which holds passwords and tokens")
_HOLDS = _Rule("holds a password, token or key", _ASSIGNED)
_SSH = _Rule("a private key of SSH")
# A trust store holds only certificates, and a Kafka client needs it in its package.
_STORE = _Rule("a store of private keys", without="trust")
_STATE = _Rule("Terraform's state, which holds what it made in plain text")

_BY_NAME = {
    **dict.fromkeys(("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"), _SSH),
    **dict.fromkeys((".git-credentials", ".pgpass", ".vault-token"), _Rule("holds passwords")),
    ".htpasswd": _Rule("holds the digests of passwords"),
    ".env": _ENVIRONMENT,
    **dict.fromkeys((".npmrc", ".yarnrc.yml", ".dockercfg"), _HOLDS._replace(content=_AUTH)),
    "config.json": _HOLDS._replace(content=_AUTH, within="/.docker/"),
    "config": _HOLDS._replace(within="/."),  # in `.aws` and `.kube`
    **dict.fromkeys((".netrc", "_netrc"), _HOLDS._replace(content=_NETRC)),
    **dict.fromkeys((".pypirc", "pip.conf", ".s3cfg", ".boto", ".my.cnf", ".envrc"), _HOLDS),
    **dict.fromkeys((".terraformrc", "terraform.rc", "credentials.tfrc.json"), _HOLDS),
    **dict.fromkeys(("credentials", "kubeconfig", "terraform.tfvars.json"), _HOLDS),
    **dict.fromkeys(("credentials.csv", "accesskeys.csv", "rootkey.csv"), _HOLDS),
    **{
        f"{name}.{ending}": _HOLDS
        for name in ("credentials", "secret", "secrets", "client_secret", "client_secrets")
        for ending in ("json", "toml", "yaml", "yml")
    },
}
# By the last dot and the characters after it.
_BY_ENDING = {
    **dict.fromkeys((".p12", ".pfx", ".jks", ".jceks", ".keystore"), _STORE),
    ".kdbx": _Rule("a store of passwords"),
    **dict.fromkeys((".tfstate", ".tfplan"), _STATE),
    ".backup": _STATE._replace(within=".tfstate."),
    **dict.fromkeys((".env", ".tfvars"), _HOLDS),
}
# Parts of a name, between dots, of files that hold no secret, or none that can be read:
# `.env.example`, `.env.vault`.
_HARMLESS = frozenset(
    (
        *("example", "sample", "template", "tpl", "tmpl", "dist", "default", "defaults", "schema"),
        *("vault", "enc", "encrypted", "sops", "gpg", "age", "j2"),
    )
)


def holds_private_key(start: bytes) -> bool:
    """Return whether a file holds a private key: in PEM, in PGP's or OpenSSH's form, or PuTTY's.

    The marker of a key alone does not count: programs that read keys contain it.

    Args:
        start: The first 64 KiB or so of the file, or all of it if it is shorter.
    """
    # CPython searches twice as fast from the end, and there may be 100,000 files.
    if start.rfind(b"-----BEGIN") >= 0:
        return re.search(_PRIVATE_KEY, start) is not None
    return start.startswith(b"PuTTY-User-Key-File-")


def find(files: Iterable[tuple[SourceFile, bool]], allow: Iterable[str] = ()) -> list[Finding]:
    """Find the files that look like secrets.

    Only the few files are read whose names say that they may hold one.

    Args:
        files: Files, each with what `holds_private_key` says of it.
        allow: Patterns of files that may be packed.

    Returns:
        The findings, in the order of the files.

    Raises:
        HashzipError: A pattern is invalid, or a file cannot be read.
    """
    is_allowed = gitignore.matcher_below(allow)
    findings = []
    for file, is_key in files:
        path = file[0]
        name = path.rpartition("/")[2].lower()
        if is_key or name in _BY_NAME or name[name.rfind(".") :] in _BY_ENDING or ".env." in name:
            # A file that is allowed is not even read.
            reason = "" if is_allowed(path) else _reason(file, name, is_key=is_key)
            if reason:
                findings.append(Finding(file, reason))
    return findings


def check_none(label: str, findings: Sequence[Finding], *, remedy: str = "") -> None:
    """Check that nothing was found.

    Args:
        label: The function's table in `hashzip.toml`.
        findings: The result of `find`.
        remedy: What keeps a real secret out of the package, where `exclude` does not.

    Raises:
        HashzipError: There are findings; the error names the first few.
    """
    if findings:
        raise _error(label, findings, remedy)


def _error(label: str, findings: Sequence[Finding], remedy: str) -> HashzipError:
    named = findings[:_NAMED]
    rows = [f"{escape(file.path.encode())}: {reason}" for file, reason in named]
    listed = [_pattern(file.path) for file, _ in named]
    more = len(findings) - len(named)
    if more:
        rows.append(f"and {more} more")
        listed.append("…")
    count = "a file that looks" if len(findings) == 1 else f"{len(findings)} files that look"
    patterns = ", ".join(listed)
    table = f"in {label} of hashzip.toml, "
    if remedy:
        exclude = f"{remedy}; or, {table}"
    else:
        exclude = f"{table}exclude real secrets with exclude = [{patterns}], or "
    return HashzipError(
        f"{label} would pack {count} like a secret:",
        f"{exclude}silence false positives with allow = [{patterns}]",
        lines=rows,
    )


def _pattern(path: str) -> str:
    """Return the pattern that matches this path and no other, as a string of TOML."""
    return json.dumps(gitignore.literal(path), ensure_ascii=False)


def _reason(file: SourceFile, name: str, *, is_key: bool) -> str:
    """Return why a file looks like a secret; "" if it does not."""
    if is_key:
        return "holds a private key"
    rule = _BY_NAME.get(name) or _BY_ENDING.get(name[name.rfind(".") :])
    if rule is None and name.startswith(".env."):
        rule = _ENVIRONMENT
    if (
        rule is None
        or not _HARMLESS.isdisjoint(name.split("."))
        or rule.within not in f"/{file.path.lower()}"
        or rule.without in name
        or (rule.content and not _holds(file.location, rule.content))
    ):
        return ""
    return rule.reason


def _holds(location: bytes, expression: bytes) -> bool:
    """Return whether a line of a file matches an expression, comments aside."""
    try:
        with open(door.open_regular(location), "rb") as file:
            lines = file.read(_READ).splitlines()
    except OSError as error:
        raise read_error(location, error) from error
    search = re.compile(expression).search
    return any(search(line) for line in lines if not line.lstrip().startswith((b"#", b";")))
