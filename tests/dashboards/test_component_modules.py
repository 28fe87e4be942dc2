"""The trace component's modules in a real browser: they load, and their pure functions answer right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.dashboards.test_component_assets import SCRIPTS

pytestmark = pytest.mark.browser
CASES = [
    Path(__file__).with_name(name)
    for name in (
        "cases.js",
        "trace_model_cases.js",
        "tree_cases.js",
        "agent_view_cases.js",
        "reading_cases.js",
    )
]
# Nothing listens there: the page's requests are answered from the files.
HOST = "http://127.0.0.1:9"
FILES = {path.name: path for path in [*SCRIPTS, *CASES]}


@pytest.fixture
def blank(page: Any) -> Any:
    """Return an empty page beside which all modules lie."""

    def answer(route: Any) -> None:
        path = FILES.get(route.request.url.removeprefix(HOST + "/"))
        if path is None:
            route.fulfill(body="<!doctype html>", content_type="text/html")
        else:
            route.fulfill(body=path.read_bytes(), content_type="text/javascript")

    page.route(HOST + "/**", answer)
    page.goto(HOST + "/")
    return page


def test_modules_are_valid(blank: Any) -> None:
    """Every module parses, and finds what it imports."""
    for path in SCRIPTS:
        names = blank.evaluate("async (name) => Object.keys(await import(`/${name}`))", path.name)
        assert names, f"{path.name} exports nothing"


def test_pure_functions_answer_right(blank: Any) -> None:
    """Folding, filters, sums, time mix, ticks, figures, and the agent's view: see the *_cases.js."""
    imports = "".join(f"await import('/{path.name}'); " for path in CASES[1:])
    found = blank.evaluate(f"async () => {{ {imports} return (await import('/cases.js')).outcome(); }}")
    assert [] == found["failed"]
    assert found["passed"] >= 25
