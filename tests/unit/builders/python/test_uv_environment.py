"""Which variables of the environment uv gets."""

import pytest

from hashzip.builders.python import uv_environment

FIXED = uv_environment.neutral({})


@pytest.mark.parametrize(
    "name",
    [
        *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_FIND_LINKS", "UV_KEYRING_PROVIDER"),
        *("UV_INDEX_CORP_USERNAME", "UV_INDEX_CORP_PASSWORD", "NETRC", "AWS_PROFILE"),
        *("UV_CACHE_DIR", "UV_OFFLINE", "UV_SYSTEM_CERTS", "SSL_CERT_FILE", "https_proxy"),
        *("UV_PYTHON_INSTALL_DIR", "PYENV_ROOT", "GIT_SSH_COMMAND", "GIT_CONFIG_KEY_9"),
        *("PATH", "HOME", "TMPDIR", "XDG_CONFIG_HOME", "SYSTEMROOT"),
    ],
)
def test_passed(name: str) -> None:
    """A variable that says where things come from, or that programs need, is passed on."""
    assert uv_environment.neutral({name: "x"}) == {**FIXED, name: "x"}


@pytest.mark.parametrize(
    "name",
    [
        *("UV_COMPILE_BYTECODE", "UV_LINK_MODE", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE"),
        *("UV_PROJECT", "UV_WORKING_DIR", "UV_CONFIG_FILE", "UV_NO_BINARY", "UV_NO_BINARY_PACKAGE"),
        *("UV_NO_VERIFY_HASHES", "UV_EXCLUDE_NEWER", "UV_TORCH_BACKEND", "UV_PYTHON", "UV_FROZEN"),
        *("UV_BUILD_CONSTRAINT", "UV_NO_BUILD_ISOLATION", "UV_INDEXES", "UV_A_LATER_ONE"),
        *("PYTHONPATH", "PYTHONHOME", "PYTHONUTF8", "VIRTUAL_ENV", "CFLAGS", "SOURCE_DATE_EPOCH"),
        *("SETUPTOOLS_SCM_PRETEND_VERSION", "GIT_DIR", "LANG", "LC_ALL", "PIP_NO_BINARY", "path"),
    ],
)
def test_not_passed(name: str) -> None:
    """Any other variable is not, whether it is known or not."""
    assert uv_environment.neutral({name: "x"}) == FIXED


@pytest.mark.parametrize("name", ["PYTHONHASHSEED", "TZ", "PYTHONDONTWRITEBYTECODE"])
def test_fixed(name: str) -> None:
    """Variables that change what a build backend writes have one value on all machines."""
    assert uv_environment.neutral({name: "x"})[name] == FIXED[name] != "x"


def test_git() -> None:
    """Settings that decide what git writes are added to those that there are."""
    own = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.proxy", "GIT_CONFIG_VALUE_0": "x"}

    variables = uv_environment.neutral(own)

    settings = {
        variables[f"GIT_CONFIG_KEY_{number}"]: variables[f"GIT_CONFIG_VALUE_{number}"]
        for number in range(int(variables["GIT_CONFIG_COUNT"]))
    }
    assert settings.pop("http.proxy") == "x"
    assert settings == {
        "core.autocrlf": "false",
        "core.eol": "lf",
        "core.attributesFile": "/dev/null",
    }


def test_named() -> None:
    """A variable that the lock names is passed on, unless uv or Python obeys it."""
    environment = dict.fromkeys(("TOKEN", "UV_EXCLUDE", "PYTHONPATH", "OTHER"), "x")

    assert uv_environment.named(environment, environment.keys() - {"OTHER"}) == {"TOKEN": "x"}
