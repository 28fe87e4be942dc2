"""Resent spans are kept once, changed ones in both versions, and nothing else is touched."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ingest.dedup import settle
from ingest.keys import KeySet, SeenSpans
from spotlight.model import PAYLOADS
from tests.rows import llm, payload, span, table


def known_spans(rows: list[dict[str, object]], limit: int = 1000) -> SeenSpans:
    """Return what is remembered of stored rows."""
    seen = SeenSpans(limit)
    seen.add(table(rows))
    return seen


def settle_against(
    stored: list[dict[str, object]], rows: list[dict[str, object]], texts: dict[int, str] | None = None
):
    """Settle rows of a batch against stored ones; `texts` gives rows (by place) an input."""
    carried = [payload(rows[place], input_messages=text) for place, text in (texts or {}).items()]

    def fetch(traces: list[str], spans: list[str]) -> tuple[pa.Table, pa.Table]:
        found = [r for r in stored if r["trace_id"] in traces and r["span_id"] in spans]
        return table(found), table([], PAYLOADS)

    return settle(table(rows), table(carried, PAYLOADS), known_spans(stored), fetch)


def test_new_spans_pass() -> None:
    """A batch without anything seen before is stored as it is."""
    left = settle_against([span("old")], [span("a"), span("b")], {0: "hi"})
    assert (2, 1, 0, 0) == (
        left.spans.num_rows,
        left.payloads.num_rows,
        left.replaced.num_rows,
        left.duplicates,
    )


def test_a_resent_span_is_dropped_whenever_it_arrives() -> None:
    """The same content again, other arrival columns aside, is a duplicate: of the lake's, of the batch's."""
    again = {"journal_position": 9, "received_ns": 77}
    left = settle_against([span("a")], [span("a", **again), span("b"), span("b", **again)])
    assert (["b"], 2) == (left.spans.column("name").to_pylist(), left.duplicates)


def test_a_changed_span_is_kept_and_marked() -> None:
    """Other content under the same ids is a newer version: stored, and named as the one that counts."""
    left = settle_against([span("a", status="unset")], [span("a", status="error", journal_position=9)])
    assert (1, [9], 0) == (
        left.spans.num_rows,
        left.replaced.column("newest_position").to_pylist(),
        left.duplicates,
    )


def test_other_content_alone_makes_a_new_version() -> None:
    """Spans that differ only in what they carry are two versions."""
    rows = [llm("a", journal_position=2), llm("a", journal_position=3)]
    left = settle_against([], rows, {0: "one", 1: "two"})
    assert (2, 2, [3]) == (
        left.spans.num_rows, left.payloads.num_rows, left.replaced.column("newest_position").to_pylist(),
    )  # fmt: skip


def test_two_versions_in_one_request_keep_the_later() -> None:
    """Versions that share a journal position could not be told apart later: the last one stays."""
    left = settle_against([], [span("a", status="unset"), span("x"), span("a", status="ok")])
    assert ["unset", "ok"] == left.spans.column("status").to_pylist()
    assert ["x", "a"] == left.spans.column("name").to_pylist()


def test_an_ended_span_takes_the_place_of_the_announced_one() -> None:
    """A span that was told while it was open is no oddity once it ends: its end is what counts."""
    announced, ended = span("a", ended_ns=None, duration_ms=None), span("a", journal_position=9)
    left = settle_against([announced], [ended])
    assert (0, 0, [9]) == (
        left.newer.num_rows, left.duplicates, left.replaced.column("newest_position").to_pylist(),
    )  # fmt: skip


def test_an_announcement_of_what_has_ended_is_dropped() -> None:
    """An open span never hides that it has ended, whichever way the requests overtook each other."""
    announced, ended = span("a", ended_ns=None), span("a", journal_position=9)
    for stored, batch in (([ended], [announced]), ([], [announced, ended]), ([], [ended, announced])):
        left = settle_against(stored, batch)
        assert (1, 0, 0) == (left.late, left.replaced.num_rows, left.newer.num_rows)
        assert [True] * (len(batch) - 1) == left.spans.column("ended_ns").is_valid().to_pylist()


def test_a_mere_key_clash_changes_nothing() -> None:
    """A span whose key was seen but whose ids were not is new."""
    rows = [span("a")]
    left = settle(
        table(rows), table([], PAYLOADS), known_spans(rows), lambda *_: (table([]), table([], PAYLOADS))
    )
    assert (1, 0, 0) == (left.spans.num_rows, left.replaced.num_rows, left.duplicates)


def test_spans_without_usable_ids_are_never_duplicates() -> None:
    """Rows whose ids are missing cannot be compared and are all kept."""
    left = settle_against([], [span("a", span_id=None), span("a", span_id=None)])
    assert 2 == left.spans.num_rows


def test_key_set_is_a_set() -> None:
    """Membership is exact over many additions, and 0 is never a member."""
    dice = np.random.default_rng(7)
    keys, truth = KeySet(), set()
    for _ in range(60):
        some = dice.integers(0, 5_000, 40, dtype=np.uint64)
        keys.add(some)
        truth |= set(some.tolist()) - {0}
    asked = np.arange(5_000, dtype=np.uint64)
    assert [int(k) in truth for k in asked] == keys.contains(asked).tolist()
    assert len(truth) <= len(keys)


def test_seen_spans_never_miss_one() -> None:
    """Beyond the limit a stored span is still found, by its trace; a new trace is certainly new."""
    seen = SeenSpans(limit=40)
    rows = [span(f"s{n}", trace=f"t{n // 5}") for n in range(300)]
    for first in range(0, 300, 10):
        seen.add(table(rows[first : first + 10]))
    fresh = [span(f"n{n}", trace=f"new{n}") for n in range(50)]
    assert [True] * 300 == seen.may_hold(table(rows)).tolist()
    assert [False] * 50 == seen.may_hold(table(fresh)).tolist()
