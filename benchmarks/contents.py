"""What repeated histories cost: bytes on disk, time to read a run, time to search, beside a split form.

    python -m benchmarks.contents --trajectories gpt-4o-airline.json --captures D

Trajectories (tau-bench: a list of records with `traj`, OpenAI messages) become runs whose model calls carry
the whole history so far, as OTel GenAI sends it; one more run is all of them as a single conversation of 400
calls. `--captures` is a data folder that holds real telemetry. Best of five; disk as the lake writes it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.contents_split import split_rows
from spotlight.lake import Lake, Reader, Scope, empty_connection
from spotlight.lake.maintenance import maintain
from spotlight.lake.texts import FOLDER
from spotlight.model import DEFAULT_TENANT, PAYLOADS
from spotlight.reports import open_lake

BATCHES: Final = 20  # in which rows arrive
SIDE_BY_SIDE: Final = 20  # runs at work at a time
LONG_CALLS: Final = 400
PHRASE: Final = "refund"
_COLUMN: Final = "input_messages"
_DAY: Final = dt.date(2026, 6, 1)
_START: Final = 1_780_272_000 * 10**9
_READ: Final = f"select {_COLUMN} from payloads where $trace is null or trace_id = $trace"  # noqa: S608
_CALLS: Final = f"select trace_id, span_id, {_COLUMN} from payloads order by trace_id, started_ns"  # noqa: S608
_SEARCH: Final = f"select count(*) as n from payloads where contains(lower({_COLUMN}), $phrase)"  # noqa: S608
_SEARCH_TEXTS: Final = "select count(*) as n from stored_texts where contains(text, $phrase)"
# The split form put together again: the numbers of a template become the run's elements of that number.
_JOINED: Final = """
with
pool as (
  select trace_id, map(list(place), list(text)) as known
  from split
  where place is not null
  group by trace_id
)
select array_to_string(list_transform(
  from_json(s.content, '["JSON"]'),
  lambda x: if(json_type(x) = 'VARCHAR', x ->> '$', p.known[cast(x as integer)])
), '') as content
from split as s
left join pool as p on p.trace_id = s.trace_id
where s.place is null and ($trace is null or s.trace_id = $trace)
"""


class Figures(NamedTuple):
    """What one collection of payloads cost: bytes, and ms.

    `column_*` are files of messages in and ids alone, packed alike: as the writer packs what arrives, as
    compaction packs it, and split. `texts` are those kept for searches.
    """

    name: str
    calls: int
    messages_sent: int
    messages_distinct: int
    bytes_sent: int
    bytes_distinct: int
    disk_arrived: int
    disk_compacted: int
    disk_texts: int
    column_level_1: int
    column_compacted: int
    column_split: int
    run_ms: float
    run_split_ms: float
    all_ms: float
    all_split_ms: float
    search_ms: float
    search_texts_ms: float


def measured(name: str, rows: pa.Table, folder: Path) -> Figures:
    """Return the figures of some payload rows, written into a new lake in `folder`."""
    lake = Lake(folder / "lake")
    size = -(-rows.num_rows // BATCHES)
    for at in range(0, rows.num_rows, size):
        lake.append("payloads", rows.slice(at, size))
    arrived = _on_disk(folder, "payloads")
    maintain(lake, min_files=2)
    reader = Reader(folder / "lake", Scope())
    column = reader.query(_CALLS)
    split = split_rows(column, _COLUMN)
    texts = [text for text in column.column(_COLUMN).to_pylist() if text]
    one: dict[str, object] = {"trace": _longest(column)}
    every: dict[str, object] = {"trace": None}
    return Figures(
        name, rows.num_rows, split.sent, split.distinct,
        sum(len(text.encode("utf-8", "surrogatepass")) for text in texts), split.distinct_bytes,
        arrived, _on_disk(folder, "payloads"),
        sum(file.stat().st_size for file in (folder / "lake" / FOLDER).rglob("*.parquet")),
        _written(column, folder / "column.parquet", 1), _written(column, folder / "column.parquet", 6),
        _written(split.rows, folder / "split.parquet", 6),
        _best(lambda: reader.query(_READ, one)), _split_ms(folder, one),
        _best(lambda: reader.query(_READ, every)), _split_ms(folder, every),
        _best(lambda: reader.query(_SEARCH, {"phrase": PHRASE})),
        _best(lambda: reader.query(_SEARCH_TEXTS, {"phrase": PHRASE})),
    )  # fmt: skip


def trajectory_rows(file: Path) -> pa.Table:
    """Return a payload row per model call of the trajectories in a file, some runs side by side."""
    runs = [list(_calls(record["traj"])) for record in json.loads(file.read_bytes())]
    rows = []
    for first in range(0, len(runs), SIDE_BY_SIDE):
        together = runs[first : first + SIDE_BY_SIDE]
        for number in range(max(map(len, together))):
            rows += [
                _row(first + place, number, *calls[number])
                for place, calls in enumerate(together)
                if number < len(calls)
            ]
    return _table(rows)


def long_rows(file: Path) -> pa.Table:
    """Return the payload rows of one run of LONG_CALLS calls: the trajectories as one conversation."""
    messages = [message for record in json.loads(file.read_bytes()) for message in record["traj"][1:]]
    calls = zip(range(LONG_CALLS), _calls(messages), strict=False)
    return _table([_row(0, number, *call) for number, call in calls])


def captured_rows(data: Path) -> pa.Table:
    """Return the payload rows of a data folder, the columns that they are written with."""
    with open_lake(data).connection() as con:
        return (
            con.sql("select * from payloads order by journal_position").to_arrow_table().cast(PAYLOADS.schema)
        )


def _calls(messages: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield messages in and out of every model call of a conversation, as OTel GenAI writes them."""
    history: list[dict[str, Any]] = []
    for message in messages:
        told = {"role": message["role"], "parts": list(_parts(message))}
        if message["role"] == "assistant":
            yield json.dumps(history), json.dumps([told])
        history.append(told)


def _parts(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if message["role"] == "tool":
        answer = {"id": message.get("tool_call_id"), "response": message.get("content")}
        yield {"type": "tool_call_response"} | answer
    elif message.get("content"):
        yield {"type": "text", "content": message["content"]}
    for call in message.get("tool_calls") or ():
        function = call["function"]
        arguments = json.loads(function["arguments"])
        yield {"type": "tool_call", "id": call["id"], "name": function["name"], "arguments": arguments}


def _row(run: int, number: int, told: str, answer: str) -> dict[str, object]:
    at = _START + (run * 10_000 + number) * 10**6
    return {
        "tenant": DEFAULT_TENANT, "date": _DAY, "trace_id": f"{run + 1:032x}",
        "span_id": f"{run:08x}{number:08x}", "dialect": "otel_genai", "started_ns": at, "received_ns": at,
        "journal_position": number,
        "input_messages": told, "output_messages": answer,
    }  # fmt: skip


def _table(rows: list[dict[str, object]]) -> pa.Table:
    columns = [pa.array([row.get(c.name) for row in rows], c.type) for c in PAYLOADS.columns]
    return pa.table(columns, PAYLOADS.schema)


def _longest(rows: pa.Table) -> str:
    """Return the run that was sent most."""
    sizes: dict[str, int] = {}
    columns = (rows.column(name).to_pylist() for name in ("trace_id", _COLUMN))
    for trace, text in zip(*columns, strict=True):
        sizes[trace] = sizes.get(trace, 0) + len(text or "")
    return max(sizes, key=lambda trace: sizes[trace])


def _on_disk(folder: Path, table: str) -> int:
    """Return the bytes of a table's newest snapshot."""
    return open_lake(folder).lake_size()[table].bytes


def _written(rows: pa.Table, file: Path, level: int) -> int:
    """Write a file as compaction does, and return its size."""
    group = int(min(8_192, max(64, (16 << 20) * rows.num_rows / max(1, rows.nbytes))))
    pq.write_table(
        rows, file, compression="zstd", compression_level=level, row_group_size=group, use_dictionary=False
    )
    return file.stat().st_size


def _split_ms(folder: Path, params: dict[str, object]) -> float:
    with empty_connection("", ()) as con:
        con.execute("create table place as select $file as file", {"file": str(folder / "split.parquet")})
        con.execute("set variable file = (select file from place)")
        con.execute("create view split as select * from read_parquet(getvariable('file'))")
        return _best(lambda: con.sql(_JOINED, params=params).to_arrow_table())


def _best(act: Callable[[], object]) -> float:
    """Return the shortest of five tries, ms."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def main() -> None:
    """Measure the collections named on the command line and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trajectories", type=Path, help="file of trajectories, as tau-bench keeps them")
    parser.add_argument("--captures", type=Path, help="data folder that holds telemetry")
    given = parser.parse_args()
    asked: list[tuple[str, Callable[[], pa.Table]]] = []
    if given.captures:
        asked.append(("captures", lambda: captured_rows(given.captures)))
    if given.trajectories:
        asked.append(("trajectories", lambda: trajectory_rows(given.trajectories)))
        asked.append(("one long run", lambda: long_rows(given.trajectories)))
    if not asked:
        parser.error("nothing to measure: give --trajectories, --captures or both")
    with tempfile.TemporaryDirectory() as folder:
        found = [measured(name, rows(), Path(folder) / name.replace(" ", "-")) for name, rows in asked]
    print_figures(found)


def print_figures(found: list[Figures]) -> None:
    """Print a column per collection."""
    lines = [[field, *(_said(getattr(one, field)) for one in found)] for field in Figures._fields[1:]]
    ratios = ["sent / on disk", *(f"{one.bytes_sent / one.disk_compacted:.0f} x" for one in found)]
    distinct = ["sent / distinct", *(f"{one.bytes_sent / max(1, one.bytes_distinct):.0f} x" for one in found)]
    for line in [["", *(one.name for one in found)], *lines, ratios, distinct]:
        sys.stdout.write(f"{line[0]:18}" + "".join(f"{cell:>16}" for cell in line[1:]) + "\n")


def _said(value: float) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


if __name__ == "__main__":
    main()
