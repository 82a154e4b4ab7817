"""Finds files that look like secrets among a function's own sources, before they are packed.

A package lies in AWS for whoever may read the function, and in each copy of `dist/`. Judged by name
where a name is reliable, else by what the file holds; what to leave alone comes from what others
agree on: https://github.com/github/gitignore and https://github.com/gitleaks/gitleaks

Standard library only: Terraform runs this on every plan.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, NoReturn

from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs import gitignore
from hashzip.inputs.files import SourceFile

_READ = 1 << 16  # bytes of a file that is judged by what it holds; none such is longer
_NAMED = 5  # how many files an error names

# Expressions are text until one is wanted, which most plans never do: to compile them takes 3 ms.

# What stands between a key's marker and its body, in a file or in a string of some language:
# white space, or the same escaped, quotes, and what joins two strings. Next comes the body, after
# headers such as `Proc-Type: 4,ENCRYPTED`. No `+` gives back what it took: none can be slow.
_GAP = rb"""[\s\\nrtb"'+,]*+"""
_PRIVATE_KEY = (
    rb"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    + _GAP
    + rb"(?:[A-Z][A-Za-z-]*+: [^\n\\]{0,200}+"
    + _GAP
    + rb"){0,9}+"
    # The shortest key there is, of Ed25519, has 64; a mere example is cut off long before.
    + rb"[A-Za-z0-9+/=\\]{50}"
)

# A value, of a name that ends in a word for a secret, that is neither a placeholder nor a
# reference to where the secret really is.
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
    """What makes a file with a certain name a secret.

    Attributes:
        reason: What such a file is.
        content: What one of its lines must match, comments apart; empty where the name is enough.
        within: What its path must hold, after a `/` in front.
        without: What its name must not hold.
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
# A trust store holds certificates alone, and a Kafka client needs it in its package.
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
# By the last dot and what stands behind it.
_BY_ENDING = {
    **dict.fromkeys((".p12", ".pfx", ".jks", ".jceks", ".keystore"), _STORE),
    ".kdbx": _Rule("a store of passwords"),
    **dict.fromkeys((".tfstate", ".tfplan"), _STATE),
    ".backup": _STATE._replace(within=".tfstate."),
    **dict.fromkeys((".env", ".tfvars"), _HOLDS),
}
# `.env.example`, `.env.vault`: what stands between dots and says that there is no secret inside, or
# none that can be read.
_HARMLESS = frozenset(
    (
        *("example", "sample", "template", "tpl", "tmpl", "dist", "default", "defaults", "schema"),
        *("vault", "enc", "encrypted", "sops", "gpg", "age", "j2"),
    )
)


def holds_private_key(start: bytes) -> bool:
    """Tells whether a file holds a private key, by its first bytes.

    A key counts, in whatever file: in PEM, PGP's and OpenSSH's form of it, and PuTTY's own. Its
    marker alone, which programs that read keys have in them, does not.

    Args:
        start: All of a short file; of a longer one, the first 64 KiB or so.
    """
    # From the end, which in CPython takes half the time. There may be 100,000 files.
    if start.rfind(b"-----BEGIN") >= 0:
        return re.search(_PRIVATE_KEY, start) is not None
    return start.startswith(b"PuTTY-User-Key-File-")


def find(files: Iterable[tuple[SourceFile, bool]], allow: Iterable[str] = ()) -> list[Finding]:
    """Finds the files that look like secrets, in their order.

    Reads the few files whose names say that they may hold one.

    Args:
        files: A function's own, each with what `holds_private_key` says of it.
        allow: Patterns of what may be packed even so.

    Raises:
        HashzipError: A pattern is none, or a file cannot be read.
    """
    is_allowed = gitignore.matcher_below(allow)
    found = []
    for file, is_key in files:
        path = file[0]
        name = path.rpartition("/")[2].lower()
        if is_key or name in _BY_NAME or name[name.rfind(".") :] in _BY_ENDING or ".env." in name:
            # A file that is allowed is not even read.
            reason = "" if is_allowed(path) else _reason(file, name, is_key=is_key)
            if reason:
                found.append(Finding(file, reason))
    return found


def refuse(where: str, findings: Sequence[Finding], *, otherwise: str = "") -> None:
    """Refuses to pack what was found, if anything was.

    Args:
        where: The function's table in `hashzip.toml`.
        findings: What `find` found.
        otherwise: How to leave out what is one, where `exclude` is not for that.

    Raises:
        HashzipError: There are findings; the first few are named.
    """
    if findings:
        _refuse(where, findings, otherwise)


def _refuse(where: str, findings: Sequence[Finding], otherwise: str) -> NoReturn:
    named = findings[:_NAMED]
    rows = [f"  {escape(file.path.encode())}: {reason}" for file, reason in named]
    listed = [_pattern(file.path) for file, _ in named]
    more = len(findings) - len(named)
    if more:
        rows.append(f"  and {more} more")
        listed.append("…")
    count = "a file that looks" if len(findings) == 1 else f"{len(findings)} files that look"
    listing = ", ".join(listed)
    table = f"in {where} of hashzip.toml, "
    way = f"{table}leave out what is one: exclude = [{listing}]; or "
    if otherwise:
        way = f"{otherwise}; or, {table}"
    raise HashzipError(
        "\n".join([f"{where} would pack {count} like a secret:", *rows]),
        f"{way}let pass what is none: allow = [{listing}]",
    )


def _pattern(path: str) -> str:
    """Writes, as a string of TOML, the pattern that matches a path and no other."""
    return json.dumps(gitignore.literal(path), ensure_ascii=False)


def _reason(file: SourceFile, name: str, *, is_key: bool) -> str:
    """Says why a file looks like a secret, or "" where it does not after all."""
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


def _holds(location: bytes, wanted: bytes) -> bool:
    try:
        with open(location, "rb") as file:
            lines = file.read(_READ).splitlines()
    except OSError as error:
        raise read_error(location, error) from error
    search = re.compile(wanted).search
    return any(search(line) for line in lines if not line.lstrip().startswith((b"#", b";")))
