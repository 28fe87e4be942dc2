"""The transcript of a run over HTTP: its structure in one answer, its texts by page, one text by stretches.

A transcript may hold megabytes, so it is read once per state of the data and kept while a reader scrolls.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboards.json_answers import answer_json, checked_id
from dashboards.source import RunSource
from spotlight.errors import BadRequest, NotFound
from spotlight.reports.transcript import Transcript
from spotlight.reports.transcript_document import (
    STRETCH,
    Entry,
    entries,
    mentions,
    stretch,
    texts,
    transcript_document,
)

KEPT: Final = 4
MOST_WORDS: Final = 400


class Read(NamedTuple):
    """A transcript and its entries."""

    transcript: Transcript
    entries: list[Entry]


class _Kept:
    """The transcripts read last; reading one stops nobody who reads another."""

    def __init__(self, source: RunSource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._read: OrderedDict[tuple[str, int], Read] = OrderedDict()

    def read(self, run_id: str) -> Read:
        key = (run_id, self._source.data_version())
        with self._lock:
            found = self._read.get(key)
        if found is None:
            transcript = self._source.transcript(run_id)
            found = Read(transcript, entries(transcript))
        with self._lock:
            self._read[key] = found
            self._read.move_to_end(key)
            while len(self._read) > KEPT:
                self._read.popitem(last=False)
        return found


def _number(request: Request, name: str, default: int = 0) -> int:
    """Return a number of the query. Raises: BadRequest where it is none."""
    value = request.query_params.get(name, str(default))
    if not (value.isascii() and value.isdigit() and len(value) < 16):
        raise BadRequest(f"{name} is not a number", hint=f"such as {name}={default}")
    return int(value)


def structure(source: RunSource, kept: _Kept, request: Request) -> Response:
    """Answer GET .../transcript with the structure, and its first texts."""

    def ask() -> tuple[str, dict[str, Any]]:
        read = kept.read(checked_id(request, "run_id"))
        return "t", transcript_document(read.transcript, read.entries)

    return answer_json(request, source, ask)


def page(source: RunSource, kept: _Kept, request: Request) -> Response:
    """Answer GET .../transcript/texts?from=N with how the texts from one entry on begin."""

    def ask() -> tuple[str, dict[str, Any]]:
        start = _number(request, "from")
        return f"p{start}", texts(kept.read(checked_id(request, "run_id")).entries, start)

    return answer_json(request, source, ask)


def whole(source: RunSource, kept: _Kept, request: Request) -> Response:
    """Answer GET .../transcript/texts/N?from=A&length=B with a stretch of one text."""

    def ask() -> tuple[str, dict[str, Any]]:
        number, start = int(request.path_params["number"]), _number(request, "from")
        length = _number(request, "length", STRETCH)
        found = kept.read(checked_id(request, "run_id")).entries
        if number >= len(found):
            raise NotFound(f"the transcript has no entry {number}", hint=f"it has {len(found)}")
        return f"s{number}.{start}.{length}", stretch(found, number, start, length)

    return answer_json(request, source, ask)


def find(source: RunSource, kept: _Kept, request: Request) -> Response:
    """Answer GET .../transcript/find?q=WORDS with the entries that hold them, and the spans that say them."""

    def ask() -> tuple[str, dict[str, Any]]:
        words = request.query_params.get("q", "")
        if not 0 < len(words) <= MOST_WORDS:
            raise BadRequest("nothing to look for", hint=f"q=WORDS, at most {MOST_WORDS} characters")
        # The words are part of the address: they need no place in the tag.
        read = kept.read(checked_id(request, "run_id"))
        found = mentions(read.entries, words)
        return "f", found | {"spans": [read.transcript.steps[n].span_id for n in found.pop("steps")]}

    return answer_json(request, source, ask)


def routes(source: RunSource) -> list[BaseRoute]:
    """Return the routes of transcripts over one source."""
    kept = _Kept(source)
    base = "/api/runs/{run_id}/transcript"
    answers = (("", structure), ("/texts", page), ("/texts/{number:int}", whole), ("/find", find))
    return [
        Route(base + path, lambda request, answer=answer: answer(source, kept, request))
        for path, answer in answers
    ]
