"""The lake: commits that know their place, readers that see whole commits of one tenant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from spotlight.errors import LakeError, QueryRefused
from spotlight.lake import VIEWS, Lake, Reader, Scope, Stretch
from spotlight.lake.integrity import damaged_files
from spotlight.lake.maintenance import maintain
from spotlight.model import RECEIPTS, REPLACED, RUNS, SCORES
from tests.rows import DAY, llm, span, span_id, table, trace_id

COUNT = "select count(*) as n from spans"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a new, empty lake."""
    return Lake(tmp_path / "lake")


def count(reader: Reader) -> int:
    """Return how many spans a reader sees."""
    return reader.query(COUNT).to_pylist()[0]["n"]


def test_an_empty_lake_answers(lake: Lake) -> None:
    """Every view can be asked before anything was stored."""
    assert 0 == count(Reader(lake.folder, Scope()))


def test_what_is_written_is_read_back(lake: Lake) -> None:
    """All columns of a row come back as they went in."""
    row = llm(
        "a", input_tokens=3, quality_flags=["no_start"], error_message="ü ' \" \n 🚀", resource='{"a":1}'
    )
    lake.append("spans", table([row]))
    found = Reader(lake.folder, Scope()).query("select * from spans").to_pylist()[0]
    assert row == {key: found[key] for key in row}


def test_a_reader_sees_later_commits(lake: Lake) -> None:
    """A reader opened before a commit sees it at its next question."""
    reader = Reader(lake.folder, Scope())
    seen = [count(reader)]
    for name in "ab":
        lake.append("spans", table([span(name)]))
        seen.append(count(reader))
    assert [0, 1, 2] == seen


def test_a_tenant_reads_its_own_rows_only(lake: Lake) -> None:
    """A reader names no file of another tenant, in our questions or in a user's SQL."""
    lake.append("spans", table([span("a"), span("b", tenant="other"), span("c", tenant="other")]))
    readers = [Reader(lake.folder, Scope(tenant)) for tenant in ("default", "other", "nobody")]
    assert [1, 2, 0] == [count(reader) for reader in readers]
    assert [1, 2, 0] == [r.user_query(COUNT, limit=9).to_pylist()[0]["n"] for r in readers]


def test_last_batch_and_committed_tables_survive_reopening(lake: Lake) -> None:
    """After a crash the lake says which stretch of the journal it holds, table by table."""
    batch = Stretch("journal-1", 100, 250)
    lake.append("payloads", table([]), batch)
    lake.append("spans", table([span("a")]), batch)
    again = Lake(lake.folder)
    assert (batch, True, False) == (
        again.last_batch("journal-1"), again.is_committed("spans", batch), again.is_committed("logs", batch),
    )  # fmt: skip
    assert again.last_batch("another journal") is None


def test_replaced_spans_show_their_newest_version(lake: Lake) -> None:
    """The view keeps the version that counts; the older one stays stored."""
    lake.append("spans", table([span("a", status="unset"), span("a", status="ok", journal_position=5)]))
    mark = {"tenant": "default", "date": DAY, "received_ns": 1, "journal_position": 5, "newest_position": 5}
    lake.append("replaced", table([mark | {"trace_id": trace_id("t"), "span_id": span_id("a")}], REPLACED))
    reader = Reader(lake.folder, Scope())
    assert ["ok"] == [r["status"] for r in reader.query("select status from spans").to_pylist()]
    assert 2 == reader.query("select count(*) as n from stored_spans").to_pylist()[0]["n"]


def test_what_a_reader_keeps_follows_the_lake(lake: Lake) -> None:
    """Kept rows (replaced versions, the runs of scores) are found anew when their tables change."""
    asked = Reader(lake.folder, Scope())

    def told() -> list[tuple[object, ...]]:
        rows = asked.query(
            "select j.run_id, r.run_version from judged as j left join runs as r using (run_id)"
        )
        return [tuple(row.values()) for row in rows.to_pylist()]

    score = {
        "tenant": "default", "date": DAY, "score_id": "s", "target_type": "run", "trace_id": trace_id("t"),
        "name": "ok?", "value": 1.0, "time_ns": 1, "received_ns": 1, "journal_position": 1,
    }  # fmt: skip
    seen = [told()]
    lake.append("scores", table([score], SCORES))
    seen.append(told())
    for version, replaces in ((7, None), (8, 7)):
        run = {"tenant": "default", "date": DAY, "run_id": trace_id("t"), "trace_id": trace_id("t"),
               "trace_ids": [trace_id("t")], "is_agent_run": True, "started_ns": 1, "run_version": version,
               "replaces": replaces}  # fmt: skip
        lake.append("runs", table([run], RUNS))
        seen.append(told())
    assert [[], [(None, None)], [(trace_id("t"), 7)], [(trace_id("t"), 8)]] == seen


def test_compaction_keeps_every_row(lake: Lake) -> None:
    """Many small files become one, sorted by trace; old versions of runs go."""
    for number in range(20):
        batch = Stretch("j", number, number + 1)
        lake.append("spans", table([span(f"s{number}", trace=str(number % 3))]), batch)
        run = {"tenant": "default", "date": DAY, "run_id": "r", "started_ns": 1, "assembled_position": number,
               "run_version": number, "replaces": number - 1 if number else None}  # fmt: skip
        lake.append("runs", table([run], RUNS))
    assert 40 == maintain(lake)
    reader = Reader(lake.folder, Scope())
    kept = reader.query("select assembled_position from stored_runs").column(0).to_pylist()
    assert (20, [19]) == (count(reader), kept)
    assert (1, Stretch("j", 19, 20)) == (reader.sizes()["spans"].files, Lake(lake.folder).last_batch("j"))


def test_the_log_is_kept_short_and_a_reader_that_was_away_goes_on(lake: Lake) -> None:
    """Log entries before a checkpoint go in time, and a reader opened before them still follows."""
    reader = Reader(lake.folder, Scope())
    lake.handle("receipts").alter.set_table_properties(
        {"delta.logRetentionDuration": "interval 0 seconds", "delta.checkpointInterval": "10"}
    )
    row = {"tenant": "default", "date": DAY, "signal": "traces", "outcome": "accepted", "requests": 1}
    lake.handle("receipts").update_incremental()
    for number in range(25):
        lake.append("receipts", table([row], RECEIPTS), Stretch("j", number, number + 1))
    entries = list((lake.folder / "receipts" / "_delta_log").glob("*.json"))
    assert len(entries) < 12
    assert 25 == reader.query("select count(*) as n from receipts").to_pylist()[0]["n"]


ESCAPES = (
    "copy (select 1) to '/tmp/spotlight-escape.csv'",
    "select 1; select 2",
    "pragma version",
    "set threads = 1",
    "attach '/tmp/spotlight-escape.db'",
    "install httpfs",
    "insert into runs values (1)",
    "create table t as select 1",
    "select * from read_text('/etc/hostname')",
    "select * from read_csv('/etc/passwd')",
    "select * from glob('/*')",
    "select * from '/etc/passwd'",
    "not sql at all",
    "",
)


def test_a_user_is_told_of_every_view(lake: Lake) -> None:
    """Who asks which views there are, or names one that is not there, is told of all."""
    reader = Reader(lake.folder, Scope())
    listed = reader.user_query("select view_name from duckdb_views() where not internal", limit=99)
    assert set(VIEWS) <= set(listed.column(0).to_pylist())
    with pytest.raises(QueryRefused, match='Did you mean "scores"'):
        reader.user_query("select * from runs join score using (trace_id)", limit=9)


@pytest.mark.parametrize("sql", ESCAPES)
def test_user_sql_reads_the_lake_and_nothing_else(lake: Lake, sql: str) -> None:
    """Everything but one select over the views is refused, with a hint."""
    lake.append("spans", table([span("a")]))
    with pytest.raises(QueryRefused) as refused:
        Reader(lake.folder, Scope()).user_query(sql, limit=9)
    assert refused.value.hint


def test_user_sql_cannot_write_into_the_lake(lake: Lake) -> None:
    """Even a path that the connection may read cannot be written."""
    lake.append("spans", table([span("a")]))
    own = next((lake.folder / "spans").rglob("*.parquet"))
    before = own.read_bytes()
    with pytest.raises(QueryRefused):
        Reader(lake.folder, Scope()).user_query(f"copy (select 1) to '{own}'", limit=9)
    assert before == own.read_bytes()


def test_integrity_finds_a_flipped_byte_and_a_missing_file(lake: Lake) -> None:
    """Page checksums show damage that a query would return as data."""
    for name in "ab":
        lake.append("spans", table([span(f"{name}{n}", attributes=f'{{"n":{n}}}') for n in range(200)]))
    assert {} == damaged_files(lake.folder)
    flipped, missing = sorted((lake.folder / "spans").rglob("*.parquet"))
    body = bytearray(flipped.read_bytes())
    body[len(body) // 3] ^= 0xFF
    flipped.write_bytes(body)
    missing.unlink()
    assert {flipped.name, missing.name} == {Path(p).name for p in damaged_files(lake.folder)}


def test_a_folder_that_is_no_lake_is_a_clear_error(tmp_path: Path) -> None:
    """A lake where a file stands in the way says what and where."""
    (tmp_path / "lake").write_text("in the way")
    with pytest.raises(LakeError, match="cannot open table"):
        Lake(tmp_path / "lake")


READ_UNTIL = """
import sys
from pathlib import Path
from spotlight.lake import Reader, Scope
reader, seen, wanted = Reader(Path(sys.argv[1]), Scope()), set(), int(sys.argv[2])
while not seen or max(seen) < wanted:
    seen.add(reader.query("select count(*) as n from spans").to_pylist()[0]["n"])
print(all(n % 7 == 0 for n in seen), max(seen))
"""


def test_two_reader_processes_see_whole_commits_while_writing(lake: Lake) -> None:
    """Readers in other processes follow the writer and never see half a commit."""
    lake.append("spans", table([span(f"0-{n}") for n in range(7)]))
    command = [sys.executable, "-c", READ_UNTIL, str(lake.folder), "210"]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for commit in range(1, 30):
        lake.append("spans", table([span(f"{commit}-{n}") for n in range(7)]))
        if commit == 20:
            maintain(lake)
    assert ["True 210\n"] * 2 == [reader.communicate(timeout=300)[0] for reader in readers]
