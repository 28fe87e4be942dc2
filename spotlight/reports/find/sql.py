"""A search as one SQL statement: values are parameters, all of them; names come from `fields`."""

# ruff: noqa: S608  (the pieces put together here are our own; a test searches for hostile text in them)

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from spotlight.lake import folded
from spotlight.reports.find.checking import (
    All,
    Any,
    Check,
    Count,
    Meaning,
    Not,
    Phrase,
    Present,
    Step,
    Then,
    Under,
)
from spotlight.reports.find.fields import FIELDS, Field
from spotlight.reports.find.values import Test, like_pattern

RUN: Final = "run"
STEP: Final = "step"
_COMPARED: Final = ("<", "<=", ">", ">=")
_OF_NUMBERS: Final = (*_COMPARED, "between")  # of a score or attribute
# Where a bare word may stand beside the content.
_RUN_WORDS: Final = (
    "concat_ws(' ', r.run_id, r.name, r.session_id, r.user_id, r.agent_name, r.pack_name, r.error_type,"
    " r.error_message)"
)
_STEP_WORDS: Final = "concat_ws(' ', s.span_id, s.name, s.tool_name, s.error_type, s.error_message)"
_CONTENT: Final = next(field for field in FIELDS if field.name == "text")
_RUN_OF: Final = {RUN: "r.run_version", STEP: "s.run_version"}


class Statement(NamedTuple):
    """A statement and the values of its parameters."""

    sql: str
    params: dict[str, object]


def runs_statement(meaning: Meaning) -> Statement:
    """Return the statement of the runs found: one row per run, `run_version`."""
    writer = _Writer()
    where = writer.written(meaning, RUN)
    return writer.statement(f"select r.run_version from assembled_runs as r where {where}")


def steps_statement(meaning: Meaning) -> Statement:
    """Return the statement of the steps found: one row per step, `run_version` and `span_id`."""
    writer = _Writer()
    where = writer.written(meaning, STEP)
    return writer.statement(f"select s.run_version, s.trace_id, s.span_id from steps as s where {where}")


def _plain_name(name: str) -> str:
    """Return the name of a score as the view `judged` writes it."""
    return re.sub("[^a-z0-9]+", "_", name.lower()).strip("_")


def _true_of_none(test: Test) -> bool:
    """Whether a comparison of a count holds for no steps at all."""
    low, high = test.low, test.high
    assert not isinstance(low, str)
    if test.how == "between":
        return (low is None or low <= 0) and (high is None or high >= 0)
    assert low is not None
    return {"<": low > 0, "<=": low >= 0, ">": low < 0, ">=": low <= 0}[test.how]


def _any(conditions: Iterable[str]) -> str:
    found = list(conditions)
    return found[0] if len(found) == 1 else f"({' or '.join(found)})"


def said_statement(texts: Sequence[tuple[tuple[str, ...], Test]]) -> Statement:
    """Return the statement of where texts stand in parts of content: `trace_id`, `span_id`, `started_ns`."""
    writer = _Writer()
    where = _any(writer.spoken(parts, test) for parts, test in texts)
    return writer.statement(f"select w.trace_id, w.span_id, w.started_ns from spoken as w where {where}")


class _Writer:
    """What a statement is made of while it is written: its parameters and what stands before its select."""

    def __init__(self) -> None:
        self._params: dict[str, object] = {}
        self._before: list[str] = []
        self._texts: list[str] = []  # conditions on a text: all are looked for in one pass

    def statement(self, select: str) -> Statement:
        before = list(self._before)
        if self._texts:
            marked = ", ".join(f"{text} as has_{number}" for number, text in enumerate(self._texts))
            before.insert(
                0,
                f"spoken as materialized (select w.trace_id, w.span_id, w.part, w.started_ns, {marked}"
                f" from said() as w where {' or '.join(self._texts)})",
            )
        return Statement(f"with recursive {', '.join(before)} {select}" if before else select, self._params)

    def written(self, meaning: Meaning, level: str) -> str:
        """Return the condition on a run `r` or a step `s`; it is never NULL."""
        match meaning:
            case All(parts):
                return f"({' and '.join(self.written(part, level) for part in parts)})" if parts else "true"
            case Any(parts):
                return f"({' or '.join(self.written(part, level) for part in parts)})"
            case Not(inner):
                return f"(not {self.written(inner, level)})"
            case Step(inner):
                return (
                    self._some_step(self.written(inner, STEP)) if level == RUN else self.written(inner, STEP)
                )
            case Count(inner, test):
                return self._counted(self.written(inner, STEP), test, level)
            case Under() | Then():
                return self._among(self._related(meaning), level)
            case Phrase(test, _):
                return self._phrase(test, level)
            case Check() | Present():
                return self._field(meaning, level)

    def _value(self, value: object) -> str:
        name = f"q{len(self._params)}"
        self._params[name] = value
        return f"${name}"

    def _set(self, body: str, kind: str = "found") -> str:
        name = f"{kind}_{len(self._before)}"
        self._before.append(f"{name} as materialized ({body})")
        return name

    def _some_step(self, where: str) -> str:
        return f"(r.run_version in (select s.run_version from steps as s where {where}))"

    def _among(self, name: str, level: str) -> str:
        if level == RUN:
            return f"(r.run_version in (select run_version from {name}))"
        return f"((s.run_version, s.span_id) in (select (run_version, span_id) from {name}))"

    def _related(self, meaning: Under | Then) -> str:
        """Return the name of the steps that stand in a relation: the lower, or the later ones."""
        if isinstance(meaning, Then):
            later = self.written(meaning.later, STEP)
            first = self._set(
                f"select s.run_version, min(s.step) as step from steps as s"
                f" where {self.written(meaning.earlier, STEP)} group by s.run_version"
            )
            return self._set(
                f"select s.run_version, s.span_id from steps as s"
                f" join {first} as e on e.run_version = s.run_version and s.step > e.step where {later}"
            )
        upper = self._set(
            f"select s.run_version, s.span_id from steps as s where {self.written(meaning.upper, STEP)}"
        )
        among = self._set(  # only these runs are walked down
            f"select s.run_version, s.span_id, s.parent_span_id from steps as s"
            f" where s.run_version in (select run_version from {upper})"
        )
        below = f"below_{len(self._before)}"
        self._before.append(
            f"{below} as (select c.run_version, c.span_id from {among} as c"
            f" join {upper} as u on u.run_version = c.run_version and u.span_id = c.parent_span_id"
            f" union select c.run_version, c.span_id from {among} as c"
            f" join {below} as b on b.run_version = c.run_version and b.span_id = c.parent_span_id)"
        )
        lower = self.written(meaning.lower, STEP)
        return self._set(
            f"select s.run_version, s.span_id from steps as s"
            f" where (s.run_version, s.span_id) in (select (run_version, span_id) from {below}) and {lower}"
        )

    def _counted(self, where: str, test: Test, level: str) -> str:
        having = self._compared("count(*)", test)
        within = (
            f"{_RUN_OF[level]} in (select s.run_version from steps as s where {where} group by s.run_version"
        )
        if _true_of_none(test):  # a run without such a step is counted, too
            return f"(not {within} having not ({having})))"
        return f"({within} having {having}))"

    def _field(self, meaning: Check | Present, level: str) -> str:
        field, at = meaning.field, meaning.level or level
        if field.kind == "payload":
            wanted = meaning.tests if isinstance(meaning, Check) else (None,)
            return _any(self._content(field, test, level) for test in wanted)
        if field.kind == "score":
            return self._score(meaning, level)
        if field.kind == "attribute":
            return self._at_step(self._attribute(meaning), level)
        if at == RUN and field.run is not None:
            of_run = self._column(field.run, meaning)
            if field.both and field.step is not None and meaning.level is None:
                of_run = f"({of_run} or {self._some_step(self._column(field.step, meaning))})"
            return of_run if level == RUN else self._of_run(of_run)
        if field.step is not None and (at == STEP or field.run is None):
            return self._at_step(self._column(field.step, meaning), level)
        return self._of_run(self._column(field.run or "null", meaning))

    def _at_step(self, where: str, level: str) -> str:
        return self._some_step(where) if level == RUN else where

    def _of_run(self, where: str) -> str:
        return f"(s.run_version in (select r.run_version from assembled_runs as r where {where}))"

    def _column(self, column: str, meaning: Check | Present) -> str:
        listed = meaning.field.kind == "list"
        if isinstance(meaning, Present):
            told = (
                f"len(list_filter({column}, lambda v: v is not null)) > 0"
                if listed
                else f"{column} is not null"
            )
            return f"coalesce({told}, false)"
        if listed:
            tests = (self._compared("v", test) for test in meaning.tests)
            return f"coalesce(len(list_filter({column}, lambda v: {_any(tests)})) > 0, false)"
        return _any(f"coalesce({self._compared(column, test)}, false)" for test in meaning.tests)

    def _compared(self, column: str, test: Test) -> str:
        match test.how:
            case "is":
                return f"lower({column}) = lower({self._value(test.low)})"
            case "like":
                return f"lower({column}) like lower({self._value(like_pattern(str(test.low)))}) escape '\\'"
            case "holds":
                return f"contains(lower({column}), lower({self._value(test.low)}))"
            case "begins":
                return f"starts_with(lower({column}), lower({self._value(test.low)}))"
            case "flag":
                return f"{column} = {self._value(test.low)}"
            case "between" | "within":
                upper = "<=" if test.how == "between" else "<"
                ends = ((">=", test.low), (upper, test.high))
                return " and ".join(f"{column} {op} {self._value(v)}" for op, v in ends if v is not None)
            case _:
                assert test.how in _COMPARED, test
                return f"{column} {test.how} {self._value(test.low)}"

    def _attribute(self, meaning: Check | Present) -> str:
        key = self._value(meaning.key)
        said = f"coalesce(p.attributes->>{key}, p.model_params->>{key}, p.resource->>{key})"
        if isinstance(meaning, Present):
            where = f"{said} is not null"
        else:
            tests = []
            for test in meaning.tests:
                ordered = test.how in _OF_NUMBERS
                tests.append(self._compared(f"try_cast({said} as double)" if ordered else said, test))
            where = _any(f"coalesce({test}, false)" for test in tests)
        # To look for the name as text first is much quicker than to parse every span's attributes.
        named = f"contains(concat_ws(' ', p.attributes, p.model_params, p.resource), {key})"
        name = self._set(f"select p.trace_id, p.span_id from spans as p where {named} and {where}")
        return f"((s.trace_id, s.span_id) in (select (trace_id, span_id) from {name}))"

    def _score(self, meaning: Check | Present, level: str) -> str:
        names = self._value([_plain_name(str(meaning.key))])
        where = "true"
        if isinstance(meaning, Check):
            tests = (
                self._compared("j.value" if test.how in _OF_NUMBERS else "j.label", test)
                for test in meaning.tests
            )
            where = _any(f"coalesce({test}, false)" for test in tests)
        of = "run_id" if (meaning.level or level) == RUN else "span_id"
        name = self._set(
            f"select distinct j.run_id, j.span_id from judgements({names}) as j"
            f" where j.{of} is not null and {where}"
        )
        if of == "run_id":
            found = f"({'r' if level == RUN else 's'}.run_id in (select run_id from {name}))"
        else:
            found = self._at_step(f"((s.run_id, s.span_id) in (select (run_id, span_id) from {name}))", level)
        return found

    def _phrase(self, test: Test, level: str) -> str:
        content = self._content(_CONTENT, test, level)
        of_step = f"coalesce({self._compared(_STEP_WORDS, test)}, false)"
        if level == STEP:
            return f"({of_step} or {content})"
        of_run = f"coalesce({self._compared(_RUN_WORDS, test)}, false)"
        return f"({of_run} or {self._some_step(of_step)} or {content})"

    def _content(self, field: Field, test: Test | None, level: str) -> str:
        """Return the condition that content of some parts holds a text; None: that there is any."""
        if test is None:
            where = f"said() as w where list_contains({self._value(list(field.parts))}, w.part)"
        else:
            where = f"spoken as w where {self.spoken(field.parts, test)}"
        found = self._set(f"select distinct w.trace_id, w.span_id from {where}")
        if level == STEP:
            return f"((s.trace_id, s.span_id) in (select (trace_id, span_id) from {found}))"
        # Where several runs share a trace, their steps tell whose content it is.
        runs = self._set(
            f"select t.run_version from (select run_version, run_id, unnest(trace_ids) as trace_id"
            f" from assembled_runs) as t semi join {found} as f on f.trace_id = t.trace_id"
            f" where t.run_id = t.trace_id or exists (select 1 from steps as s"
            f" semi join {found} as g on g.trace_id = s.trace_id and g.span_id = s.span_id"
            f" where s.run_version = t.run_version)"
        )
        return f"(r.run_version in (select run_version from {runs}))"

    def spoken(self, parts: tuple[str, ...], test: Test) -> str:
        """Return the condition on a row `w` of what was spoken of the texts that are looked for."""
        text = folded(str(test.low))
        if test.how == "like":
            how = f"w.text like {self._value(f'%{like_pattern(text)}%')} escape '\\'"
        else:
            how = f"contains(w.text, {self._value(text)})"
        self._texts.append(how)
        return f"w.has_{len(self._texts) - 1} and list_contains({self._value(list(parts))}, w.part)"
