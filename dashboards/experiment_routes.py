"""Our routes for experiments: their figures and matrix, and one case side by side."""

from __future__ import annotations

import functools
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from dashboards.json_answers import answer_json, checked_id
from dashboards.source import RunSource, published
from replay.experiment import ORIGINAL, Experiment, experiment
from replay.experiment_case import case_view
from replay.experiment_document import case_document, experiment_document
from replay.experiment_report import RECORDED
from replay.progress import read_progress
from replay.sealing import load
from spotlight.errors import BadRequest

KEPT: Final = 4  # a reader opens case after case of one experiment
_MOST_NAME: Final = 200


def experiment_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/experiments/{id}: every figure and the matrix; `against` names what is held against."""

    def ask() -> tuple[str, dict[str, Any]]:
        found = _found(source, request)
        against = request.query_params.get("against", "")[:_MOST_NAME]
        sides = {RECORDED: ORIGINAL} | {name: name for name in found.variants}
        if against and against not in sides:
            raise BadRequest("the experiment has no such variant", hint=f"one of {', '.join(sides)}")
        return "figures", experiment_document(found, sides.get(against))

    return answer_json(request, source, ask, lambda: _progress(request))


def case_json(source: RunSource, request: Request) -> Response:
    """Answer GET /api/experiments/{id}/cases/{case}?repeat=: one case, every variant beside the other."""

    def ask() -> tuple[str, dict[str, Any]]:
        found = _found(source, request)
        numbers = checked_id(request, "case"), request.query_params.get("repeat", "1")
        if not all(number.isdecimal() and len(number) < 7 for number in numbers):
            raise BadRequest("case and repeat are numbers", hint="cases count from 0, repeats from 1")
        reports: Any = source
        return "case", case_document(case_view(reports, found, *map(int, numbers)))

    return answer_json(request, source, ask, lambda: _progress(request))


def _progress(request: Request) -> str:
    """Return how far the replay is, which changes before the data do."""
    done = read_progress(load(published().data, checked_id(request, "experiment_id"))[0])
    return f".{done.ended}.{done.sent}.{done.state}"


def _found(source: Any, request: Request) -> Experiment:
    as_of = f"{source.data_version()}{_progress(request)}"
    return _read(source, checked_id(request, "experiment_id"), as_of)


@functools.lru_cache(maxsize=KEPT)
def _read(source: Any, experiment_id: str, _as_of: str) -> Experiment:
    """Return an experiment as of a version of the data and a state of its replay."""
    return experiment(published().data, source, experiment_id)


def routes(source: RunSource) -> list[BaseRoute]:
    """Return the routes over one source."""
    return [
        Route("/api/experiments/{experiment_id}", lambda request: experiment_json(source, request)),
        Route("/api/experiments/{experiment_id}/cases/{case}", lambda request: case_json(source, request)),
    ]
