"""spotlight-sdk is a distribution of its own: small, and at home wherever OpenTelemetry is."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.house.test_wheel import BUILD, ROOT, run

SDK = ROOT / "spotlight" / "sdk"
# What opentelemetry-sdk needs itself.
NEEDED = ("opentelemetry", "typing_extensions.py", "importlib_metadata", "zipp")
FOREIGN = ("numpy", "pyarrow", "duckdb", "spotlight", "google", "pydantic", "requests")


@pytest.fixture(scope="module")
def sdk_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the SDK's wheel, built from a copy of its folder alone, without a network."""
    source = tmp_path_factory.mktemp("source") / "sdk"
    shutil.copytree(SDK, source, ignore=shutil.ignore_patterns("__pycache__", "build", "*.egg-info"))
    target = tmp_path_factory.mktemp("wheel")
    name = run(sys.executable, "-c", BUILD, target, cwd=source).splitlines()[-1]
    return target / name


@pytest.fixture(scope="module")
def bare_python(sdk_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of a new environment that holds the SDK and opentelemetry-sdk, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    python = folder / "bin" / "python"
    if shutil.which("uv"):
        run("uv", "venv", "--quiet", "--python", sys.executable, "--clear", folder, cwd=folder)
        install = ["uv", "pip", "install", "--quiet", "--offline", "--python", python]
    else:
        run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
        install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index"]
    run(*install, "--no-deps", sdk_wheel, cwd=folder)
    site = Path(run(python, "-c", "import site; print(site.getsitepackages()[0])", cwd=folder).strip())
    locked = Path(sysconfig.get_path("purelib"))
    for path in locked.iterdir():
        if path.name in NEEDED:
            (site / path.name).symlink_to(path)
        elif path.name.startswith(("opentelemetry_api-", "opentelemetry_sdk-")):
            (site / path.name).symlink_to(path)  # entry points: which context and which ids
    return python


def test_the_wheel_holds_the_package_and_nothing_else(sdk_wheel: Path) -> None:
    """Modules, type marker and licence are in it; it needs OpenTelemetry alone, on Python 3.10 and newer."""
    source = {str(path.relative_to(SDK)) for path in (SDK / "spotlight_sdk").glob("*.*")}
    with zipfile.ZipFile(sdk_wheel) as archive:
        names = archive.namelist()
        [metadata] = [archive.read(n).decode() for n in names if n.endswith("METADATA")]
    assert sorted(source) == sorted(name for name in names if ".dist-info/" not in name)
    assert "spotlight_sdk/py.typed" in source
    assert any(name.endswith("licenses/LICENSE") for name in names)
    lines = metadata.splitlines()
    needs = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist")]
    assert ["opentelemetry-api", "opentelemetry-sdk"] == [need.split(">")[0] for need in needs]
    assert {"License-Expression: Apache-2.0", "Requires-Python: >=3.10", "Version: 0.1.0"} <= set(lines)


def test_it_runs_where_only_opentelemetry_is(bare_python: Path, tmp_path: Path) -> None:
    """In an environment with nothing else, a run with a tool gives two spans, of the installed package."""
    program = """
import importlib.util, sys
import spotlight_sdk as spotlight
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(spotlight.SpotlightSpanProcessor())
provider.add_span_processor(SimpleSpanProcessor(exporter))
with spotlight.run("r", session="s", tracer_provider=provider), spotlight.tool("t", {"a": 1}):
    pass
print(spotlight.__file__)
print([(s.name, s.attributes["spotlight.session.id"]) for s in exporter.get_finished_spans()])
print([name for name in sys.argv[1:] if importlib.util.find_spec(name)])
"""
    place, spans, foreign = run(bare_python, "-c", program, *FOREIGN, cwd=tmp_path).splitlines()
    assert Path(place).is_relative_to(bare_python.parent.parent)
    assert "[('execute_tool t', 's'), ('invoke_agent r', 's')]" == spans
    assert "[]" == foreign


def test_the_source_is_python_3_10() -> None:
    """Every module parses as the oldest Python that the SDK promises."""
    promised = tomllib.loads((SDK / "pyproject.toml").read_text())["project"]["requires-python"]
    assert ">=3.10" == promised
    for path in (SDK / "spotlight_sdk").glob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 10))


def test_the_type_checker_takes_it_as_python_3_10() -> None:
    """mypy finds nothing in it when told that Python is 3.10, whose library is smaller."""
    words = [sys.executable, "-m", "mypy", "--python-version", "3.10", "-p", "spotlight_sdk", "--cache-dir"]
    done = subprocess.run([*words, "/dev/null"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
