"""Members of attributes that hold JSON or a Python literal: the slow twin of ingest.literals."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from spotlight.dialects.table import JsonPath


def member(value: Any, source: JsonPath) -> Any:
    """Return what a source finds in an attribute; None where it says nothing."""
    if isinstance(value, str):
        value = _decoded(value, python=source.python)
        if isinstance(value, str):
            value = _decoded_deeper(value, python=source.python)
    deeper = False
    for step in source.path:
        if isinstance(value, str) and not deeper:
            deeper = True
            value = _decoded_deeper(value, python=source.python)
        if isinstance(value, list) and step.isdecimal():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    if source.pattern:
        hit = re.search(source.pattern, value) if isinstance(value, str) else None
        value = hit["found"] if hit else None
    return None if value == "" else value


def _decoded(text: str, *, python: bool) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        found = ast.literal_eval(text.strip()) if python else None
    except (ValueError, SyntaxError):
        return None
    return json.loads(json.dumps(found)) if isinstance(found, dict | list | tuple) else None


def _decoded_deeper(text: str, *, python: bool) -> Any:
    found = _decoded(text, python=python)
    return found if isinstance(found, dict | list) else text
