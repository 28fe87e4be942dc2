"""Spotlight: what LLM agents did, what it cost and why it failed.

model, errors, semconv, exact_json   words, errors, attribute names, values JSON carries exactly
dialects                             vocabularies of frameworks, as tables
messages                             content of every wire shape in one form
lake                                 Delta tables of Parquet files, read through DuckDB
assembly                             spans -> runs
reports                              questions about runs
notebook                             a lake as pandas, Arrow and DuckDB: `spotlight.open`
settings, cli                        every knob, and the command line
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spotlight.notebook import open as open

__all__ = ["open"]


def __getattr__(name: str) -> object:
    """Return `open`, whose libraries are loaded when it is first asked for and not with the package."""
    if name == "open":
        return import_module("spotlight.notebook").open
    raise AttributeError(f"module 'spotlight' has no attribute {name!r}")
