"""What searches find, written down by hand, and how reports, the command line and views take them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spotlight.errors import NotFound, SpotlightError, UnreadableSearch
from spotlight.lake import Lake
from spotlight.lake.texts import FOLDER, remove_stale
from spotlight.model import PAYLOADS, SPANS
from spotlight.reports import Reports, RunFilters, open_lake
from spotlight.reports.cost import cost_total
from spotlight.reports.find import saved
from spotlight.reports.find.completion import Values, complete, notes
from spotlight.reports.find.passages import found_steps, passages
from tests.command import spotlight, spotlight_json
from tests.rows import payload, span, span_id, table
from tests.spotlight.find_lake import NAMES, found_lake, said

BOOKED, FULL, QUIET = {"booked"}, {"full"}, {"quiet"}
ALL = BOOKED | FULL | QUIET
FOUND = {
    "": ALL,
    "status:error": FULL,
    "status!=error": BOOKED | QUIET,
    "cost>0.05": BOOKED,
    "not cost>0.05": FULL | QUIET,
    "missing:cost": QUIET,
    "cost:0.01..0.2": BOOKED | FULL,
    "tokens:1100": BOOKED,
    "tokens:50": FULL,
    "model:gpt-4o*": BOOKED | FULL,
    "model:GPT-4O": BOOKED,
    "model:o3,gpt-4o-mini": BOOKED | FULL,
    "duration>30s": BOOKED,
    "step.duration>3s": BOOKED,
    "tool:book": BOOKED | FULL,
    "tool:book status:error": FULL,
    "step(tool:book status:error)": FULL,
    "step(tool:search status:error)": set(),
    "tool:search under agent:planner": BOOKED,
    "tool:search under kind:llm": BOOKED,
    "tool:book under agent:planner": set(),
    "tool:search then tool:book": BOOKED,
    "tool:book then tool:search": FULL,
    "kind:llm then tool:search then tool:book": BOOKED,
    "count(tool:search)>1": BOOKED,
    "count(tool:search):1": FULL,
    "count(tool:search)=0": QUIET,
    "count(tool:search)<2": FULL | QUIET,
    "count(tool:search)!=0": BOOKED | FULL,
    "agent:clerk": BOOKED,
    "skill:travel": FULL,
    "user:ann": BOOKED,
    "session:s-1": BOOKED,
    "env:prod": BOOKED,
    'error:"connection reset"': FULL,
    '"connection reset"': FULL,
    "toolerror or ann": BOOKED | FULL,
    "missing:pack": QUIET,
    "has:score.correct_ness": BOOKED,
    "score.correct_ness<0.5": BOOKED,
    "score.tone:rude": FULL,
    'attr."http.method":post': BOOKED,
    "attr.limit>8": FULL,
    "attr.limit:5..10": BOOKED | FULL,
    "has:attr.limit": BOOKED | FULL,
    'attr."gen_ai.request.temperature">0.5': BOOKED,
    'text:"flight is full"': BOOKED,
    '"flight   IS full"': BOOKED,
    "flight": BOOKED | FULL,
    "flight not full": set(),
    "system:flights": BOOKED,
    'output:"will look"': BOOKED,
    "input:look": set(),
    'args:"lh 100%"': FULL,
    'result:"zürich kloten"': BOOKED,
    "i̇zmİr": BOOKED,
    "args:lh_100": set(),
    "result:left": FULL,
    'result:"\\"seats\\": 0"': BOOKED,
    "text:fl*ght*full": BOOKED,
    "missing:text": QUIET,
    "started>2026-11-01 started<2100-01-01": ALL,
    "%": FULL,
    "_": set(),
    "'": set(),
}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Return the four runs."""
    return found_lake(tmp_path_factory.mktemp("find"))


def names(reports: Reports, query: str) -> set[str]:
    """Return the names of the runs that a search finds."""
    return {NAMES[row] for row in reports.runs(RunFilters(query=query)).column("run_id").to_pylist()}


@pytest.mark.parametrize(("query", "expected"), FOUND.items(), ids=list(FOUND))
def test_finds_these_runs(lake: Reports, query: str, expected: set[str]) -> None:
    """A search finds exactly the runs that were written down for it."""
    assert expected == names(lake, query)


def test_other_filters_and_reports_take_a_search(lake: Reports) -> None:
    """A search narrows runs and steps beside the other filters, in every report."""
    assert 0 == lake.run_count(RunFilters(query="tool:book", status=("incomplete",)))
    assert 1 == lake.run_count(RunFilters(query="tool:book", user_id="Ann"))
    assert 0.2 == pytest.approx(cost_total(lake, RunFilters(query="tool:search then tool:book")).cost_usd)
    assert 1 == lake.run_count(RunFilters(query="other", other=True))
    with pytest.raises(UnreadableSearch):
        lake.runs_summary(RunFilters(query="tool:"))


@pytest.mark.parametrize("query", [query for query in FOUND if query][::4])
def test_not_finds_the_rest(lake: Reports, query: str) -> None:
    """What a search finds and what its negation finds are all runs, and none twice: unknown values, too."""
    assert ALL - FOUND[query] == names(lake, f"not ({query})")


STEPS = {
    "tool:search": {"search#1", "search#2", "search#3"},
    "tool:search under kind:llm": {"search#2"},
    "tool:search then tool:book": {"book#1"},
    "status:error": {"book#2"},
    "run.status:ok tool:book": {"book#1"},
    "count(tool:search)>1 kind:llm": {"b-ask"},
    '"flight is full"': {"b-ask"},
    "result:seats": {"search#2"},
}


@pytest.mark.parametrize(("query", "expected"), STEPS.items(), ids=list(STEPS))
def test_finds_these_steps(lake: Reports, query: str, expected: set[str]) -> None:
    """Of steps, every condition is about the step itself."""
    rows, total = found_steps(lake, RunFilters(query=query))
    assert (expected, len(expected)) == ({row["name"] for row in rows}, total)


def test_passages_show_the_words_as_they_stand(lake: Reports) -> None:
    """A phrase is shown as it was said, once, at the first step that carried it, with its part."""
    found = passages(lake, RunFilters(query='"flight is full"'))
    shown = [(row.span_id, row.part, row.before, row.found, row.after, row.find) for row in found.rows]
    assert [(span_id("b-ask"), "user", "Is the ", "Flight is FULL", "?", "flight is full")] == shown
    assert ([], 0) == passages(lake, RunFilters(query='not "flight is full"'))
    assert {"args", "result", "user", "system"} >= {
        row.part for row in passages(lake, RunFilters(query="flight")).rows
    }


def test_passages_read_json_as_people_do(lake: Reports) -> None:
    """Escaped letters and line breaks of JSON are what they stand for; capitals of two small signs count."""
    for query, shown in (('"zürich kloten"', "Zürich Kloten"), ("İzmİr", "İZMİR")):
        found = passages(lake, RunFilters(query=query))
        assert [("result", shown)] == [(row.part, row.found) for row in found.rows]


def test_new_payloads_are_found_at_once(tmp_path: Path) -> None:
    """What was committed after the first search is found; what a newer version replaced is not."""
    reports, writer = found_lake(tmp_path), Lake(tmp_path / "lake")
    assert set() == names(reports, "quokka")
    fresh = span("search#3", trace="full", journal_position=2)
    writer.append("spans", table([fresh], SPANS))
    writer.append("payloads", table([payload(fresh, input_messages=said(("user", "A Quokka!")))], PAYLOADS))
    assert FULL == names(reports, "quokka")
    assert 0 == remove_stale(tmp_path / "lake", [])  # others may still look into those just made
    texts = list((tmp_path / "lake" / FOLDER).rglob("*.parquet"))
    assert 2 == len(texts)
    for path in texts:
        os.utime(path, (0, 0))
    assert 2 == remove_stale(tmp_path / "lake", [])  # their payloads are gone
    assert FULL == names(open_lake(tmp_path), "quokka")  # and are there after all: made again


def test_completion_offers_fields_and_values_that_occur(lake: Reports) -> None:
    """Suggestions stand for the characters before the cursor, values with how many runs have them."""
    values = Values(lake)

    def offered(text: str) -> list[tuple[str, int | None]]:
        return [(item.text, item.runs) for item in complete(values, text, len(text)).items]

    assert [("book", 2), ("search", 2)] == offered("tool:")
    assert [("search", 2)] == offered("status:ok (tool:book,se")
    assert [("error", None)] == offered("status:er")
    assert ("duration>", None) == offered("dur")[0]
    assert [("score.correct_ness:", 1)] == offered("score.cor")
    assert ("cost", None) in offered("missing:co")
    assert [] == offered('"in quotes')
    assert (5, 6) == complete(values, "tool:b then x", 6)[:2]


def test_values_that_no_run_has_are_named(lake: Reports) -> None:
    """A value nobody has is told, with its place and what was probably meant."""
    assert [(5, 10, "no run has tool 'serch'; did you mean search?")] == [
        tuple(note) for note in notes(Values(lake), "tool:serch model:gpt*")
    ]


def test_command_line(lake: Reports, tmp_path: Path) -> None:
    """`spotlight find` lists runs with their passages, or steps, and points at what it cannot read."""
    found_lake(tmp_path)
    answer = spotlight_json("find", '"flight is full"', "--data", tmp_path)
    assert (1, "Flight is FULL") == (answer["total"], answer["passages"][0]["found"])
    assert 2 == spotlight_json("find", "--spans", "tool:book", "--data", tmp_path)["total"]
    refused = spotlight("find", "modl:x", "--data", tmp_path, check=False)
    assert 1 == refused.returncode
    assert "  modl:x\n  ^^^^\n" in refused.stderr
    assert "did you mean model?" in refused.stderr
    saved.save(tmp_path, "failed bookings", "runs", {"q": ["tool:book"], "status": ["error"]})
    assert 1 == spotlight_json("find", "--view", "failed bookings", "--data", tmp_path)["total"]
    assert 0 == spotlight_json("find", "tool:x", "--view", "failed bookings", "--data", tmp_path)["total"]
    assert 1 == len(spotlight_json("runs", "--find", "status:error", "--data", tmp_path))


def test_views_are_kept_renamed_and_deleted(tmp_path: Path) -> None:
    """Views survive in one file; names are any text on one line, and each is there once."""
    name = "<img src=x onerror=1> ../../x\u202e"
    saved.save(tmp_path, name, "cost", {"q": ["a"]})
    saved.save(tmp_path, "other", "runs", {"q": ["b"]})
    kept = [view.name for view in saved.views(tmp_path)]
    assert ["<img src=x onerror=1> ../../x", "other"] == kept
    with pytest.raises(SpotlightError, match="already"):
        saved.rename(tmp_path, kept[0], "other")
    saved.rename(tmp_path, kept[0], "third")
    saved.delete(tmp_path, "other")
    assert [("third", "cost", {"q": ["a"]})] == [tuple(view) for view in saved.views(tmp_path)]
    with pytest.raises(NotFound, match="no view 'other'"):
        saved.view_named(tmp_path, "other")
    with pytest.raises(SpotlightError, match="1 to 80"):
        saved.save(tmp_path, " \n ", "runs", {})
    (tmp_path / saved.FILE).write_text("{", encoding="utf-8")
    with pytest.raises(SpotlightError, match=r"views\.json cannot be read"):
        saved.views(tmp_path)
