"""The language of searches: what it reads, what it refuses and where, and the SQL it becomes."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spotlight.errors import UnreadableSearch
from spotlight.reports.filters import RunFilters
from spotlight.reports.find import checking
from spotlight.reports.find.checking import (
    Check,
    Count,
    Meaning,
    Not,
    Phrase,
    Present,
    Step,
    Then,
    Under,
    read,
)
from spotlight.reports.find.fields import BY_NAME, FIELDS
from spotlight.reports.find.sql import runs_statement, steps_statement
from spotlight.reports.find.writing import bounds_of

NOW = 1_795_248_000_000_000_000  # 2026-11-21 08:00 UTC
HOUR = 3_600_000_000_000
MIDNIGHT = NOW - 8 * HOUR


def shape(found: Meaning) -> object:
    """Return a meaning as plain lists: fields by name, comparisons as tuples."""
    match found:
        case Phrase(test, _):
            return ("phrase", test.low)
        case Check(field, key, level, tests):
            name = ".".join(filter(None, (level, field.name, key)))
            return (name, *(tuple(value for value in test if value is not None) for test in tests))
        case Present(field, key, _):
            return ("has", ".".join(filter(None, (field.name, key))))
        case Not(inner) | Step(inner):
            return [type(found).__name__.lower(), shape(inner)]
        case Count(inner, test):
            return ["count", shape(inner), tuple(value for value in test if value is not None)]
        case Under(one, other) | Then(one, other):
            return [type(found).__name__.lower(), shape(one), shape(other)]
        case checking.All(parts) | checking.Any(parts):
            return [type(found).__name__.lower(), *map(shape, parts)]
    raise AssertionError(found)


OK, FAILED = ("status", ("is", "ok")), ("status", ("is", "error"))
READ = {
    "": ["all"],
    "status:error": FAILED,
    "STATUS = failed": FAILED,
    "error": ("phrase", "error"),
    '"connection reset"': ("phrase", "connection reset"),
    r'"say \"hi\""': ("phrase", 'say "hi"'),
    "a b": ["all", ("phrase", "a"), ("phrase", "b")],
    "a and b or c": ["any", ["all", ("phrase", "a"), ("phrase", "b")], ("phrase", "c")],
    "a (b OR c)": ["all", ("phrase", "a"), ["any", ("phrase", "b"), ("phrase", "c")]],
    "-status:ok": ["not", OK],
    "not not status:ok": ["not", ["not", OK]],
    "status!=ok": ["not", OK],
    "cost>0.05": ("cost", (">", 0.05)),
    "cost:>$0.05": ("cost", (">", 0.05)),
    "cost:0.1..2": ("cost", ("between", 0.1, 2.0)),
    "cost:..2": ("cost", ("between", 2.0)),
    "tokens>=5k": ("tokens", (">=", 5000.0)),
    "tokens<1.5M": ("tokens", ("<", 1_500_000.0)),
    "duration>30s": ("duration", (">", 30_000.0)),
    "duration:250ms..2m": ("duration", ("between", 250.0, 120_000.0)),
    "started>-2h": ("started", (">", NOW - 2 * HOUR)),
    "started:2h": ("started", (">=", NOW - 2 * HOUR)),
    "started:today": ("started", ("within", MIDNIGHT, MIDNIGHT + 24 * HOUR)),
    "started:2026-11-20..-1h": ("started", ("within", MIDNIGHT - 24 * HOUR, NOW - HOUR)),
    "model:gpt-4o*": ("model", ("like", "gpt-4o*")),
    'model:"gpt-4o*"': ("model", ("is", "gpt-4o*")),
    "model:a,b": ("model", ("is", "a"), ("is", "b")),
    'model:(a or "b c", d)': ("model", ("is", "a"), ("is", "b c"), ("is", "d")),
    "session:ab:c": ("session", ("begins", "ab:c")),
    "error:reset": ("error", ("holds", "reset")),
    "error=reset": ("error", ("is", "reset")),
    "env:prod": ("environment", ("is", "prod")),
    "retry:true": ("retry", ("flag", True)),
    "has:cost": ("has", "cost"),
    "missing:cost": ["not", ("has", "cost")],
    "has:score.correctness": ("has", "score.correctness"),
    'has:attr."a b"': ("has", "attr.a b"),
    "score.correctness<0.5": ("score.correctness", ("<", 0.5)),
    "score.tone:rude": ("score.tone", ("is", "rude")),
    "score.passed:1": ("score.passed", ("between", 1.0, 1.0)),
    'attr."gen_ai.request.temperature">0.5': ("attr.gen_ai.request.temperature", (">", 0.5)),
    "attr.http.Method:POST": ("attr.http.Method", ("is", "POST")),
    'text:"flight is full"': ("text", ("holds", "flight is full")),
    "run.status:error": ("run.status", ("is", "error")),
    "step.duration>3s": ("step.duration", (">", 3000.0)),
    "tool:a under agent:b": ["under", ("tool", ("is", "a")), ("agent", ("is", "b"))],
    "tool:a then tool:b then tool:c": [
        "then", ["then", ("tool", ("is", "a")), ("tool", ("is", "b"))], ("tool", ("is", "c")),
    ],
    "step(tool:a status:error)": ["step", ["all", ("tool", ("is", "a")), FAILED]],
    "count(tool:a) > 3": ["count", ("tool", ("is", "a")), (">", 3.0)],
    "count(tool:a):2..4": ["count", ("tool", ("is", "a")), ("between", 2.0, 4.0)],
    '"and" "tool:x"': ["all", ("phrase", "and"), ("phrase", "tool:x")],
}  # fmt: skip


@pytest.mark.parametrize(("text", "meant"), READ.items(), ids=list(READ))
def test_reads_the_language(text: str, meant: object) -> None:
    """Each form of the grammar means what docs/find.md says."""
    assert meant == shape(read(text, NOW))


# Search -> the characters that the error names, and what its text holds.
REFUSED = {
    "modl:x": (0, 4, "did you mean model"),
    "status:eror": (7, 11, "did you mean error"),
    "cost>cheap": (5, 10, "is no amount"),
    "duration>30": (9, 11, "has no unit"),
    "duration>30q": (9, 12, "'q', which is not known"),
    "started>soon": (8, 12, "is no time"),
    "cost:5..1": (5, 9, "ends before it begins"),
    "cost>1,2": (7, 8, "takes one value"),
    "tool>3": (5, 6, "cannot be compared with >"),
    "retry:maybe": (6, 11, "true or false"),
    "(tool:x": (0, 1, "never closed"),
    "tool:x)": (6, 7, "not expected here"),
    'text:"full': (5, 10, "never closed"),
    "tool:": (4, 5, "ends too early"),
    "or x": (0, 2, "a word or a field should stand here"),
    "tool:a then": (10, 11, "ends too early"),
    "count(tool:a)": (12, 13, "ends too early"),
    "score>1": (0, 5, "score needs a name"),
    "cost.usd>1": (0, 8, "has no parts"),
    "run.tool:x": (0, 8, "a run has no tool"),
    "has:nothing": (4, 11, "there is no field"),
    'attr."$.x":1': (0, 10, "no name of an attribute"),
    'text:""': (5, 7, "nothing is in these quotes"),
    "ftp://x": (0, 3, "there is no field 'ftp'"),
}


@pytest.mark.parametrize(("text", "where"), REFUSED.items(), ids=list(REFUSED))
def test_refuses_with_the_place(text: str, where: tuple[int, int, str]) -> None:
    """What cannot be read names its characters and what to write instead."""
    with pytest.raises(UnreadableSearch) as caught:
        read(text, NOW)
    at, end, said = where
    assert (at, end) == (caught.value.at, caught.value.end)
    assert said in str(caught.value)


PIECES = [
    *BY_NAME, "has", "missing", "step(", "count(", ")", "(", " ", ":", ">", "<=", "!=", "-", ",", "..", "or",
    "not", "then", "under", '"', "\\", "'", ";--", "$q0", "*", "5k", "-2h", "score.x", 'attr."a"', "é",
    "\x00", "\ud800",
]  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=14).map("".join)))
@example("(" * 500)
@example("-" * 500)
@example("a" * 5000)
@example("x or " * 300 + "x")
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    """No text breaks the reader: it means something, or the error names characters of it."""
    refused = None
    try:
        meaning = read(text, NOW)
    except UnreadableSearch as exc:
        refused = exc
    if refused:
        assert 0 <= refused.at <= refused.end <= len(text)
    else:
        assert runs_statement(meaning).sql
        assert steps_statement(meaning).sql


HOSTILE = "zq'; drop table runs; --"


@pytest.mark.parametrize(
    "field", [field.name for field in FIELDS if field.kind not in ("score", "attribute")]
)
def test_no_text_of_a_user_becomes_sql(field: str) -> None:
    """What is typed as a value is a parameter of the statement and never part of it."""
    kind = BY_NAME[field].kind
    if kind in ("number", "money", "duration", "time", "flag"):
        with pytest.raises(UnreadableSearch):
            read(f'{field}:"{HOSTILE}"', NOW)
        return
    meaning = read(f'{field}:"{HOSTILE}"', NOW)
    for statement in (runs_statement(meaning), steps_statement(meaning)):
        assert "zq" not in statement.sql
        assert any("zq'; drop table" in str(value).lower() for value in statement.params.values())


@pytest.mark.parametrize(
    "text",
    [HOSTILE.replace(" ", "_"), f'"{HOSTILE}"', f'score."{HOSTILE}">1', f'attr."{HOSTILE}":"{HOSTILE}"',
     f'tool:"{HOSTILE}" under agent:"{HOSTILE}"', f'count(tool:"{HOSTILE}")>3', f'has:attr."{HOSTILE}"'],
)  # fmt: skip
def test_no_name_of_a_user_becomes_sql(text: str) -> None:
    """Names of scores and attributes are parameters too, in every structure."""
    for statement in (runs_statement(read(text, NOW)), steps_statement(read(text, NOW))):
        assert not re.search("zq|drop", statement.sql)


@given(
    st.tuples(*[st.none() | st.integers(0, 2**63 - 1)] * 2),
    st.tuples(*[st.none() | st.floats(0, 2.0**63 - 1e4).map(lambda ms: round(ms, 9))] * 2),
)
@example((1_795_000_000_123_456_789, None), (45.678901234567891, 1e-05))
def test_bounds_are_written_to_the_nanosecond(
    window: tuple[int | None, int | None], took: tuple[float | None, float | None]
) -> None:
    """A search written for bounds of start and duration reads back as exactly those bounds."""
    search = bounds_of(RunFilters(since_ns=window[0], until_ns=window[1], min_ms=took[0], max_ms=took[1]))
    wanted = [bound for bound in (*window, *took) if bound is not None]
    found = runs_statement(read(search, NOW)).params if search else {}
    assert wanted == list(found.values())
