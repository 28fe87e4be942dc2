"""Where the page of a run opens when the run's own steps show no failure, in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.command import spotlight
from tests.dashboards.conftest import open_run
from tests.loading import load
from tests.rows import span_id, trace_id

pytestmark = pytest.mark.browser
GOOD, BAD = trace_id("went well"), trace_id("went wrong")
START = 1_760_000_000 * 10**9


def sent(trace: str, name: str, second: int, parent: str | None = "root") -> dict[str, Any]:
    """Return a span of a second as OTLP JSON: the agent's, or a tool's below it."""
    operation = "invoke_agent" if parent is None else "execute_tool"
    said = {"gen_ai.operation.name": operation, "gen_ai.agent.name": "clerk"}
    if parent is not None:
        said |= {"gen_ai.tool.name": name, "gen_ai.tool.call.arguments": json.dumps({"at": second})}
    found = {
        "traceId": trace, "spanId": span_id(trace + name), "name": name,
        "startTimeUnixNano": str(START + second * 10**9),
        "endTimeUnixNano": str(START + (second + 1) * 10**9),
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in said.items()],
    }  # fmt: skip
    return found if parent is None else found | {"parentSpanId": span_id(trace + parent)}


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """Return a data folder with two runs that ended alike; a verdict calls the second a failure."""
    spans = [sent(trace, "root", 0, None) for trace in (GOOD, BAD)]
    spans += [sent(GOOD, name, at) for at, name in enumerate(("look_up", "refund", "answer"), 1)]
    spans += [sent(BAD, name, at) for at, name in enumerate(("look_up", "cancel", "answer"), 1)]
    (tmp_path / "sent").mkdir()
    request = {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    (tmp_path / "sent" / "traces.json").write_text(json.dumps(request), encoding="utf-8")
    load([tmp_path / "sent"], tmp_path / "data")
    spotlight(
        "score", BAD, "--name", "task_success", "--value", "0", "--by", "jo", "--data", tmp_path / "data"
    )
    return tmp_path / "data"


def test_a_refused_run_opens_where_it_left_the_good_one(page: Any, serve_lake: Any, refused: Path) -> None:
    """It goes to the step the good run did not take; who has chosen a step is asked, and stays meanwhile."""
    chosen = page.locator('.row[aria-selected="true"]')
    with serve_lake(refused) as url:
        open_run(page, url, BAD)
        expect(page.locator(".panel .why")).to_contain_text("done otherwise than in the nearest good run")
        expect(chosen).to_contain_text("cancel")
        asked: list[Any] = []
        page.route("**/first-bad*", lambda route: asked.append(route))
        with page.expect_request("**/first-bad*"):
            page.goto(f"{url}/run?run={BAD}&view=tree")  # anew: a page that stays knows the answer
        page.locator(".row", has_text="answer").click()
        for waiting in asked:
            waiting.continue_()
        page.get_by_role("button", name="go there").wait_for()
        expect(chosen).to_contain_text("answer")
        page.get_by_role("button", name="go there").click()
        expect(chosen).to_contain_text("cancel")
        expect(page.locator(".later-bad")).to_be_hidden()
        page.goto("about:blank")  # a page must not miss its server
