"""How often the first bad step is the one that people named, on the Who&When logs of failed runs.

    SPOTLIGHT_TEST_DATA=FOLDER .venv/bin/python -m benchmarks.first_bad

FOLDER holds trajectories/who-and-when/algorithm-generated/*.json: logs of several agents and a terminal that
runs the code they write, each with `mistake_step`, the message (from 0) where a person saw the decisive
mistake. They are messages, not spans: a message and the terminal's answer to it are one tool call here, at
the place of the message. Rules were chosen on the logs with even numbers; the figures to quote are those of
the odd ones.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from spotlight.errors import NotFound
from spotlight.reports.first_bad import Seen, error_sign, first_bad_step

FOLDER: Final = Path("trajectories") / "who-and-when" / "algorithm-generated"
TERMINAL: Final = "Computer_terminal"
_ERROR_WORD: Final = re.compile(r"error|exception|traceback|failed", re.IGNORECASE)


class Log(NamedTuple):
    """One failed run: who said what, and which message a person named as the mistake, from 0."""

    number: int
    speakers: tuple[str, ...]
    texts: tuple[str, ...]
    mistake: int
    agent: str  # whose mistake it was


class Score(NamedTuple):
    """How a way to choose a step did; counts of logs, `random` in expectation."""

    way: str
    logs: int
    answered: float
    exact: float
    within_1: float
    agent: float  # the step named is by the agent whose mistake it was


def read_logs(folder: Path) -> list[Log]:
    """Return the logs of a folder by number. Raises: NotFound where there are none."""
    files = sorted(folder.glob("*.json"), key=lambda path: int(path.stem))
    if not files:
        raise NotFound(
            f"no logs in {folder}", hint="name the folder with trajectories in SPOTLIGHT_TEST_DATA"
        )
    return [as_log(int(path.stem), json.loads(path.read_bytes())) for path in files]


def as_log(number: int, found: dict[str, Any]) -> Log:
    """Return a log from its file's content."""
    messages = found["history"]
    return Log(
        number,
        tuple(message.get("name") or message["role"] for message in messages),
        tuple(message["content"] for message in messages),
        int(found["mistake_step"]),
        found["mistake_agent"],
    )


def as_steps(log: Log) -> list[Seen]:
    """Return a log as the steps that the rules read; a step's id is the place of its message."""
    steps = []
    for place, (speaker, text) in enumerate(zip(log.speakers, log.texts, strict=True)):
        if speaker != TERMINAL:
            steps.append(Seen(str(place), "llm", speaker, speaker))
        elif place:
            steps.append(
                Seen(
                    str(place - 1), "tool", TERMINAL, log.speakers[place - 1], is_tool_call=True,
                    arguments=log.texts[place - 1], result=text, sign=error_sign(text),
                )
            )  # fmt: skip
    return steps


def our_step(log: Log, *, has_failed: bool = True) -> int | None:
    """Return the place of the first bad step by the rules of the product."""
    found = first_bad_step(as_steps(log), has_failed=has_failed)
    return int(found.span_id) if found else None


def first_error_word(log: Log) -> int | None:
    """Return the place of the first message that speaks of an error."""
    return next((place for place, text in enumerate(log.texts) if _ERROR_WORD.search(text)), None)


def first_call(log: Log) -> int | None:
    """Return the place of the first message that the terminal answered."""
    calls = (place - 1 for place, speaker in enumerate(log.speakers) if speaker == TERMINAL and place)
    return next(calls, None)


WAYS: Final[tuple[tuple[str, Callable[[Log], int | None]], ...]] = (
    ("first bad step", our_step),
    ("its rules without the last, first call", lambda log: our_step(log, has_failed=False)),
    ("first error", first_error_word),
    ("first step", lambda log: 0),
    ("first tool call", first_call),
    ("last step", lambda log: len(log.texts) - 1),
)


def scores(logs: Sequence[Log]) -> list[Score]:
    """Return how every way did on some logs, a random step last."""
    return [_score(way, [(log, [choose(log)]) for log in logs]) for way, choose in WAYS] + [
        _score("random step", [(log, list(range(len(log.texts)))) for log in logs])
    ]


def _score(way: str, chosen: Sequence[tuple[Log, Sequence[int | None]]]) -> Score:
    """Score the choices for every log; of several each counts as one of as many."""
    told = [(log, [place for place in places if place is not None]) for log, places in chosen]

    def expected(is_hit: Callable[[Log, int], bool]) -> float:
        return sum(sum(is_hit(log, place) for place in found) / len(found) for log, found in told if found)

    return Score(
        way,
        len(told),
        sum(bool(found) for _, found in told),
        expected(lambda log, place: place == log.mistake),
        expected(lambda log, place: abs(place - log.mistake) <= 1),
        expected(lambda log, place: log.speakers[place] == log.agent),
    )


def main() -> None:
    """Print the scores of both halves."""
    folder = os.environ.get("SPOTLIGHT_TEST_DATA")
    if not folder:
        sys.exit("SPOTLIGHT_TEST_DATA is not set: the logs are not part of this project")
    logs = read_logs(Path(folder) / FOLDER)
    for title, half in (("chosen on (even numbers)", 0), ("to quote (odd numbers)", 1)):
        part = [log for log in logs if log.number % 2 == half]
        print(f"\n{title}: {len(part)} logs\n")
        print(
            "| way | answers | exact | of its answers | within 1 | right agent |\n|---|---|---|---|---|---|"
        )
        for score in scores(part):
            shares = [
                f"{100 * value / score.logs:.0f} %" for value in (score.exact, score.within_1, score.agent)
            ]
            own = f"{100 * score.exact / score.answered:.0f} %" if score.answered else "–"
            print(f"| {score.way} | {score.answered:.0f} | {shares[0]} | {own} | {shares[1]} | {shares[2]} |")


if __name__ == "__main__":
    main()
