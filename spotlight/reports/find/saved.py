"""Views that people keep under a name: a page with its filters, in one file of the data folder."""

from __future__ import annotations

import json
import os
import threading
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from spotlight.errors import NotFound, SpotlightError

FILE: Final = "views.json"
LONGEST_NAME: Final = 80
MOST_VIEWS: Final = 200
LONGEST_QUERY: Final = 8000  # characters of all filters of one view
_LOCK: Final = threading.Lock()


class View(NamedTuple):
    """A page, the query of its address, and the name it was kept under."""

    name: str
    page: str
    query: dict[str, list[str]]


def views(data: Path) -> list[View]:
    """Return the views kept in a data folder, by name. Raises: SpotlightError for a file that is damaged."""
    path = data / FILE
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = [_view(item) for item in kept["views"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise SpotlightError(f"{path} cannot be read: {exc}", hint="repair it, or move it away") from exc
    return sorted(found, key=lambda view: (view.name.lower(), view.name))


def view_named(data: Path, name: str) -> View:
    """Return one view. Raises: NotFound, naming those there are."""
    kept = views(data)
    for view in kept:
        if view.name == name:
            return view
    names = ", ".join(repr(view.name) for view in kept[:10])
    raise NotFound(f"no view {name!r}", hint=f"there are {names}" if kept else "none were saved yet")


def save(data: Path, name: str, page: str, query: Mapping[str, list[str]]) -> View:
    """Keep a view under a name, instead of what had it before.

    Raises: SpotlightError for what cannot be kept.
    """
    view = View(checked_name(name), page, {key: list(values) for key, values in query.items()})
    if len(json.dumps(view.query)) > LONGEST_QUERY:
        raise SpotlightError(
            "these filters are too long to be kept", hint=f"at most {LONGEST_QUERY} characters"
        )
    with _LOCK:
        others = [kept for kept in views(data) if kept.name != view.name]
        if len(others) >= MOST_VIEWS:
            raise SpotlightError(f"{MOST_VIEWS} views are kept already", hint="delete one first")
        _write(data, [*others, view])
    return view


def rename(data: Path, name: str, new: str) -> View:
    """Give a view another name. Raises: NotFound; SpotlightError where another view has the name."""
    new = checked_name(new)
    with _LOCK:
        view = view_named(data, name)
        others = [kept for kept in views(data) if kept.name != name]
        if any(kept.name == new for kept in others):
            raise SpotlightError(f"there is a view {new!r} already", hint="choose another name")
        _write(data, [*others, view._replace(name=new)])
    return view._replace(name=new)


def delete(data: Path, name: str) -> None:
    """Forget a view. Raises: NotFound."""
    with _LOCK:
        view_named(data, name)
        _write(data, [kept for kept in views(data) if kept.name != name])


def checked_name(name: str) -> str:
    """Return a name on one line, without control characters.

    Raises: SpotlightError for none, or one too long.
    """
    shown = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in name)
    said = " ".join(shown.split())
    if not said or len(said) > LONGEST_NAME:
        raise SpotlightError(f"a view's name has 1 to {LONGEST_NAME} characters, not {len(said)}")
    return said


def _view(item: Any) -> View:
    query = {str(key): [str(value) for value in values] for key, values in item["query"].items()}
    return View(str(item["name"]), str(item["page"]), query)


def _write(data: Path, kept: list[View]) -> None:
    """Write the file so that a reader sees it whole or as it was."""
    path = data / FILE
    partial = path.with_suffix(f".{os.getpid()}.partial")
    body = json.dumps({"views": [view._asdict() for view in kept]}, ensure_ascii=True, indent=1)
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as exc:
        raise SpotlightError(
            f"{path} cannot be written: {exc}", hint="free space, or change its owner"
        ) from exc
    finally:
        partial.unlink(missing_ok=True)
