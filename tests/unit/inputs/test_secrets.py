"""Files that look like secrets, and those that only seem to."""

import base64
import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashzip.errors import HashzipError
from hashzip.inputs import gitignore, secrets
from hashzip.inputs.files import SourceFile

# Put together here, so that no other scanner takes these tests for a secret.
DASHES = "-" * 5
BODY = base64.encodebytes(bytes(range(97, 193))).decode()
KINDS = ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "ANY ")
AWS_KEY = "AKIA" + "Q7" * 8


def pem(kind: str = "", body: str = BODY, ending: str = "") -> str:
    """Return a text that looks like a key in PEM."""
    name = f"{kind}PRIVATE KEY{ending}"
    return f"{DASHES}BEGIN {name}{DASHES}\n{body}{DASHES}END {name}{DASHES}\n"


KEYS = {
    **{kind or "PKCS #8": pem(kind) for kind in KINDS},
    "PGP": pem("PGP ", f"Version: GnuPG v2\nComment: mine\n\n{BODY}", " BLOCK"),
    "encrypted RSA": pem("RSA ", f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,5E\n\n{BODY}"),
    "Ed25519, the shortest": pem(body="MC4CAQAwBQYDK2VwBCIEI" + "k" * 43 + "\n"),
    "PuTTY": "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
    "Windows": pem().replace("\n", "\r\n"),
    "without line breaks": pem().replace("\n", ""),
    "indented": pem().replace("\n", "\n    "),
    "behind a certificate": f"{DASHES}BEGIN CERTIFICATE{DASHES}\n{BODY}\n" * 2 + pem(),
    "behind a marker alone": f"# {DASHES}BEGIN PRIVATE KEY{DASHES} is a key\n" + pem(),
    "JSON of a service account": '{"private_key": "' + pem().replace("\n", "\\n") + '"}',
    "JSON that escapes slashes": '{"key": "' + pem(body="a/b" * 20).replace("/", "\\/") + '"}',
    "a string of Python": f'KEY = """{pem("RSA ")}"""\n',
    "strings of Python": "".join(f'    b"{line}\\n"\n' for line in pem().splitlines()),
    "strings, joined": " +\n".join(f"  '{line}\\n'" for line in pem().splitlines()),
}
NO_KEYS = {
    "empty": "",
    "a certificate": f"{DASHES}BEGIN CERTIFICATE{DASHES}\n{BODY}",
    "a public key": f"{DASHES}BEGIN PUBLIC KEY{DASHES}\n{BODY}",
    "a request": f"{DASHES}BEGIN CERTIFICATE REQUEST{DASHES}\n{BODY}",
    "a signature": f"{DASHES}BEGIN PGP SIGNATURE{DASHES}\n\n{BODY}",
    "a public key of PGP": f"{DASHES}BEGIN PGP PUBLIC KEY BLOCK{DASHES}\n\n{BODY}",
    "a marker": f"{DASHES}BEGIN PRIVATE KEY{DASHES}\n",
    "a program that looks for it": f'if "{DASHES}BEGIN PRIVATE KEY{DASHES}" in text:\n    pass\n',
    "a program that writes it": f'"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}\\n" + encoded + "\\n"',
    "a pattern": rf"^{DASHES}BEGIN [A-Z ]*PRIVATE KEY{DASHES}[\s\S]*",
    "an example that is cut off": pem(body="MIIEvQIBADANBgkqhkiG9w0BAQEFAASC...\n"),
    "an example in words": pem(body="your key goes here\n"),
    "a body without a marker": BODY,
    "a talk of a PRIVATE KEY": f"a PRIVATE KEY has a header\n{BODY}",
}

# No marker of a key has room between its dashes then.
NO_MARKER = st.binary(max_size=99).map(lambda content: content.replace(b"-", b"_"))


class TestHoldsPrivateKey:
    """A key, by a file's first bytes."""

    @pytest.mark.parametrize("text", KEYS.values(), ids=KEYS)
    def test_key(self, text: str) -> None:
        """A key counts in every form; without its marker it does not."""
        assert secrets.holds_private_key(text.encode())
        without = text.replace("PRIVATE", "PUBLIC").replace("PuTTY", "Putty")
        assert not secrets.holds_private_key(without.encode())

    @pytest.mark.parametrize("text", NO_KEYS.values(), ids=NO_KEYS)
    def test_no_key(self, text: str) -> None:
        """A text about keys does not count, unless a key follows it."""
        assert not secrets.holds_private_key(text.encode())
        assert secrets.holds_private_key(text.encode() + b"\n" + pem().encode())

    @given(before=NO_MARKER, after=NO_MARKER)
    def test_anywhere(self, before: bytes, after: bytes) -> None:
        """A key is found whatever is around it, and no key is found where there is none."""
        assert secrets.holds_private_key(before + b"\n" + pem().encode() + after)
        assert not secrets.holds_private_key(before + b"\n" + BODY.encode() + after)

    @pytest.mark.parametrize("filling", ["\\n", "n", "\\", "A: ", "A: \n", "A: \\n", "-----BEGIN "])
    def test_hard_text(self, filling: str) -> None:
        """A text made to keep the expression busy does not count, and a key after it does."""
        hard = (f"{DASHES}BEGIN PRIVATE KEY{DASHES}" + filling * 2_000) * 4 + "!"

        assert not secrets.holds_private_key(hard.encode())
        assert secrets.holds_private_key((hard + pem()).encode())

    def test_own_source(self) -> None:
        """The module that looks for keys does not count, nor do these tests."""
        for path in (secrets.__file__, __file__):
            assert b"PRIVATE KEY" in Path(path).read_bytes()
            assert not secrets.holds_private_key(Path(path).read_bytes())


def sources(*paths: str) -> list[tuple[SourceFile, bool]]:
    """Return files without keys, which do not exist on the disk."""
    return [(SourceFile(path, b"/nowhere", executable=False), False) for path in paths]


def found(*paths: str, allow: tuple[str, ...] = ()) -> list[str]:
    """Return the files that look like secrets because of their names alone."""
    return [finding.file.path for finding in secrets.find(sources(*paths), allow)]


# A name that is enough, and one that is near to it and is not.
NAMES = {
    ".env": "env",
    ".ENV": "env.py",
    "app/.env": ".env/app.py",
    ".env.production": ".env.example",
    ".env.local": ".env.local.sample",
    ".env.keys": ".env.vault",
    ".env.test": ".env.template",
    ".env.json": "config.env.json",
    "id_rsa": "id_rsa.pub",
    "ssh/id_ed25519": "ssh/id_ed25519.pub",
    "id_ecdsa": "id_ecdsa.py",
    ".git-credentials": "git-credentials.md",
    ".pgpass": "pgpass.py",
    ".htpasswd": "htpasswd.py",
    "terraform.tfstate": "tfstate.py",
    "a/terraform.tfstate.backup": "a/database.backup",
    "terraform.tfstate.1700000000.backup": "terraform.tf",
    "x.tfplan": "tfplan",
    "a.p12": "type.p126",
    "a.PFX": "a.pfx.md",
    "client.keystore.jks": "client.truststore.jks",
    "release.keystore": "keystore",
    "passwords.kdbx": "kdbx.py",
}
# A name that may hold a secret; a text that does, and one that does not.
CONTENTS = {
    ".npmrc": ("//npm.example/:_authToken=npm_abcd1234", "//npm.example/:_authToken=${NPM_TOKEN}"),
    "web/.npmrc": ("_auth=dXNlcjpwYXNz", "always-auth=true\nregistry=https://npm.example/"),
    ".yarnrc.yml": ('npmAuthToken: "abcd1234"', "nodeLinker: node-modules"),
    ".pypirc": (
        "[pypi]\npassword = pypi-AgEI",
        "[pypi]\nusername = __token__\n# password = pypi-",
    ),
    "pip.conf": ("index-url = https://me:pass1@pypi.example/", "index-url = https://pypi.example/"),
    ".netrc": ("machine a login b password c1d2", "machine a login b"),
    ".aws/credentials": ("aws_secret_access_key = wJalrXUt", "[default]\nregion = eu-west-1"),
    ".aws/config": (f"aws_access_key_id = {AWS_KEY}", "region = eu-west-1"),
    "credentials": ("aws_session_token=FwoGZXIv", "what we know of credentials"),
    "rootkey.csv": (f"Access key ID,Secret\n{AWS_KEY},x", "Access key ID\nAKIAIOSFODNN7EXAMPLE"),
    ".kube/config": ("    client-key-data: LS0tLS1C", "    server: https://k8s.example"),
    ".docker/config.json": ('{"auths": {"a": {"auth": "dXNlcjpw"}}}', '{"credsStore": "desktop"}'),
    "prod.env": ("export DB_PASSWORD='hunter22'", "LOG_LEVEL=debug\nDB_PASSWORD=\nDEBUG=1"),
    ".envrc": ("export API_KEY=abcd1234", "use flake\nexport AWS_PROFILE=dev"),
    "prod.tfvars": ('db_password = "hunter22"', 'region = "eu-west-1"\ndb_password_arn = "arn:a"'),
    "x.auto.tfvars": ('token = "abcd1234"', "token_ttl = 3600\nmax_token = 4096"),
    ".streamlit/secrets.toml": ('OPENAI_API_KEY = "sk-abcd"', 'OPENAI_API_KEY = "your key"'),
    "secrets.yaml": ("password: hunter22", "password: ENC[AES256_GCM,data:x]\ntoken: !!null"),
    "secrets.json": ('{"db":"postgres://me:hunter22@db/x"}', '{"db":"postgres://me:${PASS}@db/x"}'),
    "client_secret.json": ('{"client_secret":"GOCSPX-abcd"}', '{"client_id":"1234.apps"}'),
    ".terraformrc": ('  token = "abcd.atlasv1.x"', 'plugin_cache_dir = "~/.cache"'),
    "credentials.tfrc.json": ('{"token": "abcd.atlasv1"}', '{"credentials": {}}'),
}
# Full of words for secrets, and never looked at.
FREE = (
    *("credentials.py", "secrets.py", "netrc.py", "tokens.json", "config.json", "settings.toml"),
    *("certs/cacert.pem", "certs/server.key", "certs/server.crt", "keys.asc", "README.md", "a/env"),
    *(".envs/x.py", "x.envelope", "p12", "variables.tf", "terraform.tfvars.example", "npmrc"),
)


class TestFind:
    """Files -> those that look like secrets."""

    @pytest.mark.parametrize("secret, near", NAMES.items())
    def test_by_name(self, secret: str, near: str) -> None:
        """A name that is enough is found without reading the file; a similar name is not."""
        assert found(secret, near) == [secret]

    @pytest.mark.parametrize("name", CONTENTS)
    def test_by_content(self, tmp_path: Path, name: str) -> None:
        """A file whose name says that it may hold a secret is found if it does."""
        location = tmp_path / "file"
        file = SourceFile(name, os.fsencode(location), executable=False)
        answers = []
        for text in CONTENTS[name]:
            location.write_text(f"\n{text}\n", encoding="utf-8")
            answers.append([finding.file for finding in secrets.find([(file, False)])])

        assert answers == [[file], []]

    def test_not_looked_at(self) -> None:
        """Other files are not even opened, whatever their names are about."""
        assert found(*FREE) == []
        assert [found(name, ".env") for name in FREE] == [[".env"]] * len(FREE)

    @pytest.mark.parametrize("name", ["app.py", "server.pem", "id_rsa.pub", ".env.example"])
    def test_by_key(self, name: str) -> None:
        """A file that holds a private key is found under every name; without one it is not."""
        ((file, _),) = sources(name)

        assert [finding.file for finding in secrets.find([(file, True)])] == [file]
        assert secrets.find([(file, False)]) == []

    @pytest.mark.parametrize("pattern", [".env", "/conf/.env", "conf/", "**/.env", "conf/.e*"])
    def test_allow(self, pattern: str) -> None:
        """A file passes if a pattern allows it or a folder above it, and no other file does."""
        assert found("conf/.env", "id_rsa", allow=(pattern,)) == ["id_rsa"]

    def test_allowed_is_not_read(self) -> None:
        """A file that is allowed need not be readable; any other that is judged must be."""
        assert found(".npmrc", allow=(".npmrc",)) == []
        with pytest.raises(HashzipError, match="/nowhere vanished"):
            found(".npmrc")

    def test_wrong_pattern(self) -> None:
        """An invalid pattern is an error, even where nothing is found."""
        with pytest.raises(HashzipError, match='"!x" is not a pattern'):
            found("a.py", allow=("!x",))
        assert found("a.py", allow=("x",)) == []

    def test_long_file(self, tmp_path: Path) -> None:
        """Only the start of a long file is read, so that none takes long."""
        location = tmp_path / "file"
        file = SourceFile(".npmrc", os.fsencode(location), executable=False)
        token = b"\n_authToken=abcd1234\n"
        location.write_bytes(token + b"x" * (1 << 20))
        assert secrets.find([(file, False)])
        location.write_bytes(b"x" * (1 << 20) + token)
        assert not secrets.find([(file, False)])


class TestCheckNone:
    """Findings -> an error."""

    def test_nothing_found(self) -> None:
        """Without findings there is no error; with one there is."""
        secrets.check_none("[function.hello]", [])
        with pytest.raises(
            HashzipError, match=r"\[function\.hello\] would pack a file that looks like a secret"
        ):
            secrets.check_none("[function.hello]", secrets.find(sources(".env")))

    def test_names_the_first_five(self) -> None:
        """Five are named, each with its reason, and how many more there are."""
        findings = secrets.find(sources(*(f"{n}/id_rsa" for n in range(7))))

        with pytest.raises(HashzipError) as caught:
            secrets.check_none("[function.hello]", findings)

        first, *rows, last = str(caught.value).splitlines()
        assert first == "[function.hello] would pack 7 files that look like a secret:"
        assert rows == [f"  {n}/id_rsa: a private key of SSH" for n in range(5)]
        assert last == "  and 2 more"
        listing = '["/0/id_rsa", "/1/id_rsa", "/2/id_rsa", "/3/id_rsa", "/4/id_rsa", …]'
        assert f"exclude = {listing}" in caught.value.hint
        assert f"allow = {listing}" in caught.value.hint
        assert "[function.hello]" in caught.value.hint

    @given(
        folder=st.text(
            st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/="), min_size=1
        )
    )
    def test_hint_is_right(self, folder: str) -> None:
        """The pattern in the hint matches that file and no other, whatever its name."""
        path = f"{folder}/.env"
        with pytest.raises(HashzipError) as caught:
            secrets.check_none("[function.hello]", secrets.find(sources(path)))

        allow = tomllib.loads("allow =" + caught.value.hint.rpartition("=")[2])["allow"]
        matches = gitignore.matcher_below(allow)
        assert matches(path)
        assert not matches(f"x{path}")
