"""Projects that hashzip refuses, with what the error and the hint must name.

There is a table for each part of hashzip that reads a project. Tests of the command line and of
Terraform's plan use all of them.
"""

from tests.support.bad_projects import (
    at_build,
    command,
    configuration,
    locks,
    packages,
    rust,
    sources,
)
from tests.support.bad_projects.base import BadProject

__all__ = ["AT_BUILD", "AT_PLAN", "BadProject"]

# Each command that reads the project refuses them: `external`, and so `terraform plan`, `build`, …
AT_PLAN = (
    *sources.TABLE,
    *configuration.TABLE,
    *locks.TABLE,
    *command.TABLE,
    *rust.TABLE,
    *packages.TABLE,
)

# Only a build refuses them: a plan runs no program and asks no package index.
AT_BUILD = at_build.TABLE
