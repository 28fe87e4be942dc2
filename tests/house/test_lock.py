"""The lock is complete, hashed and free of addresses."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def locked() -> dict[str, tuple[Requirement, list[str]]]:
    """Return every locked requirement with its hashes, by canonical name."""
    found = {}
    for entry in LOCK.replace("\\\n", " ").splitlines():
        if entry and not entry.startswith("#"):
            requirement = Requirement(entry.split("--hash=")[0].strip())
            found[canonicalize_name(requirement.name)] = (requirement, HASH.findall(entry))
    return found


def declared() -> list[Requirement]:
    """Return what pyproject.toml asks for: to run, to develop, to build."""
    lines = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    return [Requirement(line) for line in lines + PROJECT["build-system"]["requires"]]


def test_every_locked_package_has_one_version_and_hashes() -> None:
    """Every line of the lock names exactly one version and at least one sha256."""
    wrong = {
        name: str(requirement)
        for name, (requirement, hashes) in locked().items()
        if not hashes or [spec.operator for spec in requirement.specifier] != ["=="]
    }
    assert {} == wrong


def test_lock_covers_what_the_project_declares() -> None:
    """What pyproject.toml asks for is locked, at a version that satisfies it."""
    lock = locked()
    missing = []
    for wanted in declared():
        requirement, _ = lock.get(canonicalize_name(wanted.name), (None, []))
        version = next(iter(requirement.specifier)).version if requirement else None
        if version is None or not wanted.specifier.contains(version, prereleases=True):
            missing.append(f"{wanted} (locked: {version})")
    assert [] == missing


def test_lock_fits_what_the_tests_run_on() -> None:
    """The packages these tests use have the locked versions."""
    from importlib.metadata import version

    environment = {key: str(value) for key, value in default_environment().items()}
    differing = {}
    for name, (requirement, _) in locked().items():
        if requirement.marker is None or requirement.marker.evaluate(environment):
            expected = next(iter(requirement.specifier)).version
            if version(name) != expected:
                differing[name] = (expected, version(name))
    assert {} == differing


def test_lock_names_no_address() -> None:
    """The lock holds no index, no link and no path: who installs decides where packages come from."""
    options = [line for line in LOCK.splitlines() if line.startswith("-")]
    assert ([], []) == (re.findall(r"\w+://\S*|@ *file:\S*", LOCK), options)
    assert not (ROOT / "uv.lock").exists()


def test_lock_has_wheels_for_every_supported_platform() -> None:
    """Packages that are built per platform have hashes of many files, not of this machine's alone."""
    few = {
        name: len(locked()[name][1]) for name in ("duckdb", "pyarrow", "numpy", "grpcio", "orjson", "isal")
    }
    assert {} == {name: n for name, n in few.items() if n < 12}
