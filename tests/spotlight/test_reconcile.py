"""Recorded usage held against providers' exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spotlight.errors import UnreadableFile
from spotlight.pricing import default_book
from spotlight.reports import Reports
from spotlight.reports.provider_exports import read_export
from spotlight.reports.reconcile import MISSING_HERE, MISSING_THERE, model_key, reconcile
from tests.made_lake import run
from tests.spotlight.price_rows import at
from tests.spotlight.priced_lake import call, priced_lake

BOOK = default_book()
RUN = run("r")
DAY_1, DAY_2 = at("2026-08-03T00:00"), at("2026-08-04T00:00")
CLAUDE = {"provider": "anthropic", "model": "claude-sonnet-4-5-20250929"}
STEPS = [
    call(RUN, "a", model="gpt-4o-2024-08-06", input_tokens=1000, cache_read_tokens=200, output_tokens=100,
         started_ns=DAY_1),
    call(RUN, "b", provider=None, model="openai/gpt-4o", input_tokens=500, output_tokens=50,
         started_ns=DAY_2 - 1),
    call(RUN, "c", model="gpt-4o-mini", input_tokens=10, output_tokens=1, started_ns=DAY_1 + 5),
    call(RUN, "late", model="gpt-4o", input_tokens=7, output_tokens=7, started_ns=DAY_2),
    call(RUN, "d", **CLAUDE, input_tokens=1000, cache_read_tokens=400, cache_write_tokens=300,
         cache_write_1h_tokens=100, uncached_input_tokens=300, output_tokens=10, started_ns=DAY_1),
]  # fmt: skip
OPENAI_CSV = """start_time,num_model_requests,model,input_tokens,output_tokens,input_cached_tokens,colour
1785715200,3,gpt-4o-2024-08-06,1600,150,200,red
1785715200,1,gpt-5,100,10,0,red
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return the questions to a lake with calls of two providers on two days."""
    return priced_lake(tmp_path_factory.mktemp("reconcile"), BOOK, [RUN], STEPS)


def rows_of(reports: Reports, path: Path, text: str) -> dict[tuple[str, str | None, str], tuple[Any, ...]]:
    """Return (day, model, measure) -> (ours, theirs, difference, note) of a comparison."""
    path.write_text(text)
    return {(r.day, r.model, r.measure): r[3:] for r in reconcile(reports, path).rows}


def page(*results: dict[str, Any], start: object = 1785715200, key: str = "start_time") -> str:
    """Return a page of a usage or cost API with one bucket."""
    return json.dumps({"object": "page", "data": [{key: start, "results": list(results)}], "has_more": False})


def test_openai_usage_as_csv(reports: Reports, tmp_path: Path) -> None:
    """Calls with and without a date or provider in the model's name are one model; gaps are named."""
    found = rows_of(reports, tmp_path / "usage.csv", OPENAI_CSV)
    day, model = "2026-08-03", "gpt-4o-2024-08-06"
    assert (2, 3, -1, "") == found[day, model, "calls"]
    assert (1500, 1600, -100, "") == found[day, model, "input_tokens"]
    assert (200, 200, 0, "") == found[day, model, "cache_read_tokens"]
    assert (None, 100, None, MISSING_HERE) == found[day, "gpt-5", "input_tokens"]
    assert (10, None, None, MISSING_THERE) == found[day, "gpt-4o-mini", "input_tokens"]
    assert {day} == {key[0] for key in found}


def test_unknown_columns_are_reported(reports: Reports, tmp_path: Path) -> None:
    """A column that nobody told us of is named, and the rest compared."""
    path = tmp_path / "usage.csv"
    path.write_text(OPENAI_CSV)
    found = reconcile(reports, path)
    assert (["colour"], "openai", "2026-08-03", 3) == (
        found.unknown_columns, found.provider, found.first_day, found.steps
    )  # fmt: skip
    assert any("colour" in note for note in found.notes)


def test_openai_usage_as_json(reports: Reports, tmp_path: Path) -> None:
    """The API's page gives the same as the console's file; hours of a day are added up."""
    result = {"object": "organization.usage.completions.result", "model": "gpt-4o", "num_model_requests": 1,
              "input_tokens": 800, "output_tokens": 75, "input_cached_tokens": 100}  # fmt: skip
    hours = [json.loads(page(result, start=1785715200 + 3600 * hour)) for hour in (0, 23)]
    found = rows_of(reports, tmp_path / "usage.json", json.dumps(hours))
    assert (1500, 1600, -100, "") == found["2026-08-03", "gpt-4o", "input_tokens"]


def test_openai_costs_by_line_item(reports: Reports, tmp_path: Path) -> None:
    """What stands before the comma of a line item is the model; its parts are added up."""
    items = [
        {"amount": {"value": value, "currency": "usd"}, "line_item": f"gpt-4o-2024-08-06, {part}"}
        for part, value in (("input", 0.003), ("output", 0.0015))
    ]
    found = rows_of(reports, tmp_path / "costs.json", page(*items))
    ours = 0.0020 + 0.00025 + 0.001 + 0.00125 + 0.0005
    assert (pytest.approx(ours), 0.0045, pytest.approx(ours - 0.0045), "") == found[
        "2026-08-03", "gpt-4o-2024-08-06", "cost_usd"
    ]


def test_openai_costs_of_whole_days(reports: Reports, tmp_path: Path) -> None:
    """An export without models is held against all models of the provider; a day without amount is none."""
    text = (
        "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item\n"
        "1785715200,1785801600,2026-08-03T00:00:00+00:00,,0.01,usd,\n"
        "1785801600,1785888000,2026-08-04T00:00:00+00:00,,,,\n"
    )
    found = rows_of(reports, tmp_path / "costs.csv", text)
    assert [("2026-08-03", None, "cost_usd")] == list(found)
    assert 0.01 == found["2026-08-03", None, "cost_usd"][1]


ANTHROPIC = {"uncached_input_tokens": 300, "cache_read_tokens": 400, "cache_write_5m_tokens": 200,
             "cache_write_1h_tokens": 100, "output_tokens": 10}  # fmt: skip


def test_anthropic_usage(reports: Reports, tmp_path: Path) -> None:
    """The console's file and the API's page agree with what was recorded, class by class."""
    text = (
        "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
        "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
        "usage_output_tokens,web_search_count\n2026-08-03,claude-sonnet-4-5-20250929,k,w,standard,≤ 200k,"
        "300,200,100,400,10,0\n"
    )
    result = {
        "uncached_input_tokens": 300, "cache_read_input_tokens": 400, "output_tokens": 10,
        "cache_creation": {"ephemeral_5m_input_tokens": 200, "ephemeral_1h_input_tokens": 100},
        "server_tool_use": {"web_search_requests": 0}, "model": "claude-sonnet-4-5",
    }  # fmt: skip
    api = page(result, start="2026-08-03T00:00:00Z", key="starting_at")
    for name, content in (("usage.csv", text), ("usage.json", api)):
        found = rows_of(reports, tmp_path / name, content)
        assert {m: (n, n, 0, "") for m, n in ANTHROPIC.items()} == {key[2]: v for key, v in found.items()}
        assert [] == read_export(tmp_path / name).unknown_columns


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("costs.csv", "usage_date_utc,model,token_type,cost_usd\n2026-08-03,Claude Sonnet 4.5,x,0.0025\n"),
        ("costs.json", page({"currency": "USD", "amount": "0.25", "model": "claude-sonnet-4-5"},
                            start="2026-08-03T00:00:00Z", key="starting_at")),
    ],
)  # fmt: skip
def test_anthropic_costs(reports: Reports, tmp_path: Path, name: str, text: str) -> None:
    """The console writes models as titles, the API amounts as cents."""
    [(key, row)] = rows_of(reports, tmp_path / name, text).items()
    ours = 300 * 3e-6 + 400 * 0.3e-6 + 200 * 3.75e-6 + 100 * 6e-6 + 10 * 15e-6
    assert ("2026-08-03", "cost_usd") == (key[0], key[2])
    assert (pytest.approx(ours), 0.0025) == row[:2]


@pytest.mark.parametrize(
    "model",
    ["claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "Claude Sonnet 4.5", "anthropic/claude-4.5-sonnet"],
)
def test_spellings_of_one_model(model: str) -> None:
    """Dates, order, case and signs do not make another model."""
    assert model_key("claude-sonnet-4-5") == model_key(model)
    assert model_key("claude-sonnet-4-6") != model_key(model)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no rows"),
        ("a,b\n1,2\n", "its columns are a, b"),
        ("{", "is no JSON"),
        ("[1, 2]", "no rows"),
        (page({"num_model_requests": 1, "input_tokens": "many"}), "row 1, input_tokens is 'many'"),
        (page({"num_model_requests": 1, "input_tokens": 1}, start="soon"), "no time"),
        (page({"amount": {"value": 1, "currency": "eur"}}), "row 1 is in eur"),
    ],
    ids=range(7),
)
def test_files_that_are_no_export(tmp_path: Path, text: str, words: str) -> None:
    """The error says what is wrong, and where."""
    path = tmp_path / "export"
    path.write_text(text)
    with pytest.raises(UnreadableFile) as caught:
        read_export(path)
    assert words in caught.value.message


def test_pages_that_are_missing_are_told(reports: Reports, tmp_path: Path) -> None:
    """A page that is not the last may lack days, and says so."""
    path = tmp_path / "page.json"
    read = json.loads(page({"num_model_requests": 1, "input_tokens": 1, "model": "gpt-4o"}))
    path.write_text(json.dumps(read | {"has_more": True}))
    assert any("more pages" in note for note in reconcile(reports, path).notes)
