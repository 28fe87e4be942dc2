"""Where the text that a search looks for stands: the steps that said it, with the words around it."""

# ruff: noqa: S608  (the statements put together here are our own; what is searched for is a parameter)

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

from spotlight.lake import folded, pieces
from spotlight.reports.filters import RunFilters
from spotlight.reports.find import checking
from spotlight.reports.find.checking import Check, Meaning, Phrase, read
from spotlight.reports.find.fields import BY_NAME
from spotlight.reports.find.sql import said_statement, steps_statement
from spotlight.reports.find.values import Test
from spotlight.reports.questions import Reports

AROUND: Final = 70  # characters shown before and after what was found
LONGEST: Final = 300  # characters of it
STEP_COLUMNS: Final = (
    "run_id", "trace_id", "span_id", "step", "kind", "name", "tool_name", "agent_name", "model", "started_ns",
    "duration_ms", "failed", "error_type", "error_message", "input_tokens", "output_tokens", "cost_usd",
)  # fmt: skip


class Sought(NamedTuple):
    """A text that a search looks for, and the parts of content it may stand in."""

    test: Test
    parts: tuple[str, ...]


class Passage(NamedTuple):
    """A step that said what is searched for: `found` as it stands there, between `before` and `after`.

    `step`, `kind` and `name` are NULL for a span that is no step; `find` is what an address of the run page
    asks to be marked.
    """

    run_id: str
    span_id: str
    step: int | None
    kind: str | None
    name: str | None
    started_ns: int | None
    part: str
    before: str
    found: str
    after: str
    find: str


class Passages(NamedTuple):
    """Some of the passages, the newest run first, and how many steps have one."""

    rows: list[Passage]
    steps: int


def sought(meaning: Meaning) -> list[Sought]:
    """Return the texts that a search looks for in content; not those that must not be there."""
    match meaning:
        case Phrase(test, _):
            return [Sought(test, BY_NAME["text"].parts)]
        case Check(field, _, _, tests) if field.kind == "payload":
            return [Sought(test, field.parts) for test in tests]
        case checking.All(parts) | checking.Any(parts):
            return [found for part in parts for found in sought(part)]
        case checking.Step(inner) | checking.Count(inner, _):
            return sought(inner)
        case checking.Under(one, other) | checking.Then(one, other):
            return [*sought(one), *sought(other)]
        case _:
            return []


def passages(reports: Reports, filters: RunFilters, limit: int = 50, offset: int = 0) -> Passages:
    """Return where the matching runs say what the search of the filters looks for.

    A text that later calls repeat is found where it was said first. Without a search for text, nothing.
    Raises: UnreadableSearch.
    """
    texts = sought(read(filters.query)) if filters.query else []
    if not texts:
        return Passages([], 0)
    statement = said_statement([(found.parts, found.test) for found in texts])
    params = filters.params() | statement.params | {"limit": limit, "offset": offset}
    rows = reports.answer(
        f"""
        with hits as materialized ({statement.sql}),
        placed as (
          select r.run_id, r.started_ns as run_ns, h.trace_id, h.span_id, s.step, s.kind, s.name,
            coalesce(s.started_ns, h.started_ns) as started_ns, s.span_id is not null as is_step
          from (select run_id, run_version, started_ns, unnest(trace_ids) as trace_id
            from matching_runs($filters)) as r
          join (select trace_id, span_id, min(started_ns) as started_ns from hits group by all) as h
            on h.trace_id = r.trace_id
          left join steps as s
            on s.run_version = r.run_version and s.trace_id = h.trace_id and s.span_id = h.span_id
          qualify is_step or not bool_or(is_step) over (partition by h.trace_id)
        )
        select *, count(*) over () as total
        from placed
        order by run_ns desc, run_id, started_ns, span_id
        limit $limit offset $offset
        """,
        params,
    ).to_pylist()
    content = _content(reports, rows)
    found = [_passage(row, content.get((row["trace_id"], row["span_id"]), {}), texts) for row in rows]
    return Passages([passage for passage in found if passage], rows[0]["total"] if rows else 0)


def found_steps(reports: Reports, filters: RunFilters, limit: int = 50) -> tuple[list[dict[str, Any]], int]:
    """Return the steps that the search itself finds in the runs of the other filters, and how many there are.

    The columns are `STEP_COLUMNS`, the newest first. Raises: UnreadableSearch.
    """
    statement = steps_statement(read(filters.query or ""))
    others = filters._replace(query=None)
    rows = reports.answer(
        f"""
        select {", ".join(f"w.{name}" for name in STEP_COLUMNS)}, count(*) over () as total
        from steps as w
        semi join ({statement.sql}) as f on f.run_version = w.run_version and f.span_id = w.span_id
          and f.trace_id = w.trace_id
        semi join matching_runs($filters) as r on r.run_version = w.run_version
        order by w.started_ns desc, w.run_id, w.step
        limit $limit
        """,
        others.params() | statement.params | {"limit": limit},
    ).to_pylist()
    total = rows[0]["total"] if rows else 0
    return [{name: row[name] for name in STEP_COLUMNS} for row in rows], total


def _content(reports: Reports, rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the content of some spans by trace and span."""
    asked = {
        "traces": sorted({row["trace_id"] for row in rows}),
        "spans": sorted({row["span_id"] for row in rows}),
    }
    found = reports.ask("payloads_of", asked).to_pylist()
    return {(row["trace_id"], row["span_id"]): row for row in found}


def _passage(row: dict[str, Any], content: dict[str, Any], texts: list[Sought]) -> Passage | None:
    for found in texts:
        pattern = _pattern(found.test)
        for piece in pieces(content):
            if piece.part not in found.parts:
                continue
            if place := _place(pattern, piece.text):
                return _shown(row, piece.part, piece.text, place, found.test)
    return None


class _Place(NamedTuple):
    """The characters of a text that something stands at, `end` excluded."""

    start: int
    end: int


def _place(pattern: re.Pattern[str], text: str) -> _Place | None:
    """Return where a text is found."""
    if match := pattern.search(text):
        return _Place(*match.span())
    # Small letters of some capitals are several characters: they are looked for as texts are compared.
    lengths = [len(sign.lower()) for sign in text]
    if sum(lengths) == len(text) or not (match := pattern.search(text.lower())):
        return None
    origins = [place for place, length in enumerate(lengths) for _ in range(length)]
    return _Place(origins[match.start()], origins[match.end() - 1] + 1)


def _pattern(test: Test) -> re.Pattern[str]:
    """Return what finds a text as `folded` compares it: any capitals, any white space."""
    text = folded(str(test.low))
    parts = [part for part in text.split("*") if part] if test.how == "like" else [text]
    written = (r"\s+".join(map(re.escape, part.split(" "))) for part in parts)
    return re.compile(".*?".join(written), re.IGNORECASE | re.DOTALL)


def _shown(row: dict[str, Any], part: str, text: str, place: _Place, test: Test) -> Passage:
    start, end = place.start, min(place.end, place.start + LONGEST)
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return Passage(
        row["run_id"], row["span_id"], row["step"], row["kind"], row["name"], row["started_ns"], part,
        ("…" if start > AROUND else "") + _line(before), _line(text[start:end]),
        _line(after) + ("…" if end + AROUND < len(text) else ""), str(test.low).strip("*"),
    )  # fmt: skip


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text)
