"""What can be typed next in a search, and what was probably meant by a value that nothing has."""

# ruff: noqa: S608  (the columns put together here are those of the table of fields)

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from typing import Final, NamedTuple

from spotlight.errors import UnreadableSearch
from spotlight.reports.find import tree
from spotlight.reports.find.fields import ATTRIBUTE, BY_NAME, FIELDS, KEYED, SCORE, Field, close_to, field_of
from spotlight.reports.find.grammar import parse
from spotlight.reports.find.lexer import name_alone
from spotlight.reports.find.values import ORDERED
from spotlight.reports.questions import Reports

MOST: Final = 12  # suggestions
MOST_VALUES: Final = 500  # values of one field, the most frequent
KEPT: Final = 64
VALUED: Final = ("word", "list", "id")  # kinds whose values are offered
_EXAMPLES: Final = {
    "number": ("1", "10", "100", "1k"),
    "money": ("0.01", "0.1", "1"),
    "duration": ("500ms", "5s", "1m"),
    "time": ("-1h", "-24h", "-7d", "today", "yesterday"),
    "flag": ("true", "false"),
}
_WORDS: Final = {
    "has:": "what reports a field: has:cost, has:score.correctness",
    "missing:": "what does not report it",
    "step(": "one step that everything inside is true of",
    "count(": "how many steps: count(tool:search) > 3",
    "not": "what the next term does not find",
    "or": "either",
    "under": "a step below another: tool:search under agent:planner",
    "then": "a step after another: tool:search then tool:book",
}
_VALUE: Final = re.compile(
    r'(?P<name>[^\W\d][\w-]*(?:\.[\w@/-]+)*(?:\."(?:[^"\\]|\\.)*")?)\s*(?P<op>:?(?:>=|<=|!=|=|>|<)|:)\s*'
    r'\(?(?:[^\s(),"]*[,]\s*|"(?:[^"\\]|\\.)*"\s*,\s*)*(?P<value>"(?:[^"\\]|\\.)*|[^\s(),"]*)$'
)
_WORD: Final = re.compile(r'[^\s()"!,-][^\s()",]*$|$')
_PLAIN: Final = re.compile(r'[^\s()",*"\\]+')


class Suggestion(NamedTuple):
    """What can stand instead of what was typed, and how many runs have it; None where that is not counted."""

    text: str
    help: str
    runs: int | None = None


class Completion(NamedTuple):
    """Suggestions for the characters from `start` up to `end`."""

    start: int
    end: int
    items: list[Suggestion]


class Note(NamedTuple):
    """Something about a search that can be read, with its place."""

    at: int
    end: int
    text: str


class Values:
    """The values that occur, by field, kept while the data stands. Serves many threads."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], dict[str, int]] = OrderedDict()

    def of(self, field: Field) -> dict[str, int]:
        """Return how many runs have each value, the most frequent first; {} for what has no such values."""
        sql = _values_sql(field)
        if sql is None:
            return {}
        key = field.name, self._reports.data_version()
        with self._lock:
            if key in self._kept:
                return self._kept[key]
        rows = self._reports.answer(sql, {"most": MOST_VALUES}).to_pylist()
        found = {row["value"]: row["runs"] for row in rows}
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found


def complete(values: Values, text: str, cursor: int) -> Completion:
    """Return what can stand at the cursor: fields and words, or the values that occur, with their runs."""
    before = text[: max(0, min(cursor, len(text)))]
    match = _VALUE.search(before)
    if match is not None:
        start, typed = match.start("value"), match["value"]
        return Completion(start, len(before), _value_items(values, match["name"], typed, match["op"]))
    match = _WORD.search(before)
    start = match.start() if match else len(before)
    return Completion(start, len(before), _field_items(values, before[start:])[:MOST])


def notes(values: Values, text: str) -> list[Note]:
    """Return which values of a search no run has, and what was probably meant. Raises: UnreadableSearch."""
    return [note for term in _terms(parse(text)) for note in _unknown(values, term)]


def _terms(node: tree.Node) -> list[tree.Term]:
    match node:
        case tree.Term():
            return [node]
        case tree.All(parts) | tree.Any(parts):
            return [term for part in parts for term in _terms(part)]
        case tree.Under(one, other) | tree.Then(one, other):
            return [*_terms(one), *_terms(other)]
        case tree.Not(inner) | tree.Step(inner) | tree.Count(inner, _, _):
            return _terms(inner)
        case _:
            return []


def _unknown(values: Values, term: tree.Term) -> list[Note]:
    found = field_of(term.name)
    if found.field.name == SCORE:
        known = values.of(found.field)
        key = re.sub("[^a-z0-9]+", "_", str(found.key).lower()).strip("_")
        if known and key not in known:
            return [Note(*term.name.place, _meant(f"no run has a score {found.key!r}", key, known))]
        return []
    if found.field.kind not in ("word", "list") or found.field.words:
        return []
    known = {value.lower(): runs for value, runs in values.of(found.field).items()}
    if not known or len(known) >= MOST_VALUES:
        return []
    return [
        Note(*value.place, _meant(f"no run has {found.field.name} {value.text!r}", value.text.lower(), known))
        for value in term.values
        if value.text.lower() not in known and ("*" not in value.text or value.quoted)
    ]


def _meant(said: str, word: str, known: dict[str, int]) -> str:
    hint = close_to(word, list(known))
    return f"{said}; {hint}" if hint else said


def _value_items(values: Values, name: str, typed: str, operator: str) -> list[Suggestion]:
    if name.lower() in ("has", "missing"):
        return [item for item in _field_items(values, typed, plain=True) if item.text not in _WORDS][:MOST]
    read = name_alone(name)
    try:
        field = field_of(read).field if read else None
    except UnreadableSearch:
        field = None
    if field is None:
        return []
    if field.words:
        return [Suggestion(word, field.help) for word in _fitting(field.words, typed)]
    if field.kind in _EXAMPLES:
        return [Suggestion(text, field.help) for text in _fitting(_EXAMPLES[field.kind], typed)]
    if operator not in (":", "=", "!="):
        return []
    known = values.of(field) if field.kind in VALUED else {}
    return [Suggestion(_written(text), field.help, known[text]) for text in _fitting(known, typed)][:MOST]


def _field_items(values: Values, typed: str, *, plain: bool = False) -> list[Suggestion]:
    first, dot, _ = typed.lower().partition(".")
    if dot and first in KEYED:
        known = values.of(BY_NAME[first])
        names = {f"{first}.{_written(name)}": runs for name, runs in known.items()}
        end = "" if plain else ":"
        return [Suggestion(name + end, BY_NAME[first].help, names[name]) for name in _fitting(names, typed)]
    fields = {_ending(field, plain): field.help for field in FIELDS}
    return [Suggestion(text, (fields | _WORDS)[text]) for text in _fitting(fields | _WORDS, typed)]


def _ending(field: Field, plain: bool) -> str:
    if field.kind in ("score", "attribute"):
        return f"{field.name}."
    if plain:
        return field.name
    return f"{field.name}>" if field.kind in ORDERED else f"{field.name}:"


def _fitting(known: object, typed: str) -> list[str]:
    """Return the texts that begin with what was typed, then those that hold it, each in their order."""
    wanted = typed.strip('"').lower()
    texts = [str(text) for text in known]  # type: ignore[attr-defined]
    begin = [text for text in texts if text.lower().startswith(wanted)]
    return begin + [text for text in texts if wanted in text.lower() and text not in begin]


def _written(value: str) -> str:
    """Return a value as a search writes it, in quotes where it needs them."""
    if _PLAIN.fullmatch(value) and ".." not in value and value[0] not in ":=<>!":
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _values_sql(field: Field) -> str | None:
    """Return the statement of the values of a field: one row per (value), with its runs."""
    ending = "group by 1 order by 2 desc, 1 limit $most"
    if field.name == SCORE:
        return f"select plain_name as value, count(distinct run_id) as runs from judged {ending}"
    if field.name == ATTRIBUTE:
        return (
            f"select key as value, sum(count)::bigint as runs from source_keys where key is not null {ending}"
        )
    if field.kind not in VALUED or field.words:
        return None
    if field.kind == "list":
        return (
            "select value, count(*) as runs"
            f" from (select unnest({field.run}) as value from assembled_runs as r)"
            f" where value is not null {ending}"
        )
    if field.step is not None and (field.run is None or field.both):
        return (
            f"select {field.step} as value, count(distinct s.run_version) as runs from steps as s"
            f" where {field.step} is not null {ending}"
        )
    return (
        f"select {field.run} as value, count(*) as runs from assembled_runs as r"
        f" where {field.run} is not null {ending}"
    )
