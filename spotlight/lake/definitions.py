"""The views and macros that a SQL text needs: DuckDB binds each as it is defined, so a reader makes few.

All views and macros take 200 ms of processor time to define, those of one question 10 to 60.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from spotlight.model import TABLES

VIEWS: Final = (
    "spans", "payloads", "logs", "metrics", "receipts", "replaced_runs", "current_runs", "assembled_runs",
    "runs", "other_traces", "replaced_steps", "current_steps", "steps", "costs", "replaced_usage",
    "unsummed_runs", "run_usage", "metric_usage", "sources", "source_keys", "scores", "judged", "notes",
)  # fmt: skip
# Views whose rows a reader keeps in memory until something they are made from changes. Of 450,000 runs and as
# many scores as half of them, all versions but the newest are found in 30 ms and the runs of scores in 600.
KEPT: Final = frozenset(["replaced_runs", "replaced_steps", "replaced_usage", "unsummed_runs", "judged"])
STORED_TEXTS: Final = "stored_texts"
_STORED: Final = {f"stored_{name}": name for name in TABLES}
_CATALOG: Final = frozenset(["show", "information_schema", "tables"])
_COMMENT_LINE: Final = re.compile(r"^\s*--.*$", re.MULTILINE)
_WORD: Final = re.compile(r"[a-z_][a-z0-9_]*")
_MACRO: Final = re.compile(r"create or replace macro ([a-z_]+)\(")


class Needed(NamedTuple):
    """What a SQL text is built on, in the order in which it builds on each other."""

    tables: tuple[str, ...]
    views: tuple[str, ...]
    macros: tuple[str, ...]  # their texts
    texts: bool = False  # also what was said, see texts.py


EVERYTHING: Final = Needed(tuple(TABLES), VIEWS, ())


class _Definition(NamedTuple):
    text: str
    words: frozenset[str]


@cache
def sql_text(package: str, name: str) -> str:
    """Return the text of the SQL file `name` of a package; our own names only, never a user's."""
    return resources.files(package).joinpath(f"sql/{name}.sql").read_text(encoding="utf-8")


@lru_cache(maxsize=1024)
def needed(sql: str, macros: tuple[str, ...]) -> Needed:
    """Return the tables, views and macros that a text names, itself or through views and macros.

    Every word counts, so that nothing is missed: a column called `runs` costs one view too many.
    """
    definitions = _definitions(macros)
    found: set[str] = set()
    reached = set(_words(sql))
    while reached:
        name = reached.pop()
        if name in definitions and name not in found:
            reached |= definitions[name].words
        found.add(name)
        reached -= found
    return Needed(
        tuple(table for stored, table in _STORED.items() if stored in found),
        tuple(name for name in VIEWS if name in found),
        tuple(definitions[name].text for name in definitions if name in found and name not in VIEWS),
        STORED_TEXTS in found,
    )


def needed_by_user(sql: str) -> Needed:
    """Return what a text that a user typed needs: everything where it asks which tables there are."""
    wanted = needed(sql, ())
    asks = any(word in _CATALOG or word.startswith(("duckdb_", "pg_", "sqlite_")) for word in _words(sql))
    return EVERYTHING if asks or not wanted.tables else wanted


@cache
def _definitions(macros: tuple[str, ...]) -> dict[str, _Definition]:
    """Return every view and macro by name, in the order in which they build on each other."""
    views = {name: sql_text("spotlight.lake", name) for name in VIEWS}
    named = views | {_macro_name(text): text for text in macros}
    return {name: _Definition(text, _words(text)) for name, text in named.items()}


def _macro_name(text: str) -> str:
    found = _MACRO.search(text)
    assert found is not None, text
    return found[1]


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_COMMENT_LINE.sub("", text).lower()))
