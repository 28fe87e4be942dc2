"""Content as the lake keeps it: byte for byte, in row groups of a bounded size; what splitting would do."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.contents_split import elements, pieces
from spotlight.lake import Lake, Reader, Scope
from spotlight.lake.maintenance import maintain
from spotlight.model import PAYLOADS
from tests.rows import llm, payload, table

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60)
@given(
    st.text(max_size=60) | json_values.map(json.dumps) | json_values.map(lambda v: json.dumps(v, indent=1))
)
@example('[{"a": 1}, {"a"')
@example('[1, "\\ud800", ' + '"' + "x" * 100 + '"] trailing')
def test_split_texts_come_back(text: str) -> None:
    """Whatever a text is, its pieces joined are the text, and no element overlaps another."""
    spans = elements(text).spans
    assert text == "".join(pieces(text))
    assert all(start < end for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_messages_are_the_elements() -> None:
    """A history is cut at its messages, a request at those of its lists and at its large values."""
    long = "x" * 100
    history = [{"role": "user", "content": long}, {"role": "assistant", "content": long + "y"}]
    said = json.dumps(history)
    assert [json.dumps(m) for m in history] == [said[a:b] for a, b in elements(said).spans]
    request = json.dumps({"model": "m", "system": long, "messages": history})
    found = [request[a:b] for a, b in elements(request).spans]
    assert [json.dumps(long), *(json.dumps(m) for m in history)] == found


def test_compacted_content_is_as_sent(tmp_path: Path) -> None:
    """Compaction moves large histories into one file of small row groups; not a byte of them changes."""
    lake = Lake(tmp_path)
    said = [json.dumps([{"role": "user", "content": f"{k} é\ud83d\ude00 " * 15_000}]) for k in range(70)]
    for k, text in enumerate(said):
        row = payload(llm(f"c{k}", trace=f"t{k}"), input_messages=text)
        lake.append("payloads", table([row], PAYLOADS))
    assert maintain(lake, min_files=2)
    reader = Reader(tmp_path, Scope())
    kept = reader.query("select input_messages from payloads").column("input_messages").to_pylist()
    assert sorted(said) == sorted(kept)
    files = [tmp_path / "payloads" / path for path in lake.handle("payloads").file_uris()]
    groups = [pq.ParquetFile(file).metadata.row_group(0).num_rows for file in files]
    assert max(groups) <= 64
