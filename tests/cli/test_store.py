"""Machines that share a store in S3: separate folders, caches and keys."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import program, s3
from tests.support import project as projects
from tests.support.s3 import Machine, Shared

PROCESSES = 20
KILLS = 12


def start(machine: Machine, *arguments: str) -> subprocess.Popen[bytes]:
    """Start hashzip on a machine."""
    return subprocess.Popen(
        [sys.executable, str(program.BUILD), *arguments],
        cwd=machine.root,
        env=program.environment(**machine.settings()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_two_machines(tmp_path: Path, shared: Shared) -> None:
    """What the first machine has built, the second does not build; it has the zip once it pulls."""
    first, second = (s3.machine(tmp_path / name, shared) for name in ("first", "second"))
    assert ", pushed, " in first.run("build").out
    assert second.run("status").out.rstrip().endswith("\tyes")

    assert second.run("build").out == "hello: up to date, in the store\n"

    assert second.zips() == []
    key = f"s3://{shared.bucket}/{shared.key('.zip')}"
    assert second.run("pull").out == f"hello: pulled: {key}\n"
    assert second.zips()[0].read_bytes() == first.zips()[0].read_bytes()
    assert second.run("pull").out == f"hello: is here already: {key}\n"
    assert first.run("push").out == f"hello: is there already: {key}\n"
    # The control: without the store, the second machine builds.
    third = s3.machine(tmp_path / "third", shared)
    assert "built" in third.run("build", "--no-store").out
    assert len(third.zips()) == 1


def test_store_of_the_project(tmp_path: Path, shared: Shared) -> None:
    """The table in `hashzip.toml` is enough; a plan of Terraform never looks into the store."""
    machine = s3.machine(tmp_path / "machine", shared)
    tables = {"store": {"url": shared.url}, "function.hello": projects.HELLO}
    projects.write_tables(machine.root, tables)
    settings = {"HASHZIP_STORE": ""}
    assert "pushed" in machine.run("build", settings=settings).out
    nowhere = {**settings, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}

    finished = program.run(
        "external", cwd=machine.root, text=projects.query(), settings=machine.settings() | nowhere
    )

    assert finished.code == 0, finished.err
    refused = machine.run("build", settings=nowhere)  # the control
    assert refused.code == 1
    assert refused.err.startswith(f"error: the connection to {shared.url} failed: ")
    assert refused.err.endswith("or build without the store: hashzip build --no-store\n")
    assert machine.run("build", "--no-store", settings=nowhere).out == "hello: up to date\n"


def test_damage(tmp_path: Path, shared: Shared) -> None:
    """A damaged object is named by each command, and the hint of the error replaces it."""
    machine = s3.machine(tmp_path / "machine", shared)
    machine.run("build")
    whole = shared.objects()
    shared.write(shared.key(".zip"), b"cut")
    words = f"hello is damaged in the store: s3://{shared.bucket}/{shared.key('.zip')} is not"

    for command in ("build", "pull", "push"):
        finished = machine.run(command)
        assert finished.code == 1
        assert words in finished.err
    assert machine.run("status").out.rstrip().endswith("\tdamaged")
    _, _, rest = finished.err.partition("hint: replace it: hashzip ")
    assert machine.run(*rest.partition(";")[0].split()).code == 0
    assert shared.objects() == whole


@pytest.mark.slow
def test_twenty_at_once(tmp_path: Path, shared: Shared) -> None:
    """Of many machines that build and push the same at once, one writes, and all succeed."""
    client = shared.client
    client.put_bucket_versioning(
        Bucket=shared.bucket, VersioningConfiguration={"Status": "Enabled"}
    )
    machines = [s3.machine(tmp_path / str(number), shared) for number in range(PROCESSES)]

    processes = [start(machine, "build", "hello") for machine in machines]

    for process in processes:
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
        assert b"pushed" in out or b"in the store" in out
    versions = client.list_object_versions(Bucket=shared.bucket)["Versions"]
    assert sorted(Path(row["Key"]).suffix for row in versions) == [".json", ".zip"]
    built = next(machine for machine in machines if machine.zips())
    assert built.zips()[0].read_bytes() == shared.objects()[shared.key(".zip")]
    # The control: a second version would be seen.
    shared.write(shared.key(".zip"), b"other")
    assert len(client.list_object_versions(Bucket=shared.bucket)["Versions"]) == 3


@pytest.mark.slow
def test_killed(tmp_path: Path, shared: Shared) -> None:
    """Whenever a process is killed, there is never a manifest whose zip is missing or other."""
    begin = time.monotonic()
    assert s3.machine(tmp_path / "measured", shared).run("build", "hello").code == 0
    seconds = time.monotonic() - begin
    fingerprint = Path(shared.key(".zip")).stem
    chance = random.Random(19)  # noqa: S311 - a seed, so that each run is the same
    endings = set()
    for number in range(KILLS):
        bucket = s3.make(shared.aws)
        machine = s3.machine(tmp_path / str(number), bucket)
        process = start(machine, "build", "hello")
        try:
            process.communicate(timeout=seconds * chance.uniform(0.3, 1.2))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        endings.add(process.returncode)

        has_manifest = f"lambda/hello/{fingerprint}.json" in bucket.objects()
        # `find` raises an error for a manifest whose zip is missing or other.
        assert (bucket.stores().store("hello").find(fingerprint) is not None) == has_manifest
        if number == 0:  # the same folder builds, and completes what is there
            assert machine.run("build", "hello").code == 0
            assert bucket.objects() == shared.objects()
    assert -signal.SIGKILL in endings
