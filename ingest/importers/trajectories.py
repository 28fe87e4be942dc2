"""Chat trajectories: OpenAI-style message lists with a reward, as benchmarks keep them.

A record is a run: {"messages" | "traj" | "trajectory" | "history" | "conversation": [...], "reward": 1.0,
"task_id": 3, "trial": 0, ...}. Every assistant message is a model call, every answered tool call a tool
span. Nothing says when anything happened: see `conversation`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ingest.importers.content import Broken, Content
from ingest.importers.conversation import conversation_spans, is_conversation
from ingest.importers.items import Item, Leftover, Score, Span, content_digest
from ingest.importers.values import as_float, as_text, is_nothing, mapping, rest, time_ns
from spotlight import semconv as sc

FORMAT: Final = "trajectory"

# Without a time in the file its runs begin here, a second apart: the earliest day a span may have.
UNKNOWN_TIME: Final = 1_420_070_400 * 10**9  # 2015-01-01T00:00:00Z
_SECOND: Final = 10**9
_MESSAGES: Final = ("messages", "traj", "trajectory", "history", "conversation")
_TASK: Final = ("task_id", "question_ID", "question_id", "instance_id", "sample_id", "id")
_TRIAL: Final = ("trial", "epoch", "attempt", "seed")
_SCORES: Final = ("reward", "score", "success", "is_correct", "correct", "resolved", "passed")
_TIMES: Final = ("started_at", "start_time", "timestamp", "created_at", "created", "time", "date")
_SESSION: Final = ("session_id", "conversation_id", "thread_id")
_AGENT: Final = ("agent", "agent_name")
_MODEL: Final = ("model", "model_name")


def recognises(content: Content) -> bool:
    """Return whether the first record holds a list of chat messages."""
    return _messages_key(content.first) is not None


def read(content: Content) -> Iterator[Item]:
    """Yield the spans and scores of every record."""
    seen: dict[str, int] = {}
    for number, record in enumerate(content.records()):
        if isinstance(record, Broken):
            yield Leftover("line that is no JSON object", record.text, place=record.place)
            continue
        key = _messages_key(record.value)
        if key is None:
            yield Leftover("record without messages", record.value, place=record.place)
            continue
        trace = _trace(record.value)
        repeated = seen[trace] = seen.get(trace, 0) + 1
        if repeated > 1:  # the same record twice in a file is two trials that went alike
            trace = f"{trace} {repeated}"
        yield from _run(record.value, key, trace, number)


def _run(record: dict[str, Any], key: str, trace: str, number: int) -> Iterator[Item]:
    started = next((at for name in _TIMES if (at := time_ns(record.get(name)))), 0)
    root = _root(record, key, trace, started or UNKNOWN_TIME + number * _SECOND)
    yield root
    yield from conversation_spans(trace, root, record[key], model=_text(record, _MODEL))
    for name in _SCORES:
        score = _score(record, name, trace, root.started_ns)
        if score is not None:
            yield score


def _root(record: dict[str, Any], key: str, trace: str, started: int) -> Span:
    task, trial = _text(record, _TASK), _text(record, _TRIAL)
    name = f"task {task}" if task else "trajectory"
    taken = frozenset([key, *_TASK, *_TRIAL, *_SESSION, *_AGENT, *_MODEL])
    attributes = {
        sc.SPOTLIGHT_KIND: "agent",
        sc.SPOTLIGHT_IMPORT_TIMES: "order",
        sc.GEN_AI_AGENT_NAME: _text(record, _AGENT),
        sc.SPOTLIGHT_SESSION_ID: _text(record, _SESSION),
        "import.task": task,
        "import.trial": trial,
        **rest(record, taken),
    }
    return Span(trace, "run", None, f"{name} trial {trial}" if trial else name, started, 0, attributes)


def _score(record: dict[str, Any], name: str, trace: str, at: int) -> Score | None:
    said = record.get(name)
    value = float(said) if isinstance(said, bool) else as_float(said)
    if value is None:
        return None
    detail = mapping(record.get("info")).get("reward_info") if name == "reward" else None
    label = str(said).lower() if isinstance(said, bool) else None
    return Score(name, value, label, trace=trace, target="run", annotator="code", time_ns=at, metadata=detail)


def _trace(record: Mapping[str, Any]) -> str:
    """Return what names a run: a digest of all it says, so that two tries of a task stay two runs."""
    return content_digest(record, 16)


def _messages_key(record: Mapping[str, Any]) -> str | None:
    return next((key for key in _MESSAGES if is_conversation(record.get(key))), None)


def _text(record: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next(
        (text for key in keys if not is_nothing(record.get(key)) and (text := as_text(record[key]))), None
    )
