"""Lakes of an earlier version are read and written on: columns that came later are NULL where they lack."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

from spotlight.lake import Lake
from spotlight.lake.maintenance import maintain
from spotlight.model import RUNS
from spotlight.reports import RunFilters, open_lake
from tests.made_lake import run
from tests.rows import table


def _earlier(data: Path, *names: str) -> None:
    """Make a table of runs as it was before its later columns were there."""
    rows = table([run(name) for name in names], RUNS).drop_columns(sorted(RUNS.later))
    write_deltalake(data / "lake" / RUNS.name, rows, partition_by=["tenant", "date"])


def _grades(data: Path) -> dict[str, str | None]:
    found: pa.Table = open_lake(data).runs(RunFilters())
    return dict(zip(*(found.column(name).to_pylist() for name in ("run_id", "replay_grade")), strict=True))


def test_an_earlier_lake_is_read_before_and_after_new_runs_come(tmp_path: Path) -> None:
    """Its runs have no grade; those written since have theirs; compaction keeps both."""
    _earlier(tmp_path, "old")
    old, new = (str(run(name)["run_id"]) for name in ("old", "new"))
    assert {old: None} == _grades(tmp_path)
    lake = Lake(tmp_path / "lake")
    assert {old: None} == _grades(tmp_path)
    lake.append("runs", table([run("new", replay_grade="exact", variant="b")], RUNS))
    assert {old: None, new: "exact"} == _grades(tmp_path)
    assert [new] == open_lake(tmp_path).runs(RunFilters(variant="b")).column("run_id").to_pylist()
    assert 2 == maintain(lake, min_files=2)
    assert {old: None, new: "exact"} == _grades(tmp_path)
    assert {old: None, new: "exact"} == _grades_again(tmp_path)


def _grades_again(data: Path) -> dict[str, str | None]:
    """Return the grades as a lake opened anew tells them."""
    Lake(data / "lake")
    return _grades(data)
