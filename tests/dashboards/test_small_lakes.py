"""The pages of figures over a handful of runs of many clients, and over none, in a real browser.

One module, because its pages are of two servers: each is drawn by the scripts that the first has loaded.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from dashboards.text import money, part
from dashboards.views.metrics import by_name
from dashboards.views.reliability import TILES
from spotlight.reports import RunFilters
from spotlight.reports.cost import cost_total
from spotlight.reports.memory import memory
from spotlight.reports.overview import health
from spotlight.reports.quality import quality
from spotlight.reports.reliability import reliability
from spotlight.reports.sessions import session, sessions
from spotlight.reports.versions import versions
from tests.dashboards.conftest import visit
from tests.dashboards.test_latency_page import check_tiles
from tests.dashboards.test_overview_page import rows, tile
from tests.dashboards.test_quality_page import expect_tiles
from tests.dashboards.test_reliability_page import expect_rows

pytestmark = pytest.mark.browser
SHOWS_RUNS = ("/overview", "/runs", "/cost", "/latency", "/quality", "/reliability", "/sessions", "/versions")


def test_overview_of_a_handful(page: Any, lake_url: str, sample_lake: Any) -> None:
    """With a handful of runs the page stands as well."""
    visit(page, f"{lake_url}/overview?time=all+time")
    found = health(sample_lake.reports, RunFilters())
    expect(tile(page, "Runs")).to_have_text(f"{found.whole.runs:,}")
    expect(tile(page, "Failure rate")).to_have_text(part(found.whole.failure_rate))
    expect(page.get_by_text("Choose a time window or a version to compare with")).to_be_visible()


def test_cost_of_a_handful(page: Any, lake_url: str, sample_lake: Any) -> None:
    """With a handful of runs of many clients the page stands as well."""
    visit(page, f"{lake_url}/cost?time=all+time")
    total = cost_total(sample_lake.reports, RunFilters())
    expect(tile(page, "Cost")).to_have_text(money(total.cost_usd))
    expect(tile(page, "Model calls")).to_have_text(f"{total.generations:,}")


def test_latency_of_a_handful(page: Any, lake_url: str, sample_lake: Any) -> None:
    """With a handful of runs of many clients the page stands as well."""
    visit(page, f"{lake_url}/latency?time=all+time")
    check_tiles(page, sample_lake.reports, RunFilters())


def test_quality_of_a_handful(page: Any, lake_url: str, sample_lake: Any) -> None:
    """With a handful of runs of many clients the page stands as well, and says the same."""
    visit(page, f"{lake_url}/quality?time=all+time")
    found = quality(sample_lake.reports, RunFilters())
    expect_tiles(page, found.metrics)
    expect(rows(page, "All scores")).to_have_count(found.scores.num_rows)


def test_reliability_of_a_handful(page: Any, lake_url: str, sample_lake: Any) -> None:
    """With a handful of runs the page stands as well, and says the same; nothing is new without a before."""
    visit(page, f"{lake_url}/reliability?time=all+time")
    found = reliability(sample_lake.reports, RunFilters())
    expect_tiles(page, [by_name(found.metrics)[name] for name in TILES])
    expect_rows(page, "Memory", memory(sample_lake.reports, RunFilters()))
    expect(rows(page, "Failure signatures")).to_have_count(found.signatures.num_rows)
    expect(page.get_by_text("What is new is said where there is a time window")).to_be_visible()


def test_sessions_of_a_handful(page: Any, lake_url: str, sample_lake: Any) -> None:
    """Question and answer of a recorded turn are read word for word."""
    listed = sessions(sample_lake.reports, RunFilters()).column("session_id").to_pylist()
    found = [session(sample_lake.reports, session_id) for session_id in listed]
    told = next(s for s in found if s.turns[0].question and 20 < len(s.turns[0].question) < 400)
    visit(page, f"{lake_url}/session?id={told.session_id}")
    question = told.turns[0].question
    expect(page.get_by_test_id("stText").first).to_have_text(question)
    expect(page.get_by_role("link", name="Open the run")).to_have_count(len(told.turns))


def test_versions_of_a_handful(page: Any, lake_url: str, sample_lake: Any) -> None:
    """With a handful of runs of many clients the page stands as well, and says the same."""
    visit(page, f"{lake_url}/versions?time=all+time")
    found = versions(sample_lake.reports, RunFilters()).to_pylist()
    expect(rows(page, "Versions").locator(".of-runs")).to_have_text([f"{row['runs']:,}" for row in found])


def test_pages_without_a_run_say_how_to_begin(page: Any, empty_url: str) -> None:
    """Without a run every page that shows runs names the endpoint and the load command, and no figure."""
    for path in SHOWS_RUNS:
        visit(page, empty_url + path)
        for said in (
            "No runs yet",
            "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318",
            "OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY",
            re.compile("spotlight load sample_traces/ --data /"),
        ):
            expect(page.get_by_text(said)).to_be_visible()
        expect(page.locator('[data-testid="stMetric"]')).to_have_count(0)
    visit(page, f"{empty_url}/sources")
    expect(page.get_by_text("Nothing has come in yet.")).to_be_visible()
