"""What tests of several packages share: the samples, a lake that holds them, the command line."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from spotlight.reports import Reports, RunFilters, open_lake
from tests.command import ROOT, spotlight

SAMPLES = ROOT / "sample_traces"
# The same examples in every run, whatever the machine's speed and whatever an earlier run has kept.
# `pytest --hypothesis-profile search` looks for new ones.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", settings.get_profile("search"), derandomize=True, database=None)
settings.load_profile("same")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background has Ctrl-C ignored, and every child would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class SampleLake(NamedTuple):
    """A data folder into which every sample was loaded."""

    data: Path
    runs: list[str]
    reports: Reports


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Return the folder of recorded data that is not published with the project; skip without it."""
    folder = os.environ.get("SPOTLIGHT_TEST_DATA")
    if not folder:
        pytest.skip("SPOTLIGHT_TEST_DATA is not set: the recorded data it names is not published")
    return Path(folder)


@pytest.fixture(scope="session")
def sample_lake(tmp_path_factory: pytest.TempPathFactory) -> SampleLake:
    """Return a data folder with all samples, loaded by the command a user would type."""
    data = tmp_path_factory.mktemp("samples") / "data"
    spotlight("load", str(SAMPLES), "--data", str(data))
    reports = open_lake(data)
    return SampleLake(data, reports.runs(RunFilters()).column("run_id").to_pylist(), reports)


@pytest.fixture(scope="session")
def sample_truth() -> dict[str, dict[str, object]]:
    """Return what is known to have happened in every sample, by sample name."""
    return {
        path.parent.name: json.loads(path.read_bytes()) for path in sorted(SAMPLES.glob("*/expected.json"))
    }
