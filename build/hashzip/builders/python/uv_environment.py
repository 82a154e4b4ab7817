"""The environment that uv and build backends run in. Build time.

Any variable may decide what is installed or built: uv has about 100 of its own, and a build backend
can read all of them. So uv gets only those that say where things come from, or that programs need
to run at all. https://docs.astral.sh/uv/reference/environment/
"""

from collections.abc import Collection, Mapping

_NAMES = frozenset(
    name
    for names in (
        # Indexes, their credentials, and uv's cache.
        "UV_INDEX UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_KEYRING_PROVIDER",
        "UV_CREDENTIALS_DIR NETRC PYTHON_KEYRING_BACKEND DBUS_SESSION_BUS_ADDRESS",
        "UV_S3_ENDPOINT_URL UV_GCS_ENDPOINT_URL UV_AZURE_ENDPOINT_URL",
        "UV_CACHE_DIR UV_NO_CACHE UV_OFFLINE UV_LOCK_TIMEOUT",
        # The network.
        "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy",
        "SSL_CERT_FILE SSL_CERT_DIR SSL_CLIENT_CERT REQUESTS_CA_BUNDLE CURL_CA_BUNDLE",
        "UV_SYSTEM_CERTS UV_NATIVE_TLS UV_INSECURE_HOST",
        "UV_HTTP_TIMEOUT UV_REQUEST_TIMEOUT HTTP_TIMEOUT UV_HTTP_CONNECT_TIMEOUT UV_HTTP_RETRIES",
        "UV_CONCURRENT_DOWNLOADS UV_CONCURRENT_BUILDS UV_CONCURRENT_INSTALLS",
        # Repositories.
        "GIT_SSH GIT_SSH_COMMAND GIT_ASKPASS SSH_ASKPASS SSH_AUTH_SOCK GIT_TERMINAL_PROMPT",
        "GIT_SSL_CAINFO GIT_SSL_CAPATH GIT_SSL_NO_VERIFY GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM",
        # Interpreters.
        "UV_PYTHON_INSTALL_DIR UV_PYTHON_SEARCH_PATH UV_PYTHON_CACHE_DIR UV_PYTHON_PREFERENCE",
        "UV_MANAGED_PYTHON UV_NO_MANAGED_PYTHON",
        # Programs do not run without these. `hashzip build --check` preloads a clock.
        "PATH HOME USER LOGNAME TMPDIR TMP TEMP LD_LIBRARY_PATH LD_PRELOAD DYLD_LIBRARY_PATH",
        "DYLD_INSERT_LIBRARIES NO_FAKE_STAT DONT_FAKE_MONOTONIC",
        "APPDATA LOCALAPPDATA PROGRAMDATA USERPROFILE SYSTEMROOT SYSTEMDRIVE COMSPEC PATHEXT",
    )
    for name in names.split()
)
_PREFIXES = (
    "UV_INDEX_",  # the credentials of each index
    "PYX_",
    # Credentials that helpers of keyring, S3 and others read.
    *("AWS_", "AZURE_", "GOOGLE_", "CLOUDSDK_", "ARTIFACTS_", "VSS_", "KEYRING_"),
    *("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"),
    *("PYENV_", "ASDF_", "MISE_"),  # their shims of `python3`
    *("XDG_", "NIX_LD", "FAKETIME"),
)
# The same on all machines: the order of a set, the zone of a time, and whether there is bytecode
# beside the modules of a backend that is in the package itself.
_FIXED = {"PYTHONHASHSEED": "0", "TZ": "UTC", "PYTHONDONTWRITEBYTECODE": "1"}
_DIGITS = 10  # that a number of settings of git does not have
# How git writes the files of a commit, whatever the user's own settings are.
_GIT = {"core.autocrlf": "false", "core.eol": "lf", "core.attributesFile": "/dev/null"}


def neutral(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of an environment that decides no byte of what is installed."""
    passed = {
        name: value
        for name, value in environment.items()
        if name in _NAMES or name.startswith(_PREFIXES)
    }
    return {**passed, **_FIXED, **_git_settings(passed.get("GIT_CONFIG_COUNT", ""))}


def named(environment: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Return the variables that a lock names, such as one in the URL of an index.

    None of them is one that uv or Python obeys.
    """
    return {
        name: value
        for name, value in environment.items()
        if name in names and not name.startswith(("UV_", "PYTHON"))
    }


def _git_settings(count: str) -> dict[str, str]:
    """Return variables that add settings of git to those that there are.

    Args:
        count: The value of `GIT_CONFIG_COUNT`.
    """
    first = int(count) if count.isdecimal() and len(count) < _DIGITS else 0
    variables = {"GIT_CONFIG_COUNT": str(first + len(_GIT))}
    for number, (name, value) in enumerate(_GIT.items(), first):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables
