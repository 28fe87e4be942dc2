"""The wheel holds all that Spotlight needs, and runs away from the source."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("spotlight", "ingest", "dashboards", "replay")
OWN_DISTRIBUTION = ROOT / "spotlight" / "sdk"  # spotlight-sdk: tests/house/test_sdk_wheel.py
SAMPLE = "adk-latest-content"
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


def run(*words: str | Path, cwd: Path) -> str:
    """Return what a command prints on stdout; its failure shows all that it said."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SPOTLIGHT"))}
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from a copy of the source by the locked build backend, without a network."""
    source = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    target = tmp_path_factory.mktemp("wheel")
    name = run(sys.executable, "-c", BUILD, target, cwd=source).splitlines()[-1]
    return target / name


@pytest.fixture(scope="module")
def clean_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bin folder of a new environment: the wheel, and the locked packages of this one.

    The packages come in by path. A path file inside that path is not read, so the editable install of
    the source stays out.
    """
    folder = tmp_path_factory.mktemp("environment")
    bin_folder = folder / "bin"
    if shutil.which("uv"):
        run("uv", "venv", "--quiet", "--python", sys.executable, "--clear", folder, cwd=folder)
        install = ["uv", "pip", "install", "--quiet", "--offline", "--python", bin_folder / "python"]
    else:
        run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
        install = [sys.executable, "-m", "pip", "--python", bin_folder / "python", "install", "--no-index"]
        install += ["--quiet", "--no-compile"]
    run(*install, "--no-deps", wheel, cwd=folder)
    site = run(
        bin_folder / "python", "-c", "import site; print(site.getsitepackages()[0])", cwd=folder
    ).strip()
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site) / "locked-packages.pth").write_text("\n".join(sorted(paths)) + "\n")
    return bin_folder


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    """Modules, SQL, browser files and type markers of the four packages are in the wheel; the SDK is not."""
    source = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and OWN_DISTRIBUTION not in path.parents
    }
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert sorted(source) == sorted(shipped)


def test_wheel_says_its_licence_and_command(wheel: Path) -> None:
    """The wheel carries the Apache-2.0 text and installs the command `spotlight`."""
    with zipfile.ZipFile(wheel) as archive:
        texts = {name.split(".dist-info/")[-1]: name for name in archive.namelist() if ".dist-info/" in name}
        metadata = archive.read(texts["METADATA"]).decode()
        commands = archive.read(texts["entry_points.txt"]).decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert "licenses/LICENSE" in texts
    assert "spotlight = spotlight.cli.main:main" in commands


def test_installed_wheel_is_not_the_source(clean_environment: Path, tmp_path: Path) -> None:
    """In the clean environment all four packages come from the wheel."""
    code = "import importlib, sys; [print(importlib.import_module(n).__file__) for n in sys.argv[1:]]"
    places = run(clean_environment / "python", "-c", code, *PACKAGES, cwd=tmp_path).split()
    assert [str(clean_environment.parent)] * 4 == [os.path.commonpath([clean_environment, p]) for p in places]


@pytest.mark.slow
def test_installed_wheel_loads_and_lists_runs(clean_environment: Path, tmp_path: Path) -> None:
    """From any folder the installed command takes telemetry in and shows its runs."""
    spotlight = clean_environment / "spotlight"
    sample = ROOT / "sample_traces" / SAMPLE
    truth = json.loads((sample / "expected.json").read_text())
    data = tmp_path / "data"
    assert "0.1.0" in run(spotlight, "--version", cwd=tmp_path)
    loaded = json.loads(run(spotlight, "load", sample, "--data", data, "--json", cwd=tmp_path))
    runs = json.loads(run(spotlight, "runs", "--data", data, "--json", cwd=tmp_path))
    assert (truth["spans"], truth["runs"]) == (loaded["spans"], loaded["runs"])
    assert sorted(truth["by_trace"]) == sorted(run["run_id"] for run in runs)
