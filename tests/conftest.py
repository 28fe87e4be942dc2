"""What tests of several packages share: the samples, a lake that holds them, the command line.

The suite runs in under eight minutes on two cores, and stays so where a new test takes what is there:

- A command is run by `tests.command.spotlight`, in the test's own process. One of its own costs a second
  of processor time: only for signals, start and end, `spotlight_process`.
- A lake that tests only read is made once for all workers: `sample_lake`, `captured(name)` with one recorded
  capture, and of tests/dashboards `fleet` (a month of made-up runs) and `hostile` (every text an attack).
  `tests.sharing.made_once` makes another such folder. A test that writes fills a folder of its own, or
  copies one with `shutil.copytree`.
- A select of a test's own is `tests.loading.selected`, 30 ms; `user_query` makes a connection, 140 ms.
- Rows that need no pipeline are written by `tests.made_lake`, in 50 ms; `tests.loading.load` loads captures
  through the pipeline, in 300 ms each. Load in a fixture of the module what several tests read.
- Pages are opened on servers that run already: `lake_url`, `fleet.url`, `hostile.url`, `invented_url`,
  `empty_url`. All workers use the same ones, and they end when no worker is left. `serve_lake(data)` starts
  one for a test that writes: three seconds. Opening a page takes one to two more, so one test walks
  through several facts of one page.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from spotlight.reports import Reports, RunFilters, open_lake
from tests.command import ROOT, spotlight
from tests.sharing import common_folder, made_once

SAMPLES = ROOT / "sample_traces"
# The same examples in every run, whatever the machine's speed and whatever an earlier run has kept.
# `pytest --hypothesis-profile search` looks for new ones.
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "same", settings.get_profile("search"), derandomize=True, database=None, max_examples=50
)
settings.load_profile("same")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background has Ctrl-C ignored, and every child would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


Captured = Callable[[str], Reports]


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
    data = made_once(common_folder(tmp_path_factory) / "samples", _load_samples)
    reports = open_lake(data)
    return SampleLake(data, reports.runs(RunFilters()).column("run_id").to_pylist(), reports)


@pytest.fixture(scope="session")
def captured(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Captured:
    """Return what gives the questions to a lake that holds the recorded capture of a name alone."""
    from tests.loading import load

    lakes = common_folder(tmp_path_factory) / "captures"
    lakes.mkdir(exist_ok=True)

    def opened(capture: str) -> Reports:
        folder = test_data / "captures" / capture
        return open_lake(made_once(lakes / capture, lambda data: load([folder], data)))

    return opened


def _load_samples(data: Path) -> None:
    spotlight("load", str(SAMPLES), "--data", str(data))


@pytest.fixture(scope="session")
def sample_truth() -> dict[str, dict[str, object]]:
    """Return what is known to have happened in every sample, by sample name."""
    return {
        path.parent.name: json.loads(path.read_bytes()) for path in sorted(SAMPLES.glob("*/expected.json"))
    }
