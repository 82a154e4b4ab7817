"""Check credentials and region of AWS, without AWS unless that is wanted."""

from __future__ import annotations

import configparser
import os
from typing import TYPE_CHECKING

from hashzip.aws import errors
from hashzip.aws.client import Endpoint
from hashzip.doctor.check import Finding, State
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hashzip.doctor.check import Patient

_NAME = "AWS"
_FIX = "run: aws configure, or aws sso login; a local AWS needs neither: hashzip watch"
_REGION_FIX = "set AWS_REGION, or region in the profile"
# Where credentials come from beside a profile, in the order of
# https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "an access key in the environment",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "a web identity token",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "the container's role",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "the container's role",
}
_OF_PROFILE = {
    "sso_session": "single sign-on",
    "sso_start_url": "single sign-on",
    "role_arn": "a role",
    "credential_process": "a program",
    "login_session": "a console login",
    "aws_access_key_id": "an access key",
}


def credentials(patient: Patient) -> Iterator[Finding]:
    """Check that there are credentials; whether AWS takes them is asked only online."""
    name = patient.profile or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    profiles = _profiles()
    profile = name or "default"
    if name and name not in profiles:
        known = ", ".join(sorted(profiles)[:10]) or "none"
        text = f"there is no profile {name}; known: {known}"
        yield Finding(_NAME, State.NOTE, text, "set AWS_PROFILE to one of these, or add it")
        return
    kinds = [text for key, text in _VARIABLES.items() if os.environ.get(key) and not name]
    values = profiles.get(profile, {})
    kinds += [f"{text} (profile {profile})" for key, text in _OF_PROFILE.items() if key in values]
    if kinds:
        yield Finding(_NAME, State.GOOD, kinds[0])
    else:
        yield Finding(_NAME, State.NOTE, "no credentials on this machine", _FIX)
    yield _region(patient, values)


def identity(patient: Patient) -> Iterator[Finding]:
    """Ask AWS who the credentials belong to, if that is wanted."""
    if not patient.is_online:
        return
    endpoint = Endpoint(None, patient.profile, patient.region)
    try:
        with errors.translated(endpoint, ""):
            arn = endpoint.client("sts").get_caller_identity()["Arn"]
    except HashzipError as error:
        yield Finding("AWS account", State.WRONG, error.message, error.hint or _FIX)
        return
    yield Finding("AWS account", State.GOOD, arn)


def _region(patient: Patient, profile: Mapping[str, str]) -> Finding:
    sources = {
        "--region": patient.region,
        "AWS_REGION": os.environ.get("AWS_REGION"),
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION"),
        "the profile": profile.get("region"),
    }
    for source, region in sources.items():
        if region:
            return Finding("AWS region", State.GOOD, f"{region}, from {source}")
    return Finding("AWS region", State.NOTE, "none is set", _REGION_FIX)


def _profiles() -> Mapping[str, Mapping[str, str]]:
    """Read the profiles of the two files that the SDKs share; the credentials win."""
    profiles: dict[str, dict[str, str]] = {}
    files = (
        (os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config", "profile "),
        (os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials", ""),
    )
    for path, prefix in files:
        parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
        try:
            parser.read(os.path.expanduser(path), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue
        for section in parser.sections():
            if section == "default" or section.startswith(prefix):
                values = {key: value or "" for key, value in parser.items(section)}
                profiles.setdefault(section.removeprefix(prefix), {}).update(values)
    return profiles
