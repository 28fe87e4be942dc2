"""`spotlight replay inspect RUN`: what is recorded of a run, and how complete that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.text import Text

from spotlight.cli.options import DataOption, JsonOption, existing_data
from spotlight.cli.output import count, one_line, out, print_json, say, table
from spotlight.cli.replay import replay
from spotlight.errors import NotFound

if TYPE_CHECKING:
    from replay.model import RecordedCall, RecordedTool, Recording

GRADE_STYLES: Final = {"exact": "green", "semantic": "green", "partial": "yellow", "none": "red"}
_UNKNOWN: Final = "–"
_SHOWN_DIGITS: Final = 12
_LONGEST: Final = 60
_CALL_HEADS: Final = (
    "call",
    "grade",
    "model",
    "messages",
    "tools",
    "parameters",
    "finish",
    "context",
    "request",
)
_TOOL_HEADS: Final = ("tool call", "asked by", "name", "arguments", "result")


@replay.command(name="inspect")
def inspect_run(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run, or the beginning of one.")],
    call: Annotated[
        int | None,
        typer.Option("--call", min=1, metavar="N", help="Only the Nth model call, with its messages."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a replay of a run would have: every model call with its grade, and every tool call.

    A call is exact (the body as sent), semantic (it can be made again), partial (something is missing, cut or
    redacted) or none (no messages).

    Example: spotlight replay inspect 4f2a --call 2
    """
    from replay.document import call_document, recording_document
    from replay.recording import recording
    from spotlight.reports import open_lake

    found = recording(open_lake(existing_data(data)), run)
    if call is None:
        print_json(recording_document(found)) if as_json else _print_run(found)
        return
    if call > len(found.calls):
        raise NotFound(
            f"run {run!r} has no model call {call}",
            hint=f"its model calls are 1 to {len(found.calls)}" if found.calls else "it has none",
        )
    chosen = found.calls[call - 1]
    print_json(call_document(chosen)) if as_json else _print_call(found, chosen)


def _print_run(found: Recording) -> None:
    out.print(_graded(found.grade.level.value, found.grade.reason))
    if found.calls:
        out.print()
        out.print(table(_CALL_HEADS, map(_call_cells, found.calls), numbers=("call", "messages", "tools")))
    reasons = {call.grade.reason: call.step for call in reversed(found.calls) if call.grade.reason}
    for reason, step in sorted(reasons.items(), key=lambda pair: pair[1]):
        if reason != found.grade.reason:
            out.print(Text(f"call {step}: {one_line(reason)}", "dim"), soft_wrap=True)
    _print_tools(found.tools)
    for note in found.notes:
        out.print(Text(f"note: {one_line(note)}", "dim"), soft_wrap=True)
    say(f"{count(len(found.calls))} model calls, {count(len(found.tools))} tool calls")


def _print_call(found: Recording, call: RecordedCall) -> None:
    from spotlight.messages import part_json
    from spotlight.messages.digests import canonical_json

    request = call.request
    out.print(_graded(call.grade.level.value, call.grade.reason))
    out.print(table(_CALL_HEADS, [_call_cells(call)], numbers=("call", "messages", "tools")))
    beside = {"tool choice": request.tool_choice, "parameters": dict(request.params)}
    for head, value in (beside | {"other": dict(request.extra)}).items():
        if value:
            out.print(Text(f"{head}: {one_line(canonical_json(value))}"), soft_wrap=True)
    said = [("system", request.system)] if request.system else []
    said += [(message.role, message.parts) for message in request.messages]
    told = [("→ " + m.role, m.parts) for m in call.response.messages] if call.response else []
    rows = [
        (role, one_line(canonical_json(part_json(part)))[: _LONGEST * 3]) for role, parts in (*said, *told)
        for part in parts
    ]  # fmt: skip
    out.print()
    out.print(table(("role", "part"), rows))
    _print_tools([tool for tool in found.tools if tool.step == call.step])


def _print_tools(tools: Sequence[RecordedTool]) -> None:
    if tools:
        out.print()
        out.print(table(_TOOL_HEADS, map(_tool_cells, tools), numbers=("tool call",)))


def _graded(level: str, reason: str) -> Text:
    return Text.assemble((level, GRADE_STYLES.get(level, "")), f": {one_line(reason)}" if reason else "")


def _call_cells(call: RecordedCall) -> list[object]:
    request = call.request
    return [
        count(call.step),
        _graded(call.grade.level.value, ""),
        request.model or _UNKNOWN,
        count(len(request.messages)),
        _UNKNOWN if request.tools is None else count(len(request.tools)),
        ", ".join(request.params) or _UNKNOWN,
        (call.response and call.response.finish_reason) or _UNKNOWN,
        call.context_digest[:_SHOWN_DIGITS],
        call.request_digest[:_SHOWN_DIGITS],
    ]


def _tool_cells(tool: RecordedTool) -> list[object]:
    failed = "failed: " if tool.is_error else ""
    return [
        count(tool.position),
        _UNKNOWN if tool.step is None else f"call {tool.step}",
        tool.name,
        _short(tool.arguments),
        failed + _short(tool.result) if tool.has_result else "not recorded",
    ]


def _short(value: Any) -> str:
    from spotlight.reports.transcript_pieces import as_text

    text = one_line(as_text(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
