"""Full text over payloads: searches, beside a plain ILIKE over what was sent, in one run over the same lake.

    python benchmarks/search.py [--messages 1000000] [--folder DIR]

Conversations are made up: words by Zipf's law, lengths as agents' messages have them (median 180 characters,
mean 450), every model call carries the whole history before it. A few messages hold a phrase that is looked
for. Nothing is warmed up but the file system's cache: the search of each line was not asked before.
"""

from __future__ import annotations

import argparse
import datetime as dt
import functools
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa

from spotlight.lake import Lake
from spotlight.lake.texts import FOLDER, text_files
from spotlight.model import PAYLOADS, RUNS, STEPS, Table
from spotlight.reports import RunFilters, open_lake
from spotlight.reports.find.passages import passages

DAY: Final = dt.date(2026, 11, 20)
START: Final = 1_795_132_800_000_000_000
SECOND: Final = 1_000_000_000
TURNS: Final = 6  # of a conversation: a message of the user's or a tool's, and the answer
PER_FILE: Final = 40_000  # payload rows, about what compaction leaves
PHRASE: Final = "The Flight Is Full"
EVERY: Final = 2_000  # one conversation in so many says it
VOCABULARY: Final = 30_000


class Sizes(NamedTuple):
    """What was made: distinct messages, messages as sent, characters as sent."""

    messages: int
    sent: int
    characters: int


class Words:
    """Text by the length of a message; stretches of one long random text."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        letters = "etaoinshrdlucmfwypvbgkjqxz"
        words = [
            "".join(self._random.choices(letters[:20], k=self._random.randint(2, 11)))
            for _ in range(VOCABULARY)
        ]
        weights = [1 / (rank + 1) for rank in range(VOCABULARY)]
        self._text = " ".join(self._random.choices(words, weights, k=2_000_000))
        self.common, self.usual = words[3], words[2_000]

    def message(self, number: int) -> str:
        """Return a text like no other."""
        length = min(8_000, int(self._random.lognormvariate(5.19, 1.35)))
        start = self._random.randrange(len(self._text) - 8_000)
        return f"{self._text[start : start + length].capitalize()} {number:x}"


def conversations(words: Words, count: int) -> Iterator[list[dict[str, str]]]:
    """Return the messages of conversations, in order."""
    for number in range(count):
        said = [
            {"role": ("user" if n == 0 else "tool") if n % 2 == 0 else "assistant",
             "content": words.message(number * 2 * TURNS + n)}
            for n in range(2 * TURNS)
        ]  # fmt: skip
        if number % EVERY == 0:
            said[4]["content"] += f" Sorry: {PHRASE.replace(' ', chr(10), 1)}."
        yield said


def fill(lake: Lake, words: Words, messages: int) -> Sizes:
    """Write runs, steps and payloads of so many messages."""
    count = max(1, messages // (2 * TURNS))
    rows: dict[str, list[dict[str, Any]]] = {"runs": [], "steps": [], "payloads": []}
    sent = characters = 0
    for number, said in enumerate(conversations(words, count)):
        run = _run(number)
        rows["runs"].append(run)
        for turn in range(TURNS):
            history, answer = said[: 2 * turn + 1], said[2 * turn + 1]
            step = _step(run, turn)
            content = json.dumps(history)
            rows["steps"].append(step)
            rows["payloads"].append(
                {name: step[name] for name in ("tenant", "date", "trace_id", "span_id", "started_ns")}
                | {
                    "input_messages": content,
                    "output_messages": json.dumps([answer]),
                    "journal_position": number,
                }
            )
            sent += len(history) + 1
            characters += len(content)
        if len(rows["payloads"]) >= PER_FILE or number == count - 1:
            for name, table in (("payloads", PAYLOADS), ("steps", STEPS), ("runs", RUNS)):
                lake.append(name, _table(rows[name], table))
                rows[name].clear()
    return Sizes(count * 2 * TURNS, sent, characters)


def _run(number: int) -> dict[str, Any]:
    start = START + number * SECOND // 100
    return {
        "tenant": "default", "date": DAY, "run_id": f"{number:032x}", "run_version": number,
        "signals": "span", "trace_id": f"{number:032x}", "trace_ids": [f"{number:032x}"],
        "is_agent_run": True, "name": "answer", "status": "ok", "started_ns": start,
        "ended_ns": start + SECOND, "duration_ms": 1000.0,
        "spans": TURNS, "generations": TURNS, "tool_calls": 0, "failed_tool_calls": 0, "models": ["m"],
        "dialects": "otel_genai",
    }  # fmt: skip


def _step(run: dict[str, Any], turn: int) -> dict[str, Any]:
    return {
        **{name: run[name] for name in ("tenant", "date", "run_id", "run_version", "trace_id")},
        "span_id": f"{run['run_version'] * TURNS + turn:016x}", "step": turn + 1, "kind": "llm",
        "name": "chat", "started_ns": run["started_ns"] + turn * SECOND // 10, "run_status": "ok",
        "failed": False, "is_generation": True, "is_tool_call": False, "is_retry": False,
        "signal": "span", "model": "m",
    }  # fmt: skip


def _table(rows: list[dict[str, Any]], of: Table) -> pa.Table:
    return pa.table([pa.array([row.get(c.name) for row in rows], c.type) for c in of.columns], of.schema)


def bytes_below(folder: Path) -> int:
    """Return the size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


class Took(NamedTuple):
    """What a question took: seconds of the clock and of the processors, both together, and its answer."""

    seconds: float
    cpu: float
    answer: Any


def timed(ask: Callable[[], object]) -> Took:
    """Return what a question took."""
    began, spent = time.perf_counter(), time.process_time()
    answer = ask()
    return Took(time.perf_counter() - began, time.process_time() - spent, answer)


def line(name: str, took: Took, found: str) -> None:
    """Print one line of the table."""
    print(f"  {name:52} {took.seconds:8.3f} s {took.cpu:8.3f} s cpu  {found}")


def measure(folder: Path, words: Words) -> None:
    """Print the baseline and the searches over a filled lake."""
    reports = open_lake(folder)
    reports.run_count(RunFilters())
    plain = (
        "select count(distinct (trace_id, span_id)) as n from payloads"
        " where input_messages ilike $like or output_messages ilike $like"
    )
    for name, text in (("a phrase", "Is Full"), ("a common word", words.common)):
        params = {"like": f"%{text}%"}
        took = timed(functools.partial(reports.answer, plain, params))
        line(f"ILIKE over payloads, {name}", took, f"{took.answer.column('n')[0].as_py():,} steps")
    for name, query in (
        ("a rare phrase", f'"{PHRASE}"'),
        ("a phrase nobody said", '"nobody ever said this"'),
        ("a usual word", words.usual),
        ("a common word", words.common),
        ("two words, and not a third", f"{words.usual} {words.common} not zzzz"),
        ("a phrase in what tools answered", f'result:"{PHRASE.lower()}"'),
        ("a wildcard", "text:flight*full"),
    ):
        took = timed(functools.partial(reports.run_count, RunFilters(query=query)))
        line(f"find {name}", took, f"{took.answer:,} runs")
    took = timed(lambda: passages(reports, RunFilters(query='"is full"'), 50))
    line("a page of 50 steps with the phrase marked", took, f"{took.answer.steps:,} steps")


def measure_new(folder: Path, messages: int) -> None:
    """Print how long a message that has just been committed takes to be found."""
    reports, lake = open_lake(folder), Lake(folder / "lake")
    reports.run_count(RunFilters(query='"warming up"'))
    run = _run(messages)
    step = _step(run, 0)
    content = json.dumps([{"role": "user", "content": "Have you heard of the quokka?"}])
    payload = {name: step[name] for name in ("tenant", "date", "trace_id", "span_id", "started_ns")}
    for name, row, table in (
        ("payloads", payload | {"input_messages": content, "journal_position": messages}, PAYLOADS),
        ("steps", step, STEPS), ("runs", run, RUNS),
    ):  # fmt: skip
        lake.append(name, _table([row], table))
    took = timed(lambda: reports.run_count(RunFilters(query="quokka")))
    line("find what was committed just before", took, f"{took.answer:,} runs")


def main() -> None:
    """Fill a lake, make it ready, and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="keep the lake here; one that is there is measured again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        words = Words(7)
        if not (folder / "lake").is_dir():
            sizes = fill(Lake(folder / "lake"), words, given.messages)
            megabytes = sizes.characters / 1e6
            print(f"{sizes.messages:,} messages, sent {sizes.sent:,} times: {megabytes:,.0f} MB of JSON")
        root = (folder / "lake").absolute()
        files = [str(path) for path in (root / "payloads").rglob("*.parquet")]
        line("made ready for searches", timed(lambda: text_files(root, files)), f"{len(files)} files")
        sizes_mb = [bytes_below(root / name) / 1e6 for name in ("payloads", FOLDER)]
        print(f"  on disk: payloads {sizes_mb[0]:,.1f} MB, texts {sizes_mb[1]:,.1f} MB")
        measure(folder, words)
        measure_new(folder, given.messages)


if __name__ == "__main__":
    main()
