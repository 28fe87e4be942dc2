"""Recorded tool calls for tests, made by hand."""

from __future__ import annotations

import asyncio
from typing import Any

from replay.mocks.ladder import Mocks
from replay.mocks.policy import Policy
from replay.mocks.tape import Recorded
from replay.model import RecordedTool, ToolAnswer

Call = tuple[str, Any]


def tool(position: int, name: str, arguments: Any, result: Any = None, **other: Any) -> RecordedTool:
    """Return one recorded call, asked for by the step of the same number unless told otherwise."""
    told = {
        "step": position, "call_id": "call_1", "has_result": True, "is_error": False, "trace_id": None,
        "span_id": None, "started_ns": None, "duration_ms": 5.0,
    } | other  # fmt: skip
    return RecordedTool(position=position, name=name, arguments=arguments, result=result, **told)


def run_of(*calls: tuple[str, Any, Any], run_id: str = "own", started_ns: int = 1) -> Recorded:
    """Return a run of calls (name, arguments, result)."""
    tools = (tool(at, name, given, result) for at, (name, given, result) in enumerate(calls, 1))
    return Recorded(run_id, started_ns, tuple(tools))


def ask(mocks: Mocks, *calls: Call) -> list[ToolAnswer]:
    """Return the answers to calls (name, arguments), asked one after the other."""

    async def asked() -> list[ToolAnswer]:
        return [await mocks.answer(name, given, step=at) for at, (name, given) in enumerate(calls, 1)]

    return asyncio.run(asked())


def policy(**given: Any) -> Policy:
    """Return a policy with these parts."""
    return Policy.model_validate(given)


def asked_in(run: Recorded) -> list[Call]:
    """Return the calls of a run, to be asked again."""
    return [(each.name, each.arguments) for each in run.tools]
